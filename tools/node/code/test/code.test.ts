// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { start } from "../src/code.js";

const DATA = {
  words: { piece: "code", here: "on this page" }, pages: {},
  cards: { "#:a": ["int a()", "One."], "#:b": ["int b()", "Two."], "#:c": ["int c()", "Three."] },
};
const PIECE = '<div class="piece"><pre><code><i><a href=#:a>a</a>, <a href=#:b>b</a>\n</i><i>\n</i><i><a href=#:c>c</a>\n</i></code></pre></div>';

function page(cards: unknown = DATA) {
  document.body.innerHTML = `${PIECE}<p>prose</p>${PIECE}`;
  globalThis.codeCards = cards;
  start(document);
}
const one = (what: string) => document.querySelector<HTMLElement>(what)!;
const card = () => document.querySelector<HTMLElement>(".code-card");
const focused = () => document.activeElement?.textContent;

function press(key: string, on: Element = document.activeElement!) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  on.dispatchEvent(event);
  return event.defaultPrevented;
}

beforeEach(() => {
  vi.useFakeTimers();
  page();
});
afterEach(() => vi.useRealTimers());

test("a piece is one tab stop", () => {
  const stops = [...document.querySelectorAll<HTMLElement>("code, a")].filter((one) => one.tabIndex >= 0);
  expect(stops.map(({ tagName }) => tagName)).toEqual(["CODE", "CODE"]);
});

test("arrow keys move among the names, and the card comes along", () => {
  one("code").focus();
  expect(card()!.hidden).toBe(true);
  expect(press("ArrowDown")).toBe(false); // the page scrolls
  expect(press("ArrowRight")).toBe(true);
  expect(focused()).toBe("a");
  expect(card()!.textContent).toBe("int a()One.on this page");
  press("ArrowRight");
  expect(focused()).toBe("b");
  expect(card()!.textContent).toContain("Two.");
  press("ArrowDown");
  expect(focused()).toBe("c");
  press("ArrowUp");
  expect(focused()).toBe("a");
});

test("the card describes the link that has the focus, and no other", () => {
  one("code").focus();
  press("ArrowRight");
  press("ArrowRight");
  const described = [...document.querySelectorAll("[aria-describedby]")];
  expect(described.map((link) => link.textContent)).toEqual(["b"]);
  expect(one(`#${described[0]!.getAttribute("aria-describedby")}`).getAttribute("role")).toBe("tooltip");
});

test("Esc closes the card and leaves the focus", () => {
  one("code").focus();
  press("ArrowRight");
  press("Escape");
  expect(card()!.hidden).toBe(true);
  expect(focused()).toBe("a");
});

test("Enter is the link's own", () => {
  one("code").focus();
  press("ArrowRight");
  expect(press("Enter")).toBe(false);
});

test("a pointer that stays opens the card, one that leaves closes it", () => {
  const over = (what: string) => one("a").dispatchEvent(new PointerEvent(what, { bubbles: true }));
  over("pointerover");
  expect(card()!.hidden).toBe(true);
  vi.advanceTimersByTime(200);
  expect(card()!.hidden).toBe(false);
  over("pointerout");
  vi.advanceTimersByTime(200);
  expect(card()!.hidden).toBe(true);
});

test("with broken data the names are plain links", () => {
  page(null);
  expect(card()).toBeNull();
  expect(one("a").hasAttribute("tabindex")).toBe(false);
});
