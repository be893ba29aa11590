// SPDX-License-Identifier: Apache-2.0
//
// Where the scripts of the records put them; see tools/learn/site/record_files.py.

declare global {
  var recordings: Record<string, unknown> | undefined;
}

/** The run, and of each "what if" what it has of its own; undefined is one that did not come. */
export function recorded(record: string, whatIf: string): { run: unknown; branches: unknown[] } {
  const found = globalThis.recordings ?? {};
  const names = whatIf.split(" ").filter(Boolean);
  return { run: found[record], branches: names.map((name) => found[`${name}.branch`]) };
}
