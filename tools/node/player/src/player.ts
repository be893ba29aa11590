// SPDX-License-Identifier: Apache-2.0
//
// <trace-player record="echo" lang="en">
//   <script type="application/json">…</script>     the record, see site/player.py
//   …what is shown without a script, and on paper…
// </trace-player>
//
// model.ts holds what is true of a record, this file what happens: keys, buttons,
// the address, the clock. The other files say how each part looks.

import { html, LitElement, nothing, type TemplateResult } from "lit";
import * as address from "./address.js";
import { code } from "./code.js";
import { controls } from "./controls.js";
import { moved, parse, stepAt, type Move, type Place } from "./model.js";
import { sequence } from "./sequence.js";
import { state } from "./state.js";
import { style } from "./style.js";
import { tree } from "./tree.js";
import { wordsFor, type Words } from "./words.js";

const PLAY_MS = 2500;

export class TracePlayer extends LitElement {
  static override styles = style;
  static override properties = {
    record: {},
    lang: {},
    place: { state: true },
    playing: { state: true },
  };
  declare record: string;
  declare lang: string;
  declare place: Place | undefined;
  declare playing: boolean;
  private timer = 0;

  constructor() {
    super();
    this.record = "";
    this.playing = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const data = this.querySelector('script[type="application/json"]')?.textContent ?? "";
    const trace = parse(data);
    this.place = trace && { trace, index: 0 };
    addEventListener("hashchange", this.follow);
    document.addEventListener("click", this.again);
    this.follow();
    // The browser goes to the address itself when the page is whole: to a line of
    // the list that stands here without a script. That takes the focus away.
    if (document.readyState !== "complete") addEventListener("load", this.loaded);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("hashchange", this.follow);
    document.removeEventListener("click", this.again);
    removeEventListener("load", this.loaded);
    this.pause();
  }

  /** Goes where the address says, if that is a step of this record. */
  private follow = (): void => {
    const wanted = address.read(location.hash);
    if (!this.place || wanted?.trace !== this.record) return;
    this.pause();
    this.place = moved(this.place, wanted.step);
    void this.updateComplete.then(() => this.arrive());
  };

  private loaded = (): void => {
    setTimeout(this.follow);
  };

  /** A link to the step that the address names already changes no address. */
  private again = (event: Event): void => {
    const link = (event.target as Element | null)?.closest?.('a[href^="#trace="]');
    if (link && link.getAttribute("href") === location.hash) this.follow();
  };

  private move = (to: Move): void => {
    this.pause();
    this.step(to);
  };

  private step(to: Move): void {
    if (!this.place) return;
    this.place = moved(this.place, to);
    const now = address.write({ trace: this.record, step: stepAt(this.place).n });
    try {
      history.replaceState(history.state, "", now);
    } catch {
      // Some browsers allow only so many a minute; the player works without.
    }
  }

  /** From a line of the tree: to the step, and back up to where it is shown. */
  private lead = (n: number): void => {
    this.move(n);
    this.arrive();
  };

  private toggle = (): void => {
    if (this.playing) return this.pause();
    if (!this.place) return;
    if (this.place.index === this.place.trace.steps.length - 1) this.step("first");
    this.playing = true;
    this.timer = window.setInterval(() => {
      this.step("next");
      if (this.place!.index === this.place!.trace.steps.length - 1) this.pause();
    }, PLAY_MS);
  };

  private pause(): void {
    window.clearInterval(this.timer);
    this.playing = false;
  }

  private key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const target = event.composedPath()[0] as HTMLElement;
    if (target.localName === "input") return; // the slider has these keys of its own
    const inTree = target.classList.contains("call");
    const moves: Record<string, Move> = {
      ArrowLeft: "previous",
      ArrowRight: "next",
      Home: "first",
      End: "last",
      ...(inTree && { ArrowUp: "previous", ArrowDown: "next" }),
    };
    const to = moves[event.key];
    if (to !== undefined) {
      this.move(to);
      if (inTree) void this.updateComplete.then(() => this.line()?.focus());
    } else if (event.key === " " && target.localName !== "button") {
      this.toggle();
    } else {
      return;
    }
    event.preventDefault();
  };

  private stage(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(".player");
  }

  private line(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(".call[aria-current]");
  }

  private arrive(): void {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.stage()?.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
    this.stage()?.focus({ preventScroll: true });
  }

  /** What is current is in the middle of its own box; the page stays where it is. */
  protected override updated(): void {
    for (const [box, item] of [
      [".sequence", ".row[aria-current]"],
      [".code", ".line[aria-current]"],
    ] as const) {
      const outer = this.renderRoot.querySelector<HTMLElement>(box);
      const inner = outer?.querySelector<HTMLElement>(item);
      if (outer && inner) {
        outer.scrollTop = inner.offsetTop - (outer.clientHeight - inner.offsetHeight) / 2;
      }
    }
  }

  protected override render(): TemplateResult {
    const words = wordsFor(this.lang || document.documentElement.lang);
    if (!this.place) return html`<p class="broken" role="alert">${words.broken}</p><slot></slot>`;
    const { trace } = this.place;
    return html`
      <section class="player" tabindex="0" aria-label="${words.player}: ${trace.title}" @keydown=${this.key}>
        ${controls(this.place, words, this.playing, this.move, this.toggle)}
        <p class="keys">${words.keys}</p>
        ${this.sentence(this.place, words)}
        ${sequence(this.place, words, this.move)}
        ${code(this.place, words, this.move)}
        ${state(this.place, words)}
        ${tree(this.place, words, this.lead)}
      </section>
      <slot class="paper"></slot>
    `;
  }

  private sentence(place: Place, words: Words): TemplateResult {
    const step = stepAt(place);
    const lanes = new Map(place.trace.lanes.map((lane, i) => [lane.id, { ...lane, tone: i % 4 }]));
    const to = step.to === undefined ? undefined : lanes.get(step.to);
    const lane = lanes.get(step.lane)!;
    return html`
      <div class="now" role="status" aria-live="polite" aria-atomic="true">
        <span class="unseen">${words.step(step.n, place.trace.steps.length)}</span>
        <b class="tone${lane.tone}">${lane.name}</b>
        ${to ? html`<b class="tone${to.tone}">→ ${to.name}</b>` : nothing}
        <p>${step.text}</p>
      </div>
    `;
  }
}

if (!customElements.get("trace-player")) customElements.define("trace-player", TracePlayer);
