// SPDX-License-Identifier: Apache-2.0
//
// The buttons and the slider. Pictures are SVG: few fonts have the characters.

import { css, html, svg, type TemplateResult } from "lit";
import { stepAt, type Move, type Place } from "./model.js";
import type { Words } from "./words.js";

const ICONS = {
  first: svg`<path d="M6 5h2v14H6zM19 5v14L9 12z" />`,
  previous: svg`<path d="M17 5v14L7 12z" />`,
  play: svg`<path d="M7 4v16l13-8z" />`,
  pause: svg`<path d="M6 5h4v14H6zM14 5h4v14h-4z" />`,
  next: svg`<path d="M7 5v14l10-7z" />`,
  last: svg`<path d="M16 5h2v14h-2zM5 5v14l10-7z" />`,
};

export function controls(
  place: Place,
  words: Words,
  playing: boolean,
  move: (to: Move) => void,
  toggle: () => void,
): TemplateResult {
  const { steps } = place.trace;
  const step = stepAt(place);
  const button = (what: keyof typeof ICONS, act: () => void, off = false) => html`
    <button class="icon" title=${words[what]} aria-label=${words[what]} aria-disabled=${off} @click=${act}>
      <svg viewBox="0 0 24 24" aria-hidden="true">${ICONS[what]}</svg>
    </button>
  `;
  const [atFirst, atLast] = [step.n === 1, step.n === steps.length];
  return html`
    <div class="controls">
      ${button("first", () => move("first"), atFirst)}
      ${button("previous", () => move("previous"), atFirst)}
      ${button(playing ? "pause" : "play", toggle)}
      ${button("next", () => move("next"), atLast)}
      ${button("last", () => move("last"), atLast)}
      <input
        type="range"
        min="1"
        max=${steps.length}
        .value=${String(step.n)}
        aria-label=${words.slider}
        aria-valuetext="${words.step(step.n, steps.length)}: ${step.fn}"
        @input=${(event: Event) => move(Number((event.target as HTMLInputElement).value))}
      />
      <span class="count" aria-hidden="true">${step.n} / ${steps.length}</span>
    </div>
  `;
}

export const controlsStyle = css`
  .controls {
    align-items: center;
    display: flex;
    gap: 0.1rem;
  }
  .icon {
    border-radius: 50%;
    flex: none;
    height: 1.8rem;
    padding: 0.35rem;
    width: 1.8rem;
  }
  .icon[aria-disabled="true"] {
    opacity: 0.4;
  }
  .icon svg {
    display: block;
    fill: currentcolor;
  }
  input {
    accent-color: var(--accent);
    flex: 1 1 4rem;
    margin: 0 0.4rem;
    min-width: 3rem;
  }
  .count {
    color: var(--dim);
    flex: none;
    font-size: 0.66rem;
    font-variant-numeric: tabular-nums;
    min-width: 2.8rem;
    text-align: right;
  }
  @container (width < 26rem) {
    .controls {
      flex-wrap: wrap;
    }
    .count {
      flex: 1;
    }
    input {
      flex-basis: 100%;
      order: 1;
    }
  }
`;
