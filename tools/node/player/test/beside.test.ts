// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom

import { beforeEach, expect, test } from "vitest";
import "../src/beside.js";
import type { TraceBeside } from "../src/beside.js";
import type { TracePlayer } from "../src/player.js";
import { BRANCHES, put, TRACE } from "./record.js";

const player = (record: string, mark = "paired", whatIf = "") =>
  `<trace-player record="${record}" lang="en" what-if="${whatIf}" ${mark}></trace-player>`;

async function shown(inside: string, before = ""): Promise<TraceBeside> {
  const page = document.createElement("div"); // this DOM connects an element before its children
  page.innerHTML = `${before}<trace-beside lang="en">${inside}</trace-beside>`;
  document.body.replaceChildren(page);
  const pair = document.querySelector<TraceBeside>("trace-beside")!;
  await settled(pair);
  return pair;
}

async function settled(pair: TraceBeside): Promise<void> {
  await pair.updateComplete;
  for (const one of pair.querySelectorAll<TracePlayer>("trace-player")) await one.updateComplete;
}

const steps = (pair: TraceBeside) =>
  [...pair.querySelectorAll<TracePlayer>("trace-player")].map((one) => one.place && one.place.index + 1);

async function press(pair: TraceBeside, which: number, key: string) {
  const stage = pair.querySelectorAll<TracePlayer>("trace-player")[which]!.renderRoot.querySelector(".player")!;
  stage.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
  await settled(pair);
}

const PAIR = player("small") + player("other");

// This DOM tells of a new hash after replaceState too; browsers do not.
addEventListener("hashchange", (event) => event.stopImmediatePropagation(), true);
beforeEach(() => {
  history.replaceState(null, "", "#");
  put(TRACE, ...BRANCHES);
});

test("each is stepped by itself, and the address has both", async () => {
  const pair = await shown(PAIR);
  await press(pair, 0, "ArrowRight");
  await press(pair, 1, "End");
  expect([steps(pair), location.hash]).toEqual([[2, 5], "#trace=small&step=2&trace=other&step=5"]);
});

test("together the other goes along, whichever is stepped", async () => {
  const pair = await shown(PAIR);
  const button = pair.renderRoot.querySelector("button")!;
  button.click();
  await settled(pair);
  expect(button.getAttribute("aria-pressed")).toBe("true");
  await press(pair, 0, "End");
  expect([steps(pair), location.hash]).toEqual([[6, 4], "#trace=small&step=6&trace=other&step=4"]);
  await press(pair, 1, "ArrowLeft");
  expect(steps(pair)).toEqual([5, 3]);
  button.click();
  await press(pair, 0, "Home");
  expect(steps(pair)).toEqual([1, 3]);
});

test("the address opens both", async () => {
  history.replaceState(null, "", "#trace=small&step=4&trace=other&step=3");
  expect(steps(await shown(PAIR))).toEqual([4, 3]);
});

test("an address of one step opens it here only when nothing else on the page shows it", async () => {
  history.replaceState(null, "", "#trace=small&step=4");
  expect(steps(await shown(PAIR))).toEqual([4, 1]);
  const pair = await shown(PAIR, player("small", ""));
  expect(steps(pair)).toEqual([1, 1]);
  expect(document.querySelector<TracePlayer>("trace-player")!.place!.index).toBe(3);
});

test("what the page shows by itself has the same branches here", async () => {
  const pair = await shown(PAIR, player("small", "", BRANCHES.map(({ id }) => id).join(" ")));
  await press(pair, 0, "w");
  expect([steps(pair), location.hash]).toEqual([[3, 1], "#trace=small+eintr&step=3&trace=other&step=1"]);
});

test("each says which run it is", async () => {
  const pair = await shown(PAIR);
  const titles = [...pair.querySelectorAll<TracePlayer>("trace-player")].map(
    (one) => one.renderRoot.querySelector(".run")!.textContent,
  );
  expect(titles).toEqual(["A small run", "Another run"]);
});
