// SPDX-License-Identifier: Apache-2.0
//
// The function that the current step is in, with its real line numbers.

import { css, html, nothing, type TemplateResult } from "lit";
import { callerOf, stepAt, stepsOf, type Place, type Source } from "./model.js";
import { shownFunctions, visit } from "./page.js";
import type { Go } from "./sequence.js";
import type { Words } from "./words.js";

export function code(place: Place, words: Words, go: Go): TemplateResult {
  const step = stepAt(place);
  const source = place.trace.sources[step.source]!;
  return html`
    <div class="where">
      <div>
        <code class="fn">${step.fn}</code>
        <span class="kind">· ${words.kinds[step.kind]} ·</span>
        ${itsSteps(place, words, go)}
      </div>
      <div class="file">
        <code>${source.file}:${step.line}</code>
        ${source.name === step.fn ? nothing : html`· ${words.inside} <code>${source.name}</code>`}
        ${calledFrom(place, words, go)} ${onThePage(step.fn, words)}
      </div>
    </div>
    <div class="code" tabindex="0" role="group" aria-label=${words.code}>
      ${lines(source, step.line)}
    </div>
  `;
}

function itsSteps(place: Place, words: Words, go: Go): TemplateResult {
  const step = stepAt(place);
  return html`
    <span class="steps" role="group" aria-label="${step.fn}: ${words.stepsOf}">
      <span>${words.stepsOf}${words.colon}</span>
      ${stepsOf(place.trace, step).map(
        ({ n }) => html`
          <button
            class="chip"
            aria-label=${words.step(n, place.trace.steps.length)}
            aria-current=${n === step.n ? "step" : nothing}
            @click=${() => go(n)}
          >
            ${n}
          </button>
        `,
      )}
    </span>
  `;
}

/** The call's own place; a button when the caller is a step of the record. */
function calledFrom(place: Place, words: Words, go: Go): TemplateResult | typeof nothing {
  const { from } = stepAt(place);
  if (!from) return nothing;
  const caller = callerOf(place);
  const name = caller
    ? html`<button class="link" @click=${() => go(caller.n)}>
        <code>${from.fn}</code> (${caller.n})
      </button>`
    : html`<code>${from.fn}</code>`;
  return html`<span>· ${words.calledFrom} ${name} <code>${short(from.place)}</code></span>`;
}

function onThePage(fn: string, words: Words): TemplateResult | typeof nothing {
  const piece = shownFunctions().get(fn);
  if (!piece) return nothing;
  return html`· <button class="link" @click=${() => visit(piece)}>${words.piece}</button>`;
}

function short(place: string): string {
  return place.slice(place.lastIndexOf("/") + 1);
}

function lines(source: Source, current: number): TemplateResult[] {
  return source.lines.map((line, i) => {
    const number = source.start + i;
    const here = number === current ? "true" : nothing;
    return html`<div class="line" aria-current=${here}>
      <span class="no">${number}</span><code>${coloured(line)}</code>
    </div>`;
  });
}

function coloured(line: string[]): (TemplateResult | string)[] {
  const runs: (TemplateResult | string)[] = [];
  for (let i = 0; i + 1 < line.length; i += 2) {
    const [colour, text] = [line[i]!, line[i + 1]!];
    runs.push(colour ? html`<span class=${`t-${colour}`}>${text}</span>` : text);
  }
  return runs;
}

export const codeStyle = css`
  .where {
    font-size: 0.66rem;
    line-height: 1.5;
    margin: 0.7rem 0 0.25rem;
    overflow-wrap: anywhere;
  }
  .where .fn {
    font-weight: 600;
  }
  .where .kind,
  .where .steps > span,
  .file {
    color: var(--dim);
  }
  .steps {
    display: inline-flex;
    flex-wrap: wrap;
    gap: 0.2rem;
    line-height: 1.35;
  }
  .chip {
    border: 1px solid var(--line);
    border-radius: 0.7rem;
    min-width: 1.4rem;
    padding: 0 0.35rem;
    text-align: center;
  }
  .chip[aria-current] {
    border-color: var(--accent);
  }
  .link {
    color: var(--md-typeset-a-color, var(--accent));
    text-decoration: underline;
    text-decoration-thickness: 1px;
    text-underline-offset: 0.2em;
  }
  .code {
    background: var(--paper);
    border: 1px solid var(--line);
    border-radius: 0.3rem;
    color: var(--md-code-fg-color, inherit);
    max-height: 14rem;
    overflow: hidden auto;
    padding: 0.3rem 0;
    position: relative;
  }
  .line {
    display: grid;
    font-size: 0.62rem;
    grid-template-columns: 2.4rem minmax(0, 1fr);
    line-height: 1.6;
  }
  .line code {
    padding-left: 2ch;
    padding-right: 0.4rem;
    tab-size: 2;
    text-indent: -2ch;
    white-space: pre-wrap;
  }
  .line .no {
    border-left: 3px solid transparent;
    color: var(--md-default-fg-color--lighter, inherit);
    font-family: var(--code);
    padding-right: 0.6rem;
    text-align: right;
    user-select: none;
  }
  .line[aria-current] {
    background: var(--lit);
  }
  .line[aria-current] .no {
    border-color: var(--accent);
    color: inherit;
    font-weight: 600;
  }
  .t-c {
    color: var(--md-code-hl-comment-color, inherit);
  }
  .t-k {
    color: var(--md-code-hl-keyword-color, inherit);
  }
  .t-s {
    color: var(--md-code-hl-string-color, inherit);
  }
  .t-m {
    color: var(--md-code-hl-number-color, inherit);
  }
  .t-f {
    color: var(--md-code-hl-function-color, inherit);
  }
`;
