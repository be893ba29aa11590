// SPDX-License-Identifier: Apache-2.0
//
// Every step as an indented tree of calls; each line leads to its step. Only the
// current line is a tab stop; the arrows up and down walk from line to line.

import { css, html, nothing, type TemplateResult } from "lit";
import * as address from "./address.js";
import { breakable } from "./call.js";
import { phases, tones, type Phase, type Place, type Step } from "./model.js";
import { section, shownFunctions, visit } from "./page.js";
import type { Go } from "./sequence.js";
import { isShared, parting } from "./whatif.js";
import type { Words } from "./words.js";

export function tree(place: Place, words: Words, go: Go): TemplateResult {
  const shown = shownFunctions();
  const line = (step: Step) => one(step, place, shown, words, go);
  return html`
    <nav class="tree" aria-label=${words.tree}>
      <div class="title">${words.tree}</div>
      ${phases(place.trace).map(
        (phase) => html`
          ${phase.name ? heading(phase, words) : nothing}
          <ul aria-label=${phase.name || words.tree}>
            ${phase.steps.map(line)}
          </ul>
        `,
      )}
    </nav>
  `;
}

/** “Read: steps 13–21”; a link when the page has a section of that name. */
function heading({ name, slug, steps }: Phase, words: Words): TemplateResult {
  const told = html`${name}${words.colon}${words.range(steps[0]!.n, steps.at(-1)!.n)}`;
  const to = section(slug);
  return html`<div class="phase">${to ? html`<a href=${to}>${told}</a>` : told}</div>`;
}

function one(
  step: Step,
  { trace, index }: Place,
  shown: Map<string, HTMLElement>,
  words: Words,
  go: Go,
): TemplateResult {
  const name = (id: string) => trace.lanes.find((lane) => lane.id === id)!.name;
  const tone = (id: string) => tones(trace.lanes).get(id)!;
  const current = step.n === index + 1;
  const fresh = trace.steps[step.n - 2]?.lane !== step.lane || step.phase !== undefined;
  const parts = parting(trace, step, words);
  const piece = step.kind === "call" ? shown.get(step.fn) : undefined;
  return html`
    ${parts ? html`<li class="parting">${parts}</li>` : nothing}
    <li class="item" aria-level=${(step.depth ?? 0) + 1}>
      <a
        class="call ${isShared(trace, step) ? "shared" : ""}"
        href=${address.write({ trace: trace.id, step: step.n })}
        data-n=${step.n}
        tabindex=${current ? 0 : -1}
        aria-current=${current ? "step" : nothing}
        @click=${(event: MouseEvent) => follow(event, () => go(step.n))}
      >
        <span class="n">${step.n}</span>
        <span class="who tone${tone(step.lane)}">
          <span class=${fresh ? "" : "unseen"}>${name(step.lane)}</span>
        </span>
        <span class="what" style="--depth: ${step.depth ?? 0}">
          <code>${breakable(step.label)}</code>
          ${step.to && html`<span class="tone${tone(step.to)} to">→ ${name(step.to)}</span>`}
        </span>
      </a>
      ${piece &&
      html`<button
        class="piece"
        tabindex=${current ? 0 : -1}
        title=${words.piece}
        aria-label="${step.fn}: ${words.piece}"
        @click=${() => visit(piece)}
      >
        { }
      </button>`}
    </li>
  `;
}

/** A click that opens no other tab is ours. */
function follow(event: MouseEvent, go: () => void): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go();
}

export const treeStyle = css`
  .tree {
    border: 1px solid var(--line);
    border-radius: 0.3rem;
    container-type: inline-size;
    margin-top: 0.6rem;
    overflow: hidden;
    position: relative;
  }
  /* One above the other: else the second run is out of sight. */
  @media (width < 900px) {
    :host([paired]) .tree {
      max-height: 9rem;
      overflow: hidden auto;
    }
  }
  .title {
    font-size: 0.66rem;
    font-weight: 600;
    padding: 0.25rem 0.5rem;
  }
  .tree ul {
    list-style: none;
    margin: 0;
    padding: 0.1rem 0;
  }
  .item {
    display: flex;
  }
  .call {
    align-items: baseline;
    color: inherit;
    display: grid;
    flex: 1;
    grid-template-columns: var(--number) clamp(2.6rem, 15cqw, 4.6rem) minmax(0, 1fr);
    line-height: 1.45;
    min-width: 0;
    padding: 0.08rem 0.4rem 0.08rem 0;
    text-decoration: none;
  }
  .call:hover {
    background: var(--soft);
  }
  .phase a {
    color: var(--md-typeset-a-color, var(--accent));
  }
  .piece {
    color: var(--md-typeset-a-color, var(--accent));
    flex: none;
    font-family: var(--code);
    font-size: 0.58rem;
    padding: 0 0.4rem;
  }
  .who,
  .to {
    color: var(--tone);
    font-size: clamp(0.5rem, 3cqw, 0.62rem);
  }
  .to {
    white-space: nowrap;
  }
  .what {
    padding-left: calc(var(--depth) * clamp(0.35rem, 2.4cqw, 0.8rem));
  }
  @container (width >= 34rem) {
    .tree {
      height: 0;
      margin-top: 0;
      min-height: 100%;
      overflow: hidden auto;
    }
  }
`;
