// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import { chain, cursors, pairs, parts } from "../src/chain.js";
import type { Value } from "../src/model.js";

const of = (...nodes: Value[]): Value => ({ size: 6, malloced: 0, nodes });
const nodes = (...given: Value[]) => chain(of(...given))!.nodes;
const sizes = (...given: Value[]) => nodes(...given).map((node) => parts(node).map(({ is, size }) => [is, size]));
const SENTINEL = { room: 0, committed: 0, block: false };

test("a booked block is reserved, not readable", () => {
  expect(sizes(SENTINEL, { room: 64, committed: 0, written: 64 })).toEqual([[], [["written", 64]]]);
});

test("what was committed is readable, and the rest is free", () => {
  expect(sizes({ room: 64, committed: 6 })).toEqual([[["readable", 6], ["free", 58]]]);
});

test("what was read is behind the cursor, in this block and in those before it", () => {
  expect(sizes({ room: 8, committed: 8 }, { room: 8, committed: 6, read: 4, written: 7 })).toEqual([
    [["consumed", 8]],
    [["consumed", 4], ["readable", 2], ["written", 1], ["free", 1]],
  ]);
});

test("sizes are those of the whole buffer", () => {
  expect(chain({ size: 3, malloced: 8, nodes: [] })).toEqual({ size: 3, booked: 8, nodes: [] });
});

test("bytes go to the parts that hold them", () => {
  const [node] = nodes({ room: 8, committed: 6, read: 2, bytes: "hello\n" });
  expect(parts(node!).map((part) => part.bytes)).toEqual(["he", "llo⏎", undefined]);
});

test.each<Value>(["held", 3, null, [], { unreadable: "no member" }])("%j is no buffer", (value) => {
  expect(chain(value)).toBeUndefined();
});

test("cursors at one place stand together, each at the edge of a part", () => {
  const at = (given: Value) => cursors(nodes(given)[0]!).map(({ names, at, edge }) => [names.join(), at, edge]);
  expect(at({ room: 8, committed: 6, read: 6 })).toEqual([["read,committed", 6, 1]]);
  expect(at({ room: 8, committed: 6, read: 2, written: 8 })).toEqual([["read", 2, 1], ["committed", 6, 2], ["booked", 8, 3]]);
  expect(at({ room: 8, committed: 0, written: 8 })).toEqual([["committed", 0, 0], ["booked", 8, 1]]);
  expect(at({ room: 8, committed: 3, read: 6 })).toEqual([["read,committed", 3, 1]]);
});

test("a cursor says where it stood when it has moved, and only then", () => {
  const [before, now] = [nodes({ room: 8, committed: 2, read: 1 })[0]!, nodes({ room: 8, committed: 6, read: 1 })[0]!];
  expect(cursors(now, before).map(({ before }) => before)).toEqual([undefined, 2]);
  expect(cursors(now).map(({ before }) => before)).toEqual([undefined, undefined]);
});

const held = (room: number, committed: number) => ({ room, committed, block: true });

test.each<[string, Value[], Value[], (number | undefined)[]]>([
  ["the same nodes", [SENTINEL, held(8, 2)], [SENTINEL, held(8, 6)], [0, 1]],
  ["one more at the tail", [SENTINEL, held(8, 8)], [SENTINEL, held(8, 8), held(4, 0)], [0, 1, undefined]],
  ["one less at the head", [held(8, 8), held(4, 1)], [held(4, 3)], [1]],
  ["memory given back", [SENTINEL, held(8, 6)], [{ room: 0, committed: 6, block: false, read: 6 }], [1]],
  ["another chain", [held(8, 8)], [held(16, 0)], [undefined]],
  ["none before", [], [held(8, 1)], [undefined]],
])("nodes are followed: %s", (_, before, now, expected) => {
  const old = nodes(...before);
  const found = pairs(nodes(...now), old).map((node) => (node ? old.indexOf(node) : undefined));
  expect(found).toEqual(expected);
});
