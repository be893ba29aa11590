// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import * as address from "../src/address.js";
import type { Value } from "../src/model.js";
import { bits, entries, printable, told } from "../src/values.js";
import { wordsFor } from "../src/words.js";

const [en, zh] = [wordsFor("en"), wordsFor("zh-CN")];

test.each<[Value | undefined, string, string]>([
  [null, "none", "无"],
  [undefined, "none", "无"],
  ["none", "none", "无"],
  [[], "none", "无"],
  [{}, "none", "无"],
  [true, "yes", "是"],
  [false, "no", "否"],
  [0, "0", "0"],
  [["a", false], "a, no", "a, 否"],
  [{ fd: null, open: true }, "fd: none, open: yes", "fd: 无, open: 是"],
])("%j is said in words", (value, english, chinese) => {
  expect(told(value, en)).toBe(english);
  expect(told(value, zh)).toBe(chinese);
});

test("bytes are printable", () => {
  expect(printable("hello\n\r\n\u0000\u007fé中")).toBe("hello⏎⏎··é中");
});

test("bits that came and went are told apart", () => {
  expect(bits("held news", "serves held")).toEqual([
    { name: "held", is: "kept" },
    { name: "news", is: "set" },
    { name: "serves", is: "cleared" },
  ]);
  expect(bits("none", "held")).toEqual([{ name: "held", is: "cleared" }]);
  expect(bits("held", undefined)).toEqual([{ name: "held", is: "kept" }]);
});

test("what joined, changed and left a set", () => {
  const found = entries({ conn: "none", waker: "IN" }, { conn: "IN", listener: "IN" });
  expect(found).toEqual([
    { name: "conn", value: "none", before: "IN", is: "set" },
    { name: "waker", value: "IN", is: "set" },
    { name: "listener", is: "cleared" },
  ]);
  expect(entries({ conn: "IN" }, undefined)).toEqual([{ name: "conn", value: "IN", is: "kept" }]);
});

test("the address names a step, of each run one", () => {
  expect(address.read("#trace=echo&step=17")).toEqual([{ trace: "echo", step: 17 }]);
  expect(address.read("#trace=echo+eintr&step=18")).toEqual([{ trace: "echo+eintr", step: 18 }]);
  expect(address.read("#trace=half-packet")).toEqual([{ trace: "half-packet", step: 1 }]);
  const two = [{ trace: "inline", step: 4 }, { trace: "echo", step: 17 }];
  expect(address.write(...two)).toBe("#trace=inline&step=4&trace=echo&step=17");
  expect(address.read(address.write(...two))).toEqual(two);
  for (const other of ["", "#walk", "#trace=echo&step=", "#trace=echo&step=-1", "#trace=<b>", "#trace=a&x=1"]) {
    expect(address.read(other)).toEqual([]);
  }
});

test("both languages say everything", () => {
  const all = (words: object): [string, unknown][] =>
    Object.entries(words).flatMap(([key, item]) => (typeof item === "object" ? all(item) : [[key, item]]));
  expect(all(en).map(([key]) => key)).toEqual(all(zh).map(([key]) => key));
  for (const [, words] of [...all(en), ...all(zh)]) {
    expect(typeof words === "function" ? words(1, 2, 3, 4) : words).not.toBe("");
  }
});
