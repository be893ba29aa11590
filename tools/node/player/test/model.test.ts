// SPDX-License-Identifier: Apache-2.0

import { expect, test } from "vitest";
import {
  along, callerOf, matches, moved, parse, pathTo, phases, stateAt, stepAt, stepsOf, switched, tones, type Branch, type Trace,
} from "../src/model.js";
import { BRANCHES, OTHER, TRACE } from "./record.js";

const at = (n: number) => moved({ trace: TRACE, index: 0 }, n);
const seen = (n: number, name: string) => stateAt(at(n)).find((one) => one.name === name)!;
const numbers = (steps: { n: number }[]) => steps.map(({ n }) => n);

test("a record is a run, and one for each branch", () => {
  expect(parse(TRACE)).toEqual([TRACE]);
  expect(parse(TRACE, BRANCHES).map(({ id }) => id)).toEqual(["small", "small+eintr", "small+reset"]);
});

test("a branch counts its own pieces on from those of the run", () => {
  const [, eintr, reset] = parse(TRACE, BRANCHES);
  expect(eintr!.sources.map(({ name }) => name)).toEqual(["Input::fill", "send", "again"]);
  expect(reset!.sources).toEqual(TRACE.sources);
});

test.each<[string, (trace: Trace) => unknown]>([
  ["no steps", (trace) => ({ ...trace, steps: [] })],
  ["a number left out", (trace) => ({ ...trace, steps: trace.steps.slice(1) })],
  ["a lane that is not there", (trace) => ({ ...trace, lanes: trace.lanes.slice(1) })],
  ["a target that is not there", (trace) => ({ ...trace, steps: [{ ...trace.steps[0]!, to: "moon" }] })],
  ["source that is not there", (trace) => ({ ...trace, sources: [] })],
  ["a list instead", () => []],
  ["a number of steps", () => ({ steps: 3 })],
  ["null", () => null],
  ["nothing", () => undefined],
])("a record with %s is none", (_, broken) => {
  expect(parse(broken(TRACE))).toEqual([]);
});

test.each<[string, (branch: Branch) => unknown]>([
  ["a fork behind its end", (branch) => ({ ...branch, fork: 8 })],
  ["a fork before its start", (branch) => ({ ...branch, fork: 0 })],
  ["a gap", (branch) => ({ ...branch, fork: 2 })],
  ["a lane that is not there", (branch) => ({ ...branch, lanes: TRACE.lanes })],
  ["a piece that is not there", ({ sources: _, ...branch }) => branch],
  ["nothing", () => undefined],
])("a record whose branch has %s is none", (_, broken) => {
  expect(parse(TRACE, [broken(BRANCHES[0]), BRANCHES[1]])).toEqual([]);
});

test("moves stay inside the record", () => {
  expect(stepAt(moved(at(3), "next")).n).toBe(4);
  expect(stepAt(moved(at(3), "previous")).n).toBe(2);
  expect(stepAt(moved(at(3), "first")).n).toBe(1);
  expect(stepAt(moved(at(3), "last")).n).toBe(6);
  expect(stepAt(moved(at(1), "previous")).n).toBe(1);
  expect(stepAt(moved(at(6), "next")).n).toBe(6);
  expect([0, -7, 4.9, 99, Number.NaN].map((n) => stepAt(at(n)).n)).toEqual([1, 1, 4, 6, 1]);
});

test("a move leaves the place it came from as it was", () => {
  const place = at(2);
  moved(place, "last");
  expect(place.index).toBe(1);
});

test("every step shows the same objects in the same order", () => {
  const names = ["life", "refs", "input", "epoll", "open"];
  for (let n = 1; n <= 6; n++) expect(stateAt(at(n)).map(({ name }) => name)).toEqual(names);
});

test("what was not recorded yet has no value, and nothing of it has changed", () => {
  expect(seen(1, "life")).toEqual({ name: "life", now: false, changed: false });
});

test("a value is what was recorded last, with the step that did", () => {
  expect(seen(3, "life")).toMatchObject({ value: "serves", at: 2, now: false, changed: false });
});

test("changed is another value than before, not another recording of it", () => {
  expect(seen(2, "refs")).toMatchObject({ value: 2, now: true, changed: true });
  expect(seen(3, "refs")).toMatchObject({ value: 2, before: 2, now: true, changed: false });
  expect(seen(4, "refs")).toMatchObject({ value: 3, before: 2, now: true, changed: true });
  expect(seen(5, "refs")).toMatchObject({ value: 3, at: 4, now: false, changed: false });
});

test("objects are compared by what is in them", () => {
  const step = (n: number, state: Trace["steps"][0]["state"]) => ({ ...TRACE.steps[0]!, n, state: state! });
  const states = [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, { a: [1] }];
  const trace = { ...TRACE, steps: states.map((state, i) => step(i + 1, { x: state })) };
  const changes = states.map((_, index) => stateAt({ trace, index })[0]!.changed);
  expect(changes).toEqual([true, false, true, true]);
});

test("the steps of a function; the client's are its own", () => {
  expect(numbers(stepsOf(TRACE, TRACE.steps[1]!))).toEqual([2, 6]);
  expect(numbers(stepsOf(TRACE, TRACE.steps[0]!))).toEqual([1]);
  expect(numbers(stepsOf(TRACE, TRACE.steps[4]!))).toEqual([5]);
});

