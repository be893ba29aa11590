// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import * as address from "../src/address.js";
import type { Value } from "../src/model.js";
import { bits, buffer, entries, printable, told } from "../src/values.js";
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

const parts = (value: Value) => buffer(value)!.blocks.map((block) => block.parts.map((part) => [part.is, part.size]));
const chain = (...nodes: Value[]): Value => ({ size: 6, malloced: 0, nodes });

test("a booked block is reserved, not readable", () => {
  expect(parts(chain({ room: 0, committed: 0 }, { room: 64, committed: 0, written: 64 }))).toEqual([[["written", 64]]]);
});

test("what was committed is readable, and the rest is free", () => {
  expect(parts(chain({ room: 64, committed: 6 }))).toEqual([[["readable", 6], ["free", 58]]]);
});

test("what was read is behind the cursor, in this block and in those before it", () => {
  expect(parts(chain({ room: 8, committed: 8 }, { room: 8, committed: 6, read: 4, written: 7 }))).toEqual([
    [["consumed", 8]],
    [["consumed", 4], ["readable", 2], ["written", 1], ["free", 1]],
  ]);
});

test("the size is what can be read, not what is reserved", () => {
  expect(buffer({ size: 3, malloced: 8, nodes: [] })).toEqual({ size: 3, blocks: [] });
});

test("bytes go to the parts that hold them", () => {
  const [block] = buffer(chain({ room: 8, committed: 6, read: 2, bytes: "hello\n" }))!.blocks;
  expect(block!.parts.map((part) => part.bytes)).toEqual(["he", "llo⏎", undefined]);
});

test.each<Value>(["held", 3, null, [], { unreadable: "no member" }])("%j is no buffer", (value) => {
  expect(buffer(value)).toBeUndefined();
});

test("the address names a step", () => {
  expect(address.read("#trace=echo&step=17")).toEqual({ trace: "echo", step: 17 });
  expect(address.read("#trace=half-packet")).toEqual({ trace: "half-packet", step: 1 });
  expect(address.read(address.write({ trace: "echo", step: 3 }))).toEqual({ trace: "echo", step: 3 });
  for (const other of ["", "#walk", "#trace=echo&step=", "#trace=echo&step=-1", "#trace=<b>"]) {
    expect(address.read(other)).toBeUndefined();
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
