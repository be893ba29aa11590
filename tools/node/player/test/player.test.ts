// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TracePlayer } from "../src/player.js";
import { BRANCHES, put, TRACE } from "./record.js";
import type { Branch, Trace } from "../src/model.js";

async function shown(run: unknown = TRACE, lang = "en", ...branches: Branch[]): Promise<TracePlayer> {
  put(run, ...branches);
  document.body.innerHTML = "";
  const player = new TracePlayer();
  player.record = "small";
  player.lang = lang;
  player.whatIf = branches.map(({ id }) => id).join(" ");
  player.innerHTML = `<noscript></noscript><p>the list</p>`;
  player.querySelector("noscript")!.textContent = `<img alt="the picture">`; // as browsers read it
  document.body.append(player);
  await player.updateComplete;
  return player;
}

/** The record with something else in its first step. */
const first = (more: object): Trace => ({ ...TRACE, steps: [{ ...TRACE.steps[0]!, ...more }, ...TRACE.steps.slice(1)] });
const find = (player: TracePlayer, what: string) => player.renderRoot.querySelector<HTMLElement>(what)!;
const words = (player: TracePlayer, what: string) => find(player, what).textContent!.replace(/\s+/g, " ").trim();
const count = (player: TracePlayer) => words(player, ".count");

async function press(player: TracePlayer, key: string, on = ".player", options = {}) {
  find(player, on).dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true, ...options }),
  );
  await player.updateComplete;
}

// This DOM tells of a new hash after replaceState too; browsers do not.
addEventListener("hashchange", (event) => event.stopImmediatePropagation(), true);

beforeEach(() => {
  history.replaceState(null, "", "#");
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});
afterEach(() => vi.useRealTimers());

test("it begins at the first step, and leaves the address alone", async () => {
  const player = await shown();
  expect(count(player)).toBe("1 / 6");
  expect(words(player, "[aria-live]")).toBe("Step 1 of 6 Client → Poller thread The client sends.");
  expect(location.hash).toBe("");
});

test("keys move it and the address follows", async () => {
  const player = await shown();
  for (const [key, n] of [["ArrowRight", 2], ["End", 6], ["ArrowLeft", 5], ["Home", 1]] as const) {
    await press(player, key);
    expect([count(player), location.hash]).toEqual([`${n} / 6`, `#trace=small&step=${n}`]);
  }
});

test("keys with a modifier are the browser's", async () => {
  const player = await shown();
  await press(player, "ArrowRight", ".player", { altKey: true });
  expect(count(player)).toBe("1 / 6");
});

test("Space on a button is the button's, and the slider has its own arrows", async () => {
  const player = await shown();
  await press(player, " ", ".icon");
  expect(player.playing).toBe(false);
  await press(player, "ArrowRight", "input");
  expect(count(player)).toBe("1 / 6");
});

test("the address at load opens its step; another record's does not", async () => {
  history.replaceState(null, "", "#trace=small&step=4");
  expect(count(await shown())).toBe("4 / 6");
  history.replaceState(null, "", "#trace=other&step=4");
  expect(count(await shown())).toBe("1 / 6");
});

test("the current line, row and call are marked, one of each", async () => {
  const player = await shown();
  await press(player, "ArrowRight");
  for (const [what, text] of [[".line", "19int f() {"], [".row", "2 Input::fill()Fill."], [".call", "2 Poller thread Input::fill()"]] as const) {
    expect(player.renderRoot.querySelectorAll(`${what}[aria-current]`)).toHaveLength(1);
    expect(words(player, `${what}[aria-current]`).replace("19 ", "19")).toBe(text);
  }
});

test("state says what changed", async () => {
  const player = await shown();
  for (let n = 1; n < 4; n++) await press(player, "ArrowRight");
  const cards = [...player.renderRoot.querySelectorAll(".card[data-changed]")];
  expect(cards.map((card) => card.textContent!.replace(/\s+/g, " ").trim())).toEqual([
    "Lifecycle bits changed +held serves",
    "References changed 3 (was 2)",
  ]);
});