test("the caller is the last step of that function before", () => {
  expect(callerOf(at(3))?.n).toBe(2);
  expect(callerOf(at(2))).toBeUndefined();
  expect(callerOf(at(6))).toBeUndefined();
});

test("phases cut the record where one begins", () => {
  const cut = phases(TRACE).map(({ name, slug, steps }) => [name, slug, numbers(steps)]);
  expect(cut).toEqual([["Request", "request", [1, 2, 3]], ["Answer", "", [4, 5, 6]]]);
});

test("a record without phases is one piece without a name", () => {
  const steps = TRACE.steps.map(({ phase: _, ...step }) => step);
  expect(phases({ ...TRACE, steps }).map(({ name, steps }) => [name, steps.length])).toEqual([["", 6]]);
});

test("the path to a step is its callers on the same lane", () => {
  expect(numbers(pathTo(at(3)))).toEqual([2]);
  expect(numbers(pathTo(at(5)))).toEqual([4]);
  expect(numbers(pathTo(at(6)))).toEqual([]);
  const lanes = ["poller", "worker", "poller"];
  const steps = lanes.map((lane, i) => ({ ...TRACE.steps[1]!, n: i + 1, lane, depth: i === 2 ? 1 : 0 }));
  expect(numbers(pathTo({ trace: { ...TRACE, steps }, index: 2 }))).toEqual([1]);
});

test("a branch is a run: the shared steps, then its own", () => {
  const [own, eintr, reset] = parse(TRACE, BRANCHES);
  expect([own!.id, own!.fork, own!.steps.length]).toEqual(["small", undefined, 6]);
  expect([eintr!.id, eintr!.fork, numbers(eintr!.steps)]).toEqual(["small+eintr", 3, [1, 2, 3, 4]]);
  expect(eintr!.steps.map(({ text }) => text)).toEqual(["The client sends.", "Fill.", "Interrupted.", "Another thread."]);
  expect([eintr!.lanes.length, reset!.lanes.length]).toEqual([4, 3]);
  expect(reset!.steps.slice(0, 5)).toEqual(TRACE.steps.slice(0, 5));
});

test("a branch that only ends earlier is a run too", () => {
  const early = { id: "early", title: "it ends", fork: 4, steps: [] };
  const [, run] = parse(TRACE, [early]);
  expect(numbers(run!.steps)).toEqual([1, 2, 3]);
  expect(stepAt(switched(at(2), run!)).n).toBe(3);
});

test("from run to run one comes to the step where they part", () => {
  const [own, eintr, reset] = parse(TRACE, BRANCHES);
  const to = switched(moved({ trace: own!, index: 0 }, 5), eintr!);
  expect([to.trace.id, stepAt(to).n]).toEqual(["small+eintr", 3]);
  expect(stepAt(switched(to, own!)).n).toBe(3);
  expect(stepAt(switched(to, reset!)).n).toBe(6);
});

test("the state of a branch is that of its own steps", () => {
  const run = parse(TRACE, BRANCHES)[1]!;
  expect(stateAt({ trace: run, index: 3 }).find(({ name }) => name === "input")).toBeUndefined();
  expect(stateAt({ trace: run, index: 3 }).find(({ name }) => name === "life")?.value).toBe("held serves");
});

const named = (...names: string[]): Trace => ({
  ...TRACE,
  steps: names.map((fn, i) => ({ ...TRACE.steps[1]!, fn, n: i + 1 })),
});

test.each([
  ["abc", "abc", [1, 2, 3]],
  ["abc", "xaybzc", [2, 4, 6]],
  ["axbyc", "abc", [1, 1, 2, 2, 3]], // what has no match stays where it was
  ["wfw", "wxfw", [1, 3, 4]], // the second w is the other's second
  ["fw", "wfw", [2, 3]], // not the w before
  ["ab", "cd", [1, 1]],
])("steps of %s match those of %s", (one, other, expected) => {
  const [run, partner] = [named(...one), named(...other)];
  expect(matches(run, partner).map((index) => index + 1)).toEqual(expected);
});

test("the other run goes along; the client's calls match the client's only", () => {
  const other = (n: number) => moved({ trace: OTHER, index: 0 }, n);
  const partner = (n: number) => stepAt(along(at(n), other(5))).n;
  expect([1, 2, 3, 4, 5, 6].map(partner)).toEqual([1, 1, 1, 2, 3, 4]);
  expect(stepAt(along(other(5), at(1))).n).toBe(6);
  expect(along(at(4), other(1)).trace).toBe(OTHER);
});

test("a thread has the same colour in every record, and no two have one", () => {
  const of = (...ids: string[]) => [...tones(ids.map((id) => ({ id, name: id }))).values()];
  expect(of("peer", "main", "poller", "worker")).toEqual([0, 1, 2, 3]);
  expect(of("peer", "poller")).toEqual([0, 2]);
  expect(of("outside", "poller", "slow_worker", "worker2")).toEqual([0, 2, 1, 3]);
  expect(of("clients", "poller1", "poller0")).toEqual([0, 1, 2]);
  expect(of("a", "b", "c", "d", "e")).toEqual([0, 1, 2, 3, 0]);
});
