// SPDX-License-Identifier: Apache-2.0
//
// Recorded values as a reader sees them: words, named bits. chain.ts has buffers.

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
