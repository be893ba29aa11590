// SPDX-License-Identifier: Apache-2.0
//
// <trace-beside lang="en"> two <trace-player paired> </trace-beside>
//
// Two runs side by side. The reader steps through one of them; "together" the other
// goes along. The address names the step of both.

import { css, html, LitElement, type TemplateResult } from "lit";
import * as address from "./address.js";
import { along, type Place } from "./model.js";
import "./player.js";
import type { TracePlayer } from "./player.js";
import { wordsFor } from "./words.js";

export class TraceBeside extends LitElement {
  static override properties = { lang: {}, together: { state: true } };
  declare lang: string;
  declare together: boolean;

  constructor() {
    super();
    this.together = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("stepped", this.stepped);
    addEventListener("hashchange", this.follow);
    if (document.readyState !== "complete") addEventListener("load", this.loaded);
    document.addEventListener("click", this.again);
    this.follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("hashchange", this.follow);
    document.removeEventListener("click", this.again);
    removeEventListener("load", this.loaded);
  }

  private players(): TracePlayer[] {
    return [...this.querySelectorAll<TracePlayer>("trace-player")].filter(({ place }) => place);
  }

  /** Goes where the address says: it names a step of both, or of one that is alone here. */
  private follow = (): void => {
    const wanted = address.read(location.hash);
    const players = this.players();
    const both = wanted.length > 1 && wanted.length === players.length;
    const alone = ({ record }: TracePlayer) =>
      !document.querySelector(`trace-player[record="${record}"]:not([paired])`);
    const found = both
      ? players.filter((player, i) => player.open(wanted[i]!))
      : players.filter((player) => wanted.length === 1 && alone(player) && player.open(wanted[0]!));
    found[0]?.arrive();
  };

  private loaded = (): void => {
    setTimeout(this.follow);
  };

  private again = (event: Event): void => {
    if (address.isHere(event)) this.follow();
  };

  private stepped = (event: Event): void => {
    const moved = event.target as TracePlayer;
    const players = this.players();
    if (this.together) this.lead(moved);
    address.show(...players.map((player) => player.here()));
  };

  private lead(from: TracePlayer): void {
    for (const player of this.players()) {
      if (player !== from) player.place = along(from.place as Place, player.place as Place);
    }
  }

  private toggle = (): void => {
    this.together = !this.together;
    const [first] = this.players();
    if (this.together && first) this.lead(first);
  };

  protected override render(): TemplateResult {
    const words = wordsFor(this.lang || document.documentElement.lang);
    return html`
      <div class="bar">
        <button aria-pressed=${this.together} @click=${this.toggle}>${words.together}</button>
        <span>${words.togetherTold}</span>
      </div>
      <div class="two" role="group" aria-label=${words.pair}><slot></slot></div>
    `;
  }

  static override styles = css`
    :host {
      display: block;
    }
    .bar {
      align-items: baseline;
      color: var(--md-default-fg-color--light, #555);
      display: flex;
      font-size: 0.64rem;
      gap: 0.6rem;
      line-height: 1.5;
      margin-bottom: 0.4rem;
    }
    button {
      background: none;
      border: 1px solid var(--np-line, #ddd);
      border-radius: 0.7rem;
      color: var(--md-default-fg-color, #222);
      cursor: pointer;
      flex: none;
      font: inherit;
      padding: 0.05rem 0.6rem;
    }
    button[aria-pressed="true"] {
      background: color-mix(in srgb, var(--md-accent-fg-color, #0b6e75) 14%, transparent);
      border-color: var(--md-accent-fg-color, #0b6e75);
      font-weight: 600;
    }
    button:focus-visible {
      outline: 2px solid var(--md-accent-fg-color, #0b6e75);
      outline-offset: 2px;
    }
    .two {
      display: grid;
      gap: 1.2rem 0.8rem;
      grid-template-columns: minmax(0, 1fr);
    }
    @media screen and (min-width: 900px) {
      .two {
        grid-template-columns: repeat(2, minmax(0, 1fr));
      }
    }
    @media print {
      .bar {
        display: none;
      }
    }
  `;
}

if (!customElements.get("trace-beside")) customElements.define("trace-beside", TraceBeside);
