// SPDX-License-Identifier: Apache-2.0
//
// A recorded LinkBuffer: its nodes, how they follow from those recorded before, and
// the parts and cursors of each.

import type { Value } from "./model.js";
import { printable, record } from "./values.js";

/** Where committing and writing stand in one node's room; `read` where reading is. */
export interface Node {
  room: number;
  committed: number;
  written: number;
  passed: number; // what was read of it
  holds: boolean; // false: its memory is given back, or it never had any
  read?: number;
  refs?: number;
  bytes?: string;
}

export interface Chain {
  size: number; // bytes that can be read
  booked: number; // bytes that are reserved, and not committed
  nodes: Node[];
}

export interface Part {
  is: "consumed" | "readable" | "written" | "free";
  size: number;
  bytes?: string;
}

/** A cursor, or several at one place; `edge` 0 is before the first part. */
export interface Cut {
  names: ("read" | "committed" | "booked")[];
  at: number;
  edge: number;
  before?: number; // where it stood, when it has moved
}

/** The state of a LinkBuffer as the recorder writes it; undefined when it is something else. */
export function chain(value: Value | undefined): Chain | undefined {
  const given = record(value);
  if (!given || !Array.isArray(given["nodes"])) return undefined;
  const found = given["nodes"].map((node) => record(node) ?? {});
  const reading = found.findIndex((node) => "read" in node);
  const nodes = found.map((one, i) => node(one, i < reading));
  return { size: number(given["size"]), booked: number(given["malloced"]), nodes };
}

function node(given: Record<string, Value>, isPassed: boolean): Node {
  const committed = number(given["committed"]);
  const written = Math.max(number(given["written"]), committed);
  const read = "read" in given ? Math.min(number(given["read"]), committed) : undefined;
  const bytes = given["bytes"];
  return {
    committed,
    written,
    room: Math.max(number(given["room"]), written),
    passed: isPassed ? committed : (read ?? 0),
    holds: given["block"] !== false,
    ...(read !== undefined && { read }),
    ...(typeof given["refs"] === "number" && { refs: given["refs"] }),
    ...(typeof bytes === "string" && { bytes }),
  };
}

/** From left to right, none empty. */
export function parts({ passed, committed, written, room, bytes }: Node): Part[] {
  const cuts: [Part["is"], number, number][] = [
    ["consumed", 0, passed],
    ["readable", passed, committed],
    ["written", committed, written],
    ["free", written, room],
  ];
  return cuts
    .filter(([, from, to]) => to > from)
    .map(([is, from, to]): Part => {
      const part: Part = { is, size: to - from };
      const shown = is === "free" ? undefined : bytes?.slice(from, to);
      return shown ? { ...part, bytes: printable(shown) } : part;
    });
}

/** The cursors of a node, from left to right; each place once. */
export function cursors(now: Node, before?: Node): Cut[] {
  const edges = parts(now).reduce((all, { size }) => [...all, all.at(-1)! + size], [0]);
  const wanted: [Cut["names"][0], number | undefined, number | undefined][] = [
    ["read", now.read, before && (before.read ?? before.passed)],
    ["committed", now.committed, before?.committed],
    ["booked", now.written > now.committed ? now.written : undefined, before?.written],
  ];
  const cuts: Cut[] = [];
  for (const [name, at, old] of wanted) {
    if (at === undefined) continue;
    const last = cuts.at(-1);
    const cut = last?.at === at ? last : { names: [], at, edge: edges.indexOf(at) };
    cut.names.push(name);
    if (old !== undefined && old !== at) cut.before = old;
    if (cut !== last) cuts.push(cut);
  }
  return cuts;
}

/** Of each node now the one that it was before. Nodes leave at the head and come at the tail. */
export function pairs(now: Node[], before: Node[]): (Node | undefined)[] {
  const gone = before.findIndex((_, i) => {
    const rest = before.slice(i);
    return rest.length <= now.length && rest.every((node, k) => follows(node, now[k]!));
  });
  return now.map((_, i) => (gone < 0 ? undefined : before[gone + i]));
}

function follows(before: Node, now: Node): boolean {
  if (!now.holds) return before.holds || before.committed === now.committed;
  return before.holds && before.room === now.room && before.committed <= now.committed;
}

function number(value: Value | undefined): number {
  return typeof value === "number" ? value : 0;
}
