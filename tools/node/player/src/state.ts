// SPDX-License-Identifier: Apache-2.0
//
// What the record knows of each object at the current step, and what changed.

import { css, html, nothing, type TemplateResult } from "lit";
import { picture } from "./buffer.js";
import { chain } from "./chain.js";
import { stateAt, type Place, type Seen, type Value } from "./model.js";
import { bits, entries, record, told } from "./values.js";
import type { Words } from "./words.js";

const BITS = /^[a-z_]+( [a-z_]+)*$/;

export function state(place: Place, words: Words): TemplateResult | typeof nothing {
  const seen = stateAt(place);
  if (seen.length === 0) return nothing;
  const isBuffer = (name: string) => place.trace.steps.some((step) => chain(step.state?.[name]));
  return html`
    <div class="state" role="group" aria-label=${words.state}>
      ${seen.map((one) => card(one, isBuffer(one.name), words))}
    </div>
  `;
}

function card(seen: Seen, isWide: boolean, words: Words): TemplateResult {
  const mark = seen.changed
    ? html`<b class="changed">${words.changed}</b>`
    : html`<span>${seen.at === undefined ? nothing : words.seenAt(seen.at)}</span>`;
  return html`
    <div class="card ${isWide ? "wide" : ""}" ?data-now=${seen.now} ?data-changed=${seen.changed}>
      <div class="name"><span>${words.names[seen.name] ?? seen.name}</span> ${mark}</div>
      <div class="value">${value(seen, words)}</div>
    </div>
  `;
}

function value(seen: Seen, words: Words): unknown {
  if (seen.value === undefined) return html`<span class="dim">${words.notYet}</span>`;
  const before = seen.changed ? seen.before : undefined;
  const blocks = chain(seen.value);
  if (blocks) return picture(blocks, chain(before), words);
  const named = record(seen.value);
  if (named && "unreadable" in named) return html`<span class="dim">${words.unreadable}</span>`;
  if (named) return rows(named, before, words);
  if (typeof seen.value === "string" && BITS.test(seen.value)) {
    return chips(seen.value, typeof before === "string" ? before : undefined, words);
  }
  return html`${told(seen.value, words)} ${was(before, words)}`;
}

function was(before: Value | undefined, words: Words): TemplateResult | typeof nothing {
  if (before === undefined) return nothing;
  return html`<span class="dim">(${words.was} ${told(before, words)})</span>`;
}

function chips(now: string, before: string | undefined, words: Words): unknown {
  const all = bits(now, before);
  if (all.length === 0) return words.none;
  return all.map(({ name, is }) =>
    is === "cleared"
      ? html`<del class="bit">−${name}</del> `
      : html`<code class="bit ${is}">${is === "set" ? "+" : ""}${name}</code> `,
  );
}

function rows(now: Record<string, Value>, before: Value | undefined, words: Words): unknown {
  const all = entries(now, before);
  if (all.length === 0) return words.none;
  return all.map(({ name, value: item, before: old, is }) =>
    is === "cleared"
      ? html`<div><del>${name}</del> <span class="dim">${words.gone}</span></div>`
      : html`<div class=${is}><code>${name}</code> ${told(item, words)} ${was(old, words)}</div>`,
  );
}

export const stateStyle = css`
  .state {
    display: grid;
    font-size: 0.66rem;
    gap: 0.4rem;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 11.5rem), 1fr));
    line-height: 1.5;
    margin-top: 0.6rem;
  }
  .card {
    border: 1px solid var(--line);
    border-radius: 0.3rem;
    padding: 0.25rem 0.5rem 0.35rem;
  }
  @container (width >= 34rem) {
    .state {
      grid-template-columns: repeat(6, minmax(0, 1fr));
    }
    .card {
      grid-column: span 2;
    }
    .card.wide {
      grid-column: span 3;
    }
  }
  .card[data-now] {
    background: var(--lit);
  }
  .card[data-changed] {
    border-color: var(--accent);
  }
  .name {
    color: var(--dim);
    display: flex;
    font-size: 0.6rem;
    gap: 0.5rem;
    justify-content: space-between;
  }
  .changed {
    color: var(--accent);
  }
  .value {
    overflow-wrap: anywhere;
  }
  .dim {
    color: var(--dim);
  }
  .bit {
    border: 1px solid var(--line);
    border-radius: 0.2rem;
    display: inline-block;
    font-family: var(--code);
    font-size: 0.58rem;
    margin: 0.1rem 0;
    padding: 0 0.25rem;
  }
  .bit.set,
  div.set {
    border-color: var(--accent);
    color: var(--accent);
    font-weight: 600;
  }
  del {
    color: var(--dim);
  }
`;
