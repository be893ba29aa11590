// SPDX-License-Identifier: Apache-2.0
//
// A LinkBuffer as a picture: a box for each block, the cursors below it. What is
// another than it was recorded before is marked.

import { css, html, nothing, type TemplateResult } from "lit";
import { cursors, pairs, parts, type Chain, type Cut, type Node, type Part } from "./chain.js";
import type { Words } from "./words.js";

export function picture(now: Chain, before: Chain | undefined, words: Words): TemplateResult {
  const old = before ? pairs(now.nodes, before.nodes) : [];
  const drawn = now.nodes
    .map((node, i) => ({ node, old: old[i] }))
    .filter(({ node }) => node.room > 0);
  return html`
    <div>
      ${amount(words.parts.readable, now.size, before?.size, words)}
      ${now.booked || before?.booked ? html`· ${amount(words.booked, now.booked, before?.booked, words)}` : nothing}
    </div>
    ${drawn.length ? nothing : words.empty}
    ${drawn.map((one, i) => block(one.node, one.old, i + 1, before !== undefined, words))}
  `;
}

function amount(what: string, now: number, before: number | undefined, words: Words): TemplateResult {
  const has = before !== undefined && before !== now;
  return html`<span class=${has ? "moved" : ""}>${what}${words.colon}${words.bytes(now)}</span>
    ${has ? html`<span class="dim">(${words.was} ${before})</span>` : nothing}`;
}

function block(now: Node, old: Node | undefined, n: number, compare: boolean, words: Words): TemplateResult {
  const all = parts(now);
  const fresh = compare && !old && now.holds;
  const given = !now.holds;
  const columns = all.map(({ size }) => `minmax(3.5rem, ${Math.sqrt(size).toFixed(1)}fr)`).join(" ");
  const title = [
    words.block(n),
    given ? words.given : words.room(now.room),
    now.refs === undefined ? "" : words.refs(now.refs),
  ];
  return html`
    <div class="about">
      <span>${title.filter(Boolean).join(" · ")}</span>
      ${fresh || (given && old?.holds) ? html`<b class="changed">${fresh ? words.fresh : words.changed}</b>` : nothing}
    </div>
    <div
      class="block ${given ? "given" : ""} ${fresh ? "fresh" : ""}"
      style="grid-template-columns: ${columns}"
      role="img"
      aria-label=${told(now, n, words)}
    >
      ${all.map((one) => part(one, words))}
      ${cursors(now, old).map((cut) => cursor(cut, all.length, words))}
    </div>
  `;
}

function told(node: Node, n: number, words: Words): string {
  const bytes = node.bytes ? ` “${parts(node).map((part) => part.bytes ?? "").join("")}”` : "";
  const where = words.cursors(node.passed, node.committed, node.written, node.room);
  return `${words.block(n)}${words.colon}${where}${node.holds ? "" : ` (${words.given})`}${bytes}`;
}

function part({ is, size, bytes }: Part, words: Words): TemplateResult {
  return html`
    <span class="part ${is}">${bytes ? html`<code>${bytes}</code>` : words.parts[is]} ${size}</span>
  `;
}

function cursor({ names, at, edge, before }: Cut, last: number, words: Words): TemplateResult {
  const side = edge === 0 ? "left" : edge === last ? "right" : "middle";
  const moved = before === undefined ? "" : "moved";
  return html`
    <span class="cut ${side} ${moved}" style="grid-column: 1 / span ${edge || 1}">
      ${names.map((name) => html`<span>${words.cuts[name]}</span>`)}
      <span>${before === undefined ? at : `${before} → ${at}`}</span>
    </span>
  `;
}

export const bufferStyle = css`
  .about {
    color: var(--dim);
    display: flex;
    font-size: 0.58rem;
    gap: 0.5rem;
    justify-content: space-between;
  }
  .block {
    display: grid;
    font-size: 0.56rem;
    line-height: 1.25;
    margin: 0.1rem 0 0.25rem;
  }
  .part {
    border-block: 1px solid var(--dim);
    border-right: 1px solid var(--dim);
    grid-row: 1;
    padding: 0.25rem 0.15rem;
    text-align: center;
  }
  .part:first-child {
    border-left: 1px solid var(--dim);
  }
  .part.readable {
    background: var(--accent);
    color: var(--ground);
  }
  .part.readable code {
    font-size: 0.6rem;
    font-weight: 600;
  }
  .part.written {
    background: var(--paper);
    font-style: italic;
  }
  .part.consumed {
    background: repeating-linear-gradient(45deg, var(--ground) 0 4px, var(--soft) 0 8px);
  }
  .part.free {
    color: var(--dim);
  }
  .fresh .part {
    border-color: var(--accent);
    border-block-width: 2px;
  }
  .given .part {
    border-style: dashed;
  }
  .cut {
    color: var(--dim);
    display: flex;
    flex-direction: column;
    font-size: 0.52rem;
    font-variant-numeric: tabular-nums;
    grid-row: 2;
    justify-self: end;
    padding-top: 0.35rem;
    position: relative;
    text-align: right;
    white-space: nowrap;
  }
  .cut::before {
    background: currentcolor;
    content: "";
    height: 0.3rem;
    position: absolute;
    right: 0;
    top: 0;
    width: 2px;
  }
  .cut.left {
    justify-self: start;
    text-align: left;
  }
  .cut.left::before {
    left: 0;
  }
  .cut.middle {
    text-align: center;
    transform: translateX(50%);
  }
  .cut.middle::before {
    left: calc(50% - 1px);
  }
  .moved {
    color: var(--accent);
    font-weight: 600;
  }
`;
