// SPDX-License-Identifier: Apache-2.0
//
// What a script is to do: one JSON object on standard input.
//
// readFileSync(0) fails with EAGAIN when a package that was imported has touched
// process.stdin (then it does not block) and the object is not there yet.

export async function readJob() {
  const parts = [];
  for await (const part of process.stdin) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString("utf8"));
}
