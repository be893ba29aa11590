// SPDX-License-Identifier: Apache-2.0
//
// <trace-player record="echo" lang="en" what-if="echo+eintr echo+reset">
//   …what is shown without a script…
// </trace-player>
//
// The records have been read before this script runs (records.ts). With the attribute
// `paired` it is one of two (beside.ts), which then has the address; it has the branches
// of the player that shows its record alone, if the page has one.
//
// model.ts holds what is true of a record, this file what happens: keys, buttons,
// the address, the clock. The other files say how each part looks.

import { html, LitElement, nothing, type TemplateResult } from "lit";
import * as address from "./address.js";
import { code } from "./code.js";
import { controls } from "./controls.js";
import { moved, parse, stepAt, switched, tones } from "./model.js";
import type { Move, Place, Trace } from "./model.js";
import { isCalm } from "./page.js";
import { recorded } from "./records.js";
import { sequence } from "./sequence.js";
import { state } from "./state.js";
import { style } from "./style.js";
import { tree } from "./tree.js";
import { whatIf } from "./whatif.js";
import { wordsFor, type Words } from "./words.js";

const PLAY_MS = 2500;

export class TracePlayer extends LitElement {
  static override styles = style;
  static override properties = {
    record: {},
    lang: {},
    whatIf: { attribute: "what-if" },
    paired: { type: Boolean },
    place: { state: true },
    playing: { state: true },
  };
  declare record: string;
  declare lang: string;
  declare whatIf: string;
  declare paired: boolean;
  declare place: Place | undefined;
  declare playing: boolean;
  runs: Trace[] = []; // the record's own first, then what if
  private timer = 0;

  constructor() {
    super();
    this.record = "";
    this.whatIf = "";
    this.paired = false;
    this.playing = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("hashchange", this.follow);
    document.addEventListener("click", this.again);
    // The browser goes to the address itself when the page is whole: to a line of
    // the list that stands here without a script. That takes the focus away.
    if (document.readyState !== "complete") addEventListener("load", this.loaded);
    this.begin();
    this.follow();
  }

  private begin(): void {
    const alone = document.querySelector(`trace-player[record="${this.record}"]:not([paired])`);
    const whatIf = this.whatIf || alone?.getAttribute("what-if") || "";
    const { run, branches } = recorded(this.record, whatIf);
    this.runs = parse(run, branches);
    this.place = this.runs[0] && { trace: this.runs[0], index: 0 };
    if (!this.place) this.draw();
  }

  /** What only readers without a script would see: to them it is text, until it is put here. */
  private draw(): void {
    const drawn = this.querySelector("noscript");
    drawn?.insertAdjacentHTML("afterend", drawn.textContent ?? "");
    drawn?.remove();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("hashchange", this.follow);
    document.removeEventListener("click", this.again);
    removeEventListener("load", this.loaded);
    this.pause();
  }

  /** Goes where the address says, if that is a step of this record and of no pair. */
  private follow = (): void => {
    const [wanted, ...more] = address.read(location.hash);
    if (!this.paired && wanted && more.length === 0 && this.open(wanted)) this.arrive();
  };

  /** Shows the step, if it is one of this record. */
  open({ trace, step }: address.Address): boolean {
    const run = this.runs.find(({ id }) => id === trace);
    if (!run) return false;
    this.pause();
    this.place = moved({ trace: run, index: 0 }, step);
    return true;
  }

  private loaded = (): void => {
    setTimeout(this.follow);
  };

  /** A link to the step that the address names already changes no address. */
  private again = (event: Event): void => {
    if (address.isHere(event)) this.follow();
  };

  private move = (to: Move): void => {
    this.pause();
    this.step(to);
  };

  private step(to: Move): void {
    if (this.place) this.stand(moved(this.place, to));
  }

  /** The reader has gone there; a pair of players keeps the address itself. */
  private stand(place: Place): void {
    this.place = place;
    if (this.paired) this.dispatchEvent(new CustomEvent("stepped", { bubbles: true }));
    else address.show(this.here());
  }

  here(): address.Address {
    return { trace: this.place!.trace.id, step: stepAt(this.place!).n };
  }

  private take = (run: Trace): void => {
    this.pause();
    if (this.place && run.id !== this.place.trace.id) this.stand(switched(this.place, run));
  };

  /** The next run; after the last "what if" the record's own again. */
  private takeNext(): void {
    const at = this.runs.findIndex(({ id }) => id === this.place?.trace.id);
    const next = this.runs[(at + 1) % this.runs.length];
    if (next) this.take(next);
  }

  /** From a line of the tree: to the step, and back up when its code is out of sight. */
  private lead = (n: number): void => {
    this.move(n);
    if ((this.stage()?.getBoundingClientRect().top ?? 0) < 0) this.arrive();
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
    } else if (event.key.toLowerCase() === "w" && this.runs.length > 1) {
      this.takeNext();
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

  arrive(): void {
    void this.updateComplete.then(() => {
      this.stage()?.scrollIntoView({ block: "start", behavior: isCalm() ? "auto" : "smooth" });
      this.stage()?.focus({ preventScroll: true });
    });
  }

  /** What is current is in the middle of its own box; the page stays where it is. */
  protected override updated(): void {
    for (const [box, item] of [
      [".sequence", ".row[aria-current]"],
      [".code", ".line[aria-current]"],
      [".tree", ".call[aria-current]"],
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
    const keys = this.runs.length > 1 ? `${words.keys} · ${words.whatIfKey}` : words.keys;
    return html`
      <section class="player" tabindex="0" aria-label="${words.player}: ${trace.title}" @keydown=${this.key}>
        <div class="top">
          ${this.paired ? html`<div class="title run">${this.runs[0]!.title}</div>` : nothing}
          ${controls(this.place, words, this.playing, this.move, this.toggle)}
          <p class="keys">${keys}</p>
          ${whatIf(this.runs, trace, words, this.take)}
          ${this.sentence(this.place, words)}
        </div>
        ${sequence(this.place, words, this.move)}
        <div class="below">
          ${code(this.place, words, this.move)}
          ${state(this.place, words)}
        </div>
        ${tree(this.place, words, this.lead)}
      </section>
    `;
  }

  private sentence(place: Place, words: Words): TemplateResult {
    const step = stepAt(place);
    const tone = tones(place.trace.lanes);
    const lanes = new Map(
      place.trace.lanes.map(({ id, name }) => [id, { name, tone: tone.get(id)! }]),
    );
    const to = step.to === undefined ? undefined : lanes.get(step.to);
    const lane = lanes.get(step.lane)!;
    return html`
      <div class="now" role="status" aria-live="polite" aria-atomic="true">
        <span class="unseen">
          ${place.trace.fork === undefined ? nothing : `${words.whatIf}${place.trace.title}.`}
          ${words.step(step.n, place.trace.steps.length)}
        </span>
        <b class="tone${lane.tone}">${lane.name}</b>
        ${to ? html`<b class="tone${to.tone}">→ ${to.name}</b>` : nothing}
        <p>${step.text}</p>
      </div>
    `;
  }
}

if (!customElements.get("trace-player")) customElements.define("trace-player", TracePlayer);
