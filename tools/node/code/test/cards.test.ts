// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { moved, parse, shown, type Cards } from "../src/cards.js";

const DATA: Cards = {
  words: { guards: "guards", here: "on this page", source: "in the source browser" },
  pages: { "07-poller.html": "7 · The poller" },
  cards: {
    "#:run": ["void run()", "Makes turns."],
    "07-poller.html#:mutex_": ["Mutex mutex_", "", "guards", "a_, b_"],
    "#:Mark": ["struct Mark", "The state."],
    "#:Mark bits": ["Bits bits", ""],
    "source/a.h.html#L3": ["int a", "One."],
  },
};

test("whole data are taken as they are", () => {
  expect(parse(DATA)).toEqual(DATA);
});

test.each([undefined, "{", [], null, { words: {}, pages: {}, cards: { a: ["b"] } },
  { words: {}, pages: { a: 1 }, cards: {} }, { words: {}, cards: {} }])("%j is no data", (told) => {
  expect(parse(told)).toBeUndefined();
});

test("a card is told by the address, and by the word where two names share one", () => {
  expect(shown(DATA, "#:run", "run")?.declaration).toBe("void run()");
  expect(shown(DATA, "#:Mark", "Mark")?.declaration).toBe("struct Mark");
  expect(shown(DATA, "#:Mark", "bits")?.declaration).toBe("Bits bits");
  expect(shown(DATA, "#:none", "none")).toBeUndefined();
});

test("a card says what is guarded, and where the name is explained", () => {
  expect(shown(DATA, "07-poller.html#:mutex_", "mutex_")).toEqual(
    { declaration: "Mutex mutex_", sentence: "", more: "guards: a_, b_", where: "7 · The poller" });
  expect(shown(DATA, "#:run", "run")?.where).toBe("on this page");
  expect(shown(DATA, "source/a.h.html#L3", "a")?.where).toBe("in the source browser");
});

test("keys move among the names of a piece, and stay inside", () => {
  const lines = [0, 0, 2, 5, 5];
  expect(moved(lines, -1, "next")).toBe(0);
  expect([0, 3, 4].map((at) => moved(lines, at, "next"))).toEqual([1, 4, 4]);
  expect([0, 1, 4].map((at) => moved(lines, at, "previous"))).toEqual([0, 0, 3]);
  expect([0, 1, 2, 4].map((at) => moved(lines, at, "down"))).toEqual([2, 2, 3, 4]);
  expect([4, 3, 2, 1].map((at) => moved(lines, at, "up"))).toEqual([2, 2, 0, 1]);
  expect([moved(lines, 2, "first"), moved(lines, 2, "last")]).toEqual([0, 4]);
});
