// SPDX-License-Identifier: Apache-2.0
//
// A small record: two threads and a client, all kinds of state; and what if its
// third step fails, or its last one.

import type { Branch, Trace, Value } from "../src/model.js";

const buffer = (size: number, node: Value) => ({ size, malloced: 0, nodes: [node] });

export const TRACE: Trace = {
  id: "small",
  title: "A small run",
  lanes: [
    { id: "peer", name: "Client" },
    { id: "poller", name: "Poller thread" },
    { id: "worker", name: "Worker thread" },
  ],
  sources: [
    { name: "Input::fill", file: "src/input.cpp", start: 19, lines: [["k", "int", "", " f() {"], ["", "  recv();"], ["", "}"]] },
    { name: "send", file: "echo.toml", start: 3, lines: [["", "[[peer]]"]] },
  ],
  steps: [
    { n: 1, lane: "peer", kind: "message", fn: "send", label: 'send("hi\\n")', line: 3, source: 1, text: "The client sends.", to: "poller", phase: "Request", slug: "request" },
    { n: 2, lane: "poller", kind: "call", fn: "Input::fill", label: "Input::fill()", line: 19, source: 0, text: "Fill.", depth: 0, from: { fn: "Poller::turn", place: "src/poller.cpp:7" }, state: { life: "serves", refs: 2 } },
    { n: 3, lane: "poller", kind: "syscall", fn: "recv", label: "recv(conn) → 3", line: 20, source: 0, text: "Read.", depth: 1, from: { fn: "Input::fill", place: "src/input.cpp:20" }, state: { refs: 2, input: buffer(3, { room: 8, committed: 3, block: true, bytes: "hi\n" }) } },
    { n: 4, lane: "worker", kind: "call", fn: "on_request", label: "on_request()", line: 21, source: 0, text: "Handle.", depth: 0, phase: "Answer", state: { life: "held serves", refs: 3 } },
    { n: 5, lane: "worker", kind: "syscall", fn: "send", label: "send(conn, 3) → 3", line: 21, source: 0, text: "Send.", depth: 1, to: "peer", from: { fn: "on_request", place: "src/main.cpp:9" }, state: { life: "serves", epoll: { conn: "none", listener: "IN" } } },
    { n: 6, lane: "poller", kind: "call", fn: "Input::fill", label: "Input::fill()", line: 19, source: 0, text: "Again.", depth: 0, state: { input: { unreadable: "no member" }, open: true } },
  ],
};

/** Its two branches. One has a lane and a piece of source more; the other ends early. */
export const BRANCHES: [Branch, Branch] = [
  {
    id: "small+eintr",
    title: "the read is interrupted",
    fork: 3,
    lanes: [...TRACE.lanes, { id: "timer", name: "Timer" }],
    sources: [{ name: "again", file: "src/timer.cpp", start: 40, lines: [["", "again();"]] }],
    steps: [
      { ...TRACE.steps[2]!, label: "recv(conn) → EINTR", text: "Interrupted.", state: { refs: 2 } },
      { ...TRACE.steps[3]!, lane: "timer", text: "Another thread.", line: 40, source: 2 },
    ],
  },
  { id: "small+reset", title: "the client is gone", fork: 6, steps: [{ ...TRACE.steps[5]!, text: "Gone." }] },
];

/** What the scripts of these records put into the page. */
export function put(run: unknown, ...branches: Branch[]): void {
  const own = branches.map((branch) => [`${branch.id}.branch`, branch]);
  globalThis.recordings = { small: run, other: OTHER, ...Object.fromEntries(own) };
}

/** Another run; its phase "Answer" is longer. */
export const OTHER: Trace = {
  ...TRACE,
  id: "other",
  title: "Another run",
  steps: [3, 4, 5, 6, 6].map((n, i) => {
    const { phase: _, ...step } = TRACE.steps[n - 1]!;
    return { ...step, n: i + 1, text: `Other ${i + 1}.`, ...(n === 4 && { phase: "Answer" }) };
  }),
};
