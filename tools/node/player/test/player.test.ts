// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TracePlayer } from "../src/player.js";
import { TRACE } from "./record.js";

async function shown(json: string, lang = "en"): Promise<TracePlayer> {
  document.body.innerHTML = "";
  const player = new TracePlayer();
  player.record = "small";
  player.lang = lang;
  player.innerHTML = `<script type="application/json"></script><p>the picture</p>`;
  player.querySelector("script")!.textContent = json;
  document.body.append(player);
  await player.updateComplete;
  return player;
}

const GOOD = JSON.stringify(TRACE);
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
  const player = await shown(GOOD);
  expect(count(player)).toBe("1 / 6");
  expect(words(player, "[aria-live]")).toBe("Step 1 of 6 Client → Poller thread The client sends.");
  expect(location.hash).toBe("");
});

test("keys move it and the address follows", async () => {
  const player = await shown(GOOD);
  for (const [key, n] of [["ArrowRight", 2], ["End", 6], ["ArrowLeft", 5], ["Home", 1]] as const) {
    await press(player, key);
    expect([count(player), location.hash]).toEqual([`${n} / 6`, `#trace=small&step=${n}`]);
  }
});

test("keys with a modifier are the browser's", async () => {
  const player = await shown(GOOD);
  await press(player, "ArrowRight", ".player", { altKey: true });
  expect(count(player)).toBe("1 / 6");
});

test("Space on a button is the button's, and the slider has its own arrows", async () => {
  const player = await shown(GOOD);
  await press(player, " ", ".icon");
  expect(player.playing).toBe(false);
  await press(player, "ArrowRight", "input");
  expect(count(player)).toBe("1 / 6");
});

test("the address at load opens its step; another record's does not", async () => {
  history.replaceState(null, "", "#trace=small&step=4");
  expect(count(await shown(GOOD))).toBe("4 / 6");
  history.replaceState(null, "", "#trace=other&step=4");
  expect(count(await shown(GOOD))).toBe("1 / 6");
});

test("the current line, row and call are marked, one of each", async () => {
  const player = await shown(GOOD);
  await press(player, "ArrowRight");
  for (const [what, text] of [[".line", "19int f() {"], [".row", "2 Input::fill()"], [".call", "2 Poller thread Input::fill()"]]) {
    expect(player.renderRoot.querySelectorAll(`${what}[aria-current]`)).toHaveLength(1);
    expect(words(player, `${what}[aria-current]`).replace("19 ", "19")).toBe(text);
  }
});

test("state says what changed", async () => {
  const player = await shown(GOOD);
  for (let n = 1; n < 4; n++) await press(player, "ArrowRight");
  const cards = [...player.renderRoot.querySelectorAll(".card[data-changed]")];
  expect(cards.map((card) => card.textContent!.replace(/\s+/g, " ").trim())).toEqual([
    "Lifecycle bits changed +held serves",
    "References changed 3 (was 2)",
  ]);
});

test("a buffer is blocks with bytes, and what could not be read is said", async () => {
  const player = await shown(GOOD);
  await press(player, "ArrowRight");
  await press(player, "ArrowRight");
  expect(words(player, ".block")).toBe("hi⏎ 3 free 5");
  await press(player, "End");
  expect(words(player, ".state")).toContain("could not be read in this recording");
  expect(words(player, ".state")).toContain("open changed yes");
});

test("a line of the tree leads to its step, and the keys go on from there", async () => {
  const player = await shown(GOOD);
  find(player, '.call[data-n="5"]').click();
  await player.updateComplete;
  expect(count(player)).toBe("5 / 6");
  expect(player.renderRoot.querySelectorAll('.call[tabindex="0"]')).toHaveLength(1);
  await press(player, "ArrowDown", ".call[aria-current]");
  expect(count(player)).toBe("6 / 6");
});

test("a function's steps are buttons", async () => {
  const player = await shown(GOOD);
  await press(player, "ArrowRight");
  const chips = [...player.renderRoot.querySelectorAll<HTMLElement>(".chip")];
  expect(chips.map((chip) => chip.textContent!.trim())).toEqual(["2", "6"]);
  chips[1]!.click();
  await player.updateComplete;
  expect(count(player)).toBe("6 / 6");
});

test("space plays to the end and stops there", async () => {
  const player = await shown(GOOD);
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
  for (const broken of ["", "{", GOOD.replace('"n":3', '"n":9')]) {
    const player = await shown(broken, lang);
    expect(words(player, "[role=alert]")).toContain(sentence);
    expect(player.renderRoot.querySelector("slot:not(.paper)")).not.toBeNull();
  }
});

test("markup in a record is text", async () => {
  const player = await shown(GOOD.replace("The client sends.", "<img src=x onerror=alert(1)>"));
  expect(player.renderRoot.querySelector("img")).toBeNull();
  expect(words(player, "[aria-live]")).toContain("<img src=x");
});
