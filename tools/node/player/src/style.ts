// SPDX-License-Identifier: Apache-2.0
//
// What the parts share. Colours are Material's variables, so light and dark follow
// the page; the sizes of a narrow screen come from the width of the player itself.

import { css } from "lit";
import { bufferStyle } from "./buffer.js";
import { codeStyle } from "./code.js";
import { controlsStyle } from "./controls.js";
import { sequenceStyle } from "./sequence.js";
import { stateStyle } from "./state.js";
import { treeStyle } from "./tree.js";
import { whatIfStyle } from "./whatif.js";

const shared = css`
  :host {
    --ground: var(--md-default-bg-color, #fff);
    --ink: var(--md-default-fg-color, #222);
    --dim: var(--md-default-fg-color--light, #555);
    --faint: var(--md-default-fg-color--lighter, #999);
    --accent: var(--md-accent-fg-color, #0b6e75);
    --paper: var(--md-code-bg-color, #f5f5f5);
    --soft: var(--np-soft, #f5f5f5);
    --line: var(--np-line, #ddd);
    --lit: color-mix(in srgb, var(--accent) 14%, var(--ground));
    --code: var(--md-code-font-family, monospace);
    --number: 1.7rem;
    color: var(--ink);
    container-type: inline-size;
    display: block;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  .player {
    border-radius: 0.3rem;
    scroll-margin-top: 3.2rem;
  }
  .player:focus {
    outline: none;
  }
  :focus-visible,
  .player:focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  .row:focus-visible,
  .call:focus-visible {
    outline-offset: -2px;
  }
  button {
    background: none;
    border: 0;
    color: inherit;
    cursor: pointer;
    font: inherit;
    padding: 0;
    text-align: left;
  }
  button:hover {
    background: var(--soft);
  }
  code {
    font-family: var(--code);
    font-size: 0.62rem;
    overflow-wrap: anywhere;
  }
  .n {
    color: var(--dim);
    font-size: 0.58rem;
    font-variant-numeric: tabular-nums;
    padding-right: 0.35rem;
    text-align: right;
  }
  :is(.row, .call)[aria-current],
  .chip[aria-current] {
    background: var(--lit);
  }
  :is(.row, .call)[aria-current] :is(code, .n) {
    color: var(--ink);
    font-weight: 600;
  }
  .tone0 {
    --tone: var(--np-quiz, var(--accent));
  }
  .tone1 {
    --tone: var(--np-predict, var(--accent));
  }
  .tone2 {
    --tone: var(--np-invariant, var(--accent));
  }
  .tone3 {
    --tone: var(--np-pitfall, var(--accent));
  }
  .title.run {
    font-size: 0.74rem;
  }
  /* Room for the tree of calls beside the lanes; else it stands below all. */
  @container (width >= 34rem) {
    .player {
      column-gap: 0.6rem;
      display: grid;
      grid-template: "top top" "lanes tree" "below below" / minmax(0, 1.2fr) minmax(0, 1fr);
    }
    .top {
      grid-area: top;
    }
    .sequence {
      grid-area: lanes;
    }
    .below {
      grid-area: below;
    }
    .tree {
      grid-area: tree;
    }
  }
  .now {
    font-size: 0.76rem;
    line-height: 1.55;
    min-height: 3.6rem;
    padding: 0.1rem 0.2rem 0.4rem;
  }
  .now b {
    color: var(--tone);
    font-size: 0.68rem;
  }
  .now p,
  .keys {
    margin: 0;
  }
  .keys {
    color: var(--dim);
    font-size: 0.6rem;
    line-height: 1.4;
    padding: 0 0.35rem;
  }
  @container (width < 26rem) {
    .player {
      --number: 1.3rem;
    }
    .keys {
      display: none;
    }
    .now {
      min-height: 4.9rem;
    }
  }
  .broken {
    border-left: 0.2rem solid var(--np-pitfall, var(--accent));
    font-size: 0.74rem;
    padding-left: 0.6rem;
  }
  .unseen {
    clip-path: inset(50%);
    height: 1px;
    overflow: hidden;
    position: absolute;
    white-space: nowrap;
    width: 1px;
  }
  .told {
    display: none;
  }
`;

/* On paper: the lanes, whole, each step with its sentence. */
const print = css`
  @media print {
    .player {
      display: block;
    }
    .top > :not(.title),
    .below,
    .tree {
      display: none;
    }
    .sequence {
      border: 0;
      max-height: none;
      overflow: visible;
    }
    .row {
      background: none !important;
      break-inside: avoid;
    }
    .row[aria-current] :is(code, .n) {
      font-weight: inherit;
    }
    .phase {
      break-after: avoid;
    }
    .told {
      display: block;
      font-size: 0.6rem;
      line-height: 1.4;
      padding: 0 0.4rem 0.2rem 0.3rem;
    }
  }
`;

const parts = [controlsStyle, whatIfStyle, sequenceStyle, codeStyle, stateStyle, bufferStyle, treeStyle];

export const style = [shared, ...parts, print];
