// SPDX-License-Identifier: Apache-2.0
//
// The run as it was recorded, and the same with something else happening: one
// button each. A button leads to the step at which the two runs part.

import { css, html, nothing, type TemplateResult } from "lit";
import type { Step, Trace } from "./model.js";
import type { Words } from "./words.js";

export function whatIf(
  all: Trace[],
  current: Trace,
  words: Words,
  take: (run: Trace) => void,
): TemplateResult | typeof nothing {
  if (all.length < 2) return nothing;
  const fork = current.fork;
  return html`
    <div class="runs" role="group" aria-label=${words.runs}>
      ${all.map(
        (run) => html`
          <button class="chip" aria-pressed=${run.id === current.id} @click=${() => take(run)}>
            ${run.fork === undefined ? words.asRecorded : branch(run, run.fork, words)}
          </button>
        `,
      )}
      ${fork === undefined ? nothing : html`<span class="dim">${words.shared(fork - 1)}</span>`}
    </div>
  `;
}

function branch({ title }: Trace, fork: number, words: Words): TemplateResult {
  return html`<b>${words.whatIf}</b>${title} <span class="dim">${words.from(fork)}</span>`;
}

/** Before the first step of its own, a branch says so. */
export function parting(trace: Trace, step: Step, words: Words): string | undefined {
  return step.n === trace.fork ? `${words.whatIf}${trace.title}` : undefined;
}

export function isShared(trace: Trace, step: Step): boolean {
  return trace.fork !== undefined && step.n < trace.fork;
}

export const whatIfStyle = css`
  .runs {
    align-items: baseline;
    display: flex;
    flex-wrap: wrap;
    font-size: 0.64rem;
    gap: 0.25rem 0.4rem;
    line-height: 1.5;
    padding: 0.15rem 0.3rem;
  }
  .runs .chip {
    padding: 0.05rem 0.55rem;
    text-align: left;
  }
  .runs .chip[aria-pressed="true"] {
    background: var(--lit);
    border-color: var(--accent);
  }
  .shared .n {
    padding-right: 0.15rem;
    white-space: nowrap;
  }
  .shared .n::after {
    content: "=";
  }
  .shared :is(code, .n) {
    color: var(--dim);
  }
  .parting {
    background: var(--lit);
    border-block: 1px solid var(--accent);
    font-size: 0.62rem;
    font-weight: 600;
    line-height: 1.4;
    padding: 0.15rem 0.4rem;
    position: relative;
    z-index: 1;
  }
`;
