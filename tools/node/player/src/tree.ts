// SPDX-License-Identifier: Apache-2.0
//
// Every step as an indented tree of calls; each line leads to its step. Only the
// current line is a tab stop; the arrows up and down walk from line to line.

import { css, html, nothing, type TemplateResult } from "lit";
import { breakable } from "./call.js";
import { phases, type Place, type Step } from "./model.js";
import type { Go } from "./sequence.js";
import type { Words } from "./words.js";

export function tree(place: Place, words: Words, go: Go): TemplateResult {
  const { trace, index } = place;
  const name = (id: string) => trace.lanes.find((lane) => lane.id === id)!.name;
  const tone = (id: string) => trace.lanes.findIndex((lane) => lane.id === id) % 4;
  const line = (step: Step) => {
    const current = step.n === index + 1;
    const fresh = trace.steps[step.n - 2]?.lane !== step.lane || step.phase !== undefined;
    return html`
      <li aria-level=${(step.depth ?? 0) + 1}>
        <button
          class="call"
          data-n=${step.n}
          tabindex=${current ? 0 : -1}
          aria-current=${current ? "step" : nothing}
          @click=${() => go(step.n)}
        >
          <span class="n">${step.n}</span>
          <span class="who tone${tone(step.lane)}">
            <span class=${fresh ? "" : "unseen"}>${name(step.lane)}</span>
          </span>
          <span class="what" style="--depth: ${step.depth ?? 0}">
            <code>${breakable(step.label)}</code>
            ${step.to && html`<span class="tone${tone(step.to)} to">→ ${name(step.to)}</span>`}
          </span>
        </button>
      </li>
    `;
  };
  return html`
    <nav class="tree" aria-label=${words.tree}>
      <div class="title">${words.tree}</div>
      ${phases(trace).map(
        ({ name: phase, steps }) => html`
          ${phase ? html`<div class="phase">${phase}</div>` : nothing}
          <ul aria-label=${phase || words.tree}>
            ${steps.map(line)}
          </ul>
        `,
      )}
    </nav>
  `;
}

export const treeStyle = css`
  .tree {
    border: 1px solid var(--line);
    border-radius: 0.3rem;
    margin-top: 0.8rem;
    overflow: hidden;
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
  .call {
    align-items: baseline;
    display: grid;
    grid-template-columns: var(--number) clamp(2.6rem, 15cqw, 4.6rem) minmax(0, 1fr);
    line-height: 1.45;
    padding: 0.08rem 0.4rem 0.08rem 0;
    width: 100%;
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
`;
