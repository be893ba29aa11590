// SPDX-License-Identifier: Apache-2.0
//
// Recorded values as a reader sees them: words, named bits, blocks of a buffer.

import type { Value } from "./model.js";
import type { Words } from "./words.js";

/** A plain value in words. */
export function told(value: Value | undefined, words: Words): string {
  if (value === undefined || value === null || value === "none" || value === "") return words.none;
  if (typeof value === "boolean") return value ? words.yes : words.no;
  if (Array.isArray(value)) return value.map((item) => told(item, words)).join(", ") || words.none;
  if (typeof value === "object") {
    const parts = Object.entries(value).map(([name, item]) => `${name}: ${told(item, words)}`);
    return parts.join(", ") || words.none;
  }
  return printable(String(value));
}

/** Bytes as characters: a line feed is ⏎, what has no picture is ·. */
export function printable(bytes: string): string {
  return bytes.replace(/\r?\n/g, "⏎").replace(/[\u0000-\u001f\u007f-\u009f]/g, "·");
}

export interface Bit {
  name: string;
  is: "kept" | "set" | "cleared";
}

/** `held news` after `held`: which bits stayed, came and went. */
export function bits(value: string, before: string | undefined): Bit[] {
  const now = named(value);
  const then = before === undefined ? now : named(before);
  return [
    ...now.map((name): Bit => ({ name, is: then.includes(name) ? "kept" : "set" })),
    ...then.filter((name) => !now.includes(name)).map((name): Bit => ({ name, is: "cleared" })),
  ];
}

function named(value: string): string[] {
  return value.split(" ").filter((name) => name !== "" && name !== "none");
}

export interface Entry {
  name: string;
  value?: Value; // undefined: it is gone
  before?: Value; // when it was another
  is: "kept" | "set" | "cleared";
}

/** A set of named values, such as what epoll watches, beside what it was before. */
export function entries(value: Value, before: Value | undefined): Entry[] {
  const now = record(value) ?? {};
  const then = before === undefined ? now : (record(before) ?? {});
  const found = Object.entries(now).map(([name, item]): Entry => {
    if (then[name] === item) return { name, value: item, is: "kept" };
    return name in then
      ? { name, value: item, before: then[name]!, is: "set" }
      : { name, value: item, is: "set" };
  });
  const gone = Object.keys(then).filter((name) => !(name in now));
  return [...found, ...gone.map((name): Entry => ({ name, is: "cleared" }))];
}

export function record(value: Value | undefined): Record<string, Value> | undefined {
  const is = typeof value === "object" && value !== null && !Array.isArray(value);
  return is ? (value as Record<string, Value>) : undefined;
}

export interface Part {
  is: "consumed" | "readable" | "written" | "free";
  size: number;
  bytes?: string;
}

/** One block of a LinkBuffer: where reading, committing and writing stand in its room. */
export interface Block {
  read: number;
  committed: number;
  written: number;
  room: number;
  parts: Part[]; // from left to right, none empty
}

export interface Buffer {
  size: number; // bytes that can be read
  blocks: Block[]; // those that have room
}

/** The state of a LinkBuffer as the recorder writes it; undefined when it is something else. */
export function buffer(value: Value | undefined): Buffer | undefined {
  const given = record(value);
  if (!given || !Array.isArray(given["nodes"])) return undefined;
  const nodes = given["nodes"].map(record);
  const reading = nodes.findIndex((node) => node !== undefined && "read" in node);
  const blocks = nodes.map((node, i) => block(node ?? {}, i < reading));
  return { size: number(given["size"]), blocks: blocks.filter((found) => found.room > 0) };
}

function block(node: Record<string, Value>, passed: boolean): Block {
  const committed = number(node["committed"]);
  const written = Math.max(number(node["written"]), committed);
  const room = Math.max(number(node["room"]), written);
  const read = passed ? committed : Math.min(number(node["read"]), committed);
  const bytes = typeof node["bytes"] === "string" ? node["bytes"] : undefined;
  const cuts: [Part["is"], number, number][] = [
    ["consumed", 0, read],
    ["readable", read, committed],
    ["written", committed, written],
    ["free", written, room],
  ];
  const parts = cuts
    .filter(([, from, to]) => to > from)
    .map(([is, from, to]): Part => {
      const part: Part = { is, size: to - from };
      const shown = is === "free" ? undefined : bytes?.slice(from, to);
      return shown ? { ...part, bytes: printable(shown) } : part;
    });
  return { read, committed, written, room, parts };
}

function number(value: Value | undefined): number {
  return typeof value === "number" ? value : 0;
}