test("a buffer is a picture with bytes and cursors, and what could not be read is said", async () => {
  const player = await shown();
  await press(player, "ArrowRight");
  await press(player, "ArrowRight");
  expect(words(player, ".block")).toBe("hi⏎ 3 free 5 committed 3");
  expect(find(player, ".block").getAttribute("aria-label")).toBe("Block 1: read to 0, committed to 3, room 8 “hi⏎”");
  await press(player, "End");
  expect(words(player, ".state")).toContain("could not be read in this recording");
  expect(words(player, ".state")).toContain("open changed yes");
});

test("a line of the tree leads to its step, and the keys go on from there", async () => {
  const player = await shown();
  expect(find(player, '.call[data-n="5"]').getAttribute("href")).toBe("#trace=small&step=5");
  find(player, '.call[data-n="5"]').click();
  await player.updateComplete;
  expect(count(player)).toBe("5 / 6");
  expect(player.renderRoot.querySelectorAll('.call[tabindex="0"]')).toHaveLength(1);
  await press(player, "ArrowDown", ".call[aria-current]");
  expect(count(player)).toBe("6 / 6");
});

test("a function's steps are buttons", async () => {
  const player = await shown();
  await press(player, "ArrowRight");
  const chips = [...player.renderRoot.querySelectorAll<HTMLElement>(".chip")];
  expect(chips.map((chip) => chip.textContent!.trim())).toEqual(["2", "6"]);
  chips[1]!.click();
  await player.updateComplete;
  expect(count(player)).toBe("6 / 6");
});

test("space plays to the end and stops there", async () => {
  const player = await shown();
  await press(player, " ");
  await vi.advanceTimersByTimeAsync(2500 * 2);
  await player.updateComplete;
  expect(count(player)).toBe("3 / 6");
  await vi.advanceTimersByTimeAsync(2500 * 20);
  await player.updateComplete;
  expect([count(player), player.playing]).toEqual(["6 / 6", false]);
  await press(player, " ");
  expect([count(player), player.playing]).toEqual(["1 / 6", true]);
  await press(player, "ArrowRight");
  expect(player.playing).toBe(false);
});

test.each([["en", "cannot be played"], ["zh", "这份录像放不了"]])("a broken record is a sentence (%s)", async (lang, sentence) => {
  for (const broken of [null, "{", { ...TRACE, steps: TRACE.steps.slice(1) }]) {
    const player = await shown(broken, lang);
    expect(words(player, "[role=alert]")).toContain(sentence);
    expect(player.renderRoot.querySelector("slot")).not.toBeNull();
  }
});

test("where no record came there is the sentence, and the picture that it speaks of", async () => {
  const player = await shown(null);
  expect(words(player, "[role=alert]")).toContain("The picture and the list of steps stand below.");
  expect([...player.children].map(({ localName }) => localName)).toEqual(["img", "p"]);
  globalThis.recordings = undefined;
  const other = new TracePlayer();
  document.body.replaceChildren(other);
  await other.updateComplete;
  expect(words(other, "[role=alert]")).toContain("cannot be played");
});

test("where the record is whole the picture is not asked for", async () => {
  expect((await shown()).querySelector("img")).toBeNull();
});

test.each([[[], "1 / 6"], [["small+gone"], undefined]])("a branch that did not come is a broken record (%j: %s)", async (names, said) => {
  put(TRACE, ...BRANCHES);
  document.body.innerHTML = `<trace-player record="small" lang="en" what-if="${names.join(" ")}"></trace-player>`;
  const player = document.querySelector<TracePlayer>("trace-player")!;
  await player.updateComplete;
  expect(find(player, ".count")?.textContent!.trim()).toBe(said);
  expect(find(player, "[role=alert]") === null).toBe(said !== undefined);
});

test("markup in a record is text", async () => {
  const player = await shown(first({ text: "<img src=x onerror=alert(1)>" }));
  expect(player.renderRoot.querySelector("img")).toBeNull();
  expect(words(player, "[aria-live]")).toContain("<img src=x");
});

test("without branches nothing is offered, and W is the browser's", async () => {
  const player = await shown();
  await press(player, "w");
  expect(player.renderRoot.querySelector(".runs")).toBeNull();
  expect([count(player), words(player, ".keys")]).toEqual(["1 / 6", "← → one step · Home End first and last · Space plays"]);
});

