// SPDX-License-Identifier: Apache-2.0
//
// The lanes: one column a thread, one row a step, the words beside the lifelines.

import { css, html, nothing, svg, type TemplateResult } from "lit";
import { breakable } from "./call.js";
import { phases, tones, type Lane, type Place, type Step } from "./model.js";
import { isShared, parting } from "./whatif.js";
import type { Words } from "./words.js";

export type Go = (n: number) => void;

export function sequence(place: Place, words: Words, go: Go): TemplateResult {
  const { trace, index } = place;
  const tone = tones(trace.lanes);
  const row = (step: Step) => html`
    ${divider(parting(trace, step, words))}
    <button
      class="row is-${step.kind} ${isShared(trace, step) ? "shared" : ""}"
      tabindex="-1"
      aria-current=${step.n === index + 1 ? "step" : nothing}
      @click=${() => go(step.n)}
    >
      <span class="n">${step.n}</span>
      <span class="track">${arrow(step, trace.lanes, tone.get(step.lane)!)}</span>
      <span><code>${breakable(step.label)}</code><span class="told">${step.text}</span></span>
    </button>
  `;
  return html`
    <div
      class="sequence"
      tabindex="0"
      role="group"
      aria-label=${words.sequence}
      style="--lanes: ${trace.lanes.length}"
    >
      <div class="lanes">
        <span class="n"></span>
        ${trace.lanes.map(({ id, name }) => html`<span class="lane tone${tone.get(id)!}">${name}</span>`)}
      </div>
      ${phases(trace).map(
        ({ name, steps }) => html`
          ${name ? html`<div class="phase"><span>${name}</span></div>` : nothing}
          ${steps.map(row)}
        `,
      )}
    </div>
  `;
}

function divider(words: string | undefined): TemplateResult | typeof nothing {
  return words === undefined ? nothing : html`<div class="parting">${words}</div>`;
}

function arrow(step: Step, lanes: Lane[], colour: number): TemplateResult {
  const from = lanes.findIndex((lane) => lane.id === step.lane);
  const to = step.to === undefined ? from : lanes.findIndex((lane) => lane.id === step.to);
  const tone = `tone${colour}`;
  if (from === to) {
    const loop = svg`<path d="M1 3h11v9H4" /><path class="head" d="M1 12l6-3.5v7z" />`;
    return html`<svg class="loop ${tone}" style="--at: ${from}" viewBox="0 0 16 18">${loop}</svg>`;
  }
  const way = to > from ? "right" : "left";
  const place = `--at: ${Math.min(from, to)}; --over: ${Math.abs(to - from)}`;
  return html`<i class="over ${way} ${tone}" style=${place}></i>`;
}

export const sequenceStyle = css`
  .sequence {
    --lane: clamp(2.1rem, 13cqw, 4.6rem);
    border: 1px solid var(--line);
    border-radius: 0.3rem;
    container-type: inline-size;
    max-height: 13.5rem;
    overflow: hidden auto;
    position: relative;
  }
  @container (width >= 34rem) {
    .sequence {
      max-height: clamp(13.5rem, 40vh, 22rem);
    }
  }
  @supports (width: round(down, 1px, 2px)) {
    .sequence {
      --lane: round(down, clamp(2.1rem, 13cqw, 4.6rem), 2px); /* sharp lines */
    }
  }
  .lanes {
    background: var(--ground);
    border-bottom: 1px solid var(--line);
    display: grid;
    font-size: clamp(0.5rem, 3.2cqw, 0.64rem);
    font-weight: 600;
    grid-template-columns: var(--number) repeat(var(--lanes), var(--lane));
    line-height: 1.25;
    padding: 0.3rem 0;
    position: sticky;
    text-align: center;
    text-wrap: balance;
    top: 0;
    z-index: 2;
  }
  .lane {
    align-self: end;
    color: var(--tone);
    overflow-wrap: normal;
    padding: 0 0.05rem;
  }
  .row {
    align-items: stretch;
    display: grid;
    gap: 0;
    grid-template-columns: var(--number) calc(var(--lanes) * var(--lane)) minmax(0, 1fr);
    min-height: 1.3rem;
    width: 100%;
  }
  .row > * {
    align-self: center;
  }
  .row code {
    display: block;
    line-height: 1.45;
    padding: 0.15rem 0.4rem 0.15rem 0.3rem;
  }
  @container (width < 26rem) {
    .row code {
      font-size: 0.55rem;
    }
    .lanes {
      font-size: 0.47rem;
      letter-spacing: -0.01em;
    }
  }
  .track {
    align-self: stretch;
    background: repeating-linear-gradient(
      to right,
      transparent 0 calc(var(--lane) / 2),
      var(--faint) 0 calc(var(--lane) / 2 + 1px),
      transparent 0 var(--lane)
    );
    position: relative;
  }
  .loop,
  .over {
    left: calc((var(--at) + 0.5) * var(--lane));
    position: absolute;
    top: 50%;
  }
  .loop {
    height: 18px;
    margin-top: -9px;
    overflow: visible;
    width: 16px;
  }
  .loop path {
    fill: none;
    stroke: var(--tone);
    stroke-width: 1.4;
  }
  .is-syscall .loop path:not(.head) {
    stroke-dasharray: 3 2;
  }
  .loop .head {
    fill: var(--tone);
    stroke: none;
  }
  .over {
    border-top: 1.5px solid var(--tone);
    width: calc(var(--over) * var(--lane));
  }
  .over::after {
    border: 4px solid transparent;
    content: "";
    position: absolute;
    top: -4.75px;
  }
  .over.right::after {
    border-left: 7px solid var(--tone);
    border-right: 0;
    right: 0;
  }
  .over.left::after {
    border-left: 0;
    border-right: 7px solid var(--tone);
    left: 0;
  }
  .row[aria-current] .loop path:not(.head) {
    stroke-width: 2.6;
  }
  .row[aria-current] .over {
    border-top-width: 3px;
  }
  .row[aria-current] .over::after {
    border-bottom-width: 6px;
    border-top-width: 6px;
    top: -7.5px;
  }
  .phase {
    background: var(--soft);
    border-block: 1px solid var(--line);
    color: var(--dim);
    font-size: 0.6rem;
    line-height: 1.4;
    padding: 0.1rem 0.4rem;
    position: relative;
    z-index: 1;
  }
  .lanes + .phase {
    border-top: 0;
  }
`;