test("what if: W goes from run to run, each time to where they part", async () => {
  const player = await shown(TRACE, "en", ...BRANCHES);
  const told = () => [count(player), location.hash, words(player, '.chip[aria-pressed="true"]')];
  expect(words(player, ".runs")).toBe(
    "As it was What if: the read is interrupted from step 3 What if: the client is gone from step 6",
  );
  await press(player, "w");
  expect(told()).toEqual(["3 / 4", "#trace=small+eintr&step=3", "What if: the read is interrupted from step 3"]);
  expect(words(player, "[aria-live]")).toContain("What if: the read is interrupted. Step 3 of 4 Poller thread Interrupted.");
  await press(player, "W");
  expect(told()).toEqual(["6 / 6", "#trace=small+reset&step=6", "What if: the client is gone from step 6"]);
  await press(player, "w");
  expect(told()).toEqual(["6 / 6", "#trace=small&step=6", "As it was"]);
});

test("a branch marks what it shares, and says where it begins", async () => {
  const player = await shown(TRACE, "en", ...BRANCHES);
  const [, button] = player.renderRoot.querySelectorAll<HTMLElement>(".runs button");
  button!.click();
  await player.updateComplete;
  for (const what of [".row", ".call"]) {
    const shared = [...player.renderRoot.querySelectorAll(what)].map((one) => one.classList.contains("shared"));
    expect(shared).toEqual([true, true, false, false]);
  }
  const dividers = [...player.renderRoot.querySelectorAll(".parting")].map((one) => one.textContent);
  expect(dividers).toEqual(["What if: the read is interrupted", "What if: the read is interrupted"]);
  expect(words(player, ".runs")).toContain("Up to step 2 it is the same run (=).");
  expect(words(player, ".lanes")).toContain("Timer");
});

test("the address opens a branch", async () => {
  history.replaceState(null, "", "#trace=small+eintr&step=4");
  const player = await shown(TRACE, "en", ...BRANCHES);
  expect([count(player), words(player, ".now p")]).toEqual(["4 / 4", "Another thread."]);
});

test("a broken branch is a broken record", async () => {
  const player = await shown(TRACE, "zh", { ...BRANCHES[0], fork: 9 });
  expect(words(player, "[role=alert]")).toContain("这份录像放不了");
});

test("phases say their steps, and lead to the section of that name", async () => {
  const player = await shown();
  document.body.insertAdjacentHTML("beforeend", `<h3 id="request">R</h3><div id="answer"></div>`);
  await press(player, "ArrowRight");
  const heads = [...player.renderRoot.querySelectorAll(".tree .phase")];
  expect(heads.map((head) => head.textContent!.trim())).toEqual(["Request: steps 1–3", "Answer: steps 4–6"]);
  expect(heads.map((head) => head.querySelector("a")?.getAttribute("href"))).toEqual(["#request", undefined]);
});

test("a section may write a phase's name as one word", async () => {
  const player = await shown(first({ slug: "hand-over" }));
  document.body.insertAdjacentHTML("beforeend", `<h3 id="handover">H</h3>`);
  await press(player, "ArrowRight");
  expect(find(player, ".phase a").getAttribute("href")).toBe("#handover");
});

test("a function that the page shows has a way to its code", async () => {
  const player = await shown();
  document.body.insertAdjacentHTML(
    "beforeend",
    `<pre id="code"></pre><p><a href="#trace=small&step=2" data-ran="Input::fill">2</a></p>`,
  );
  const seen = vi.fn();
  document.getElementById("code")!.scrollIntoView = seen;
  await press(player, "ArrowRight");
  expect(player.renderRoot.querySelectorAll(".piece")).toHaveLength(2);
  expect(player.renderRoot.querySelectorAll('.piece[tabindex="0"]')).toHaveLength(1);
  find(player, '.piece[tabindex="0"]').click();
  expect(seen).toHaveBeenCalledOnce();
  expect(document.activeElement!.textContent).toBe("2");
});
