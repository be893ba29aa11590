// SPDX-License-Identifier: Apache-2.0
//
// A record and a place in it. Nothing here knows of a page: two records side by
// side, or a run beside its "what if", are two Places.

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

export interface Lane {
  id: string;
  name: string;
}

export interface Source {
  name: string;
  file: string;
  start: number; // the line number of the first of `lines`
  lines: string[][]; // colour, text, colour, text …
}

export interface Step {
  n: number; // from 1, as the reader counts
  lane: string;
  kind: "call" | "return" | "syscall" | "message";
  fn: string;
  label: string; // the call as the reader sees it: recv(conn, 8192) → 6
  line: number;
  source: number; // which of the record's sources
  text: string;
  depth?: number;
  to?: string; // the lane that a message or a task goes to
  phase?: string; // this step begins it
  slug?: string; // of the phase: the id of the section which tells of it
  from?: { fn: string; place: string };
  state?: Record<string, Value>;
}

export interface Trace {
  id: string;
  title: string;
  lanes: Lane[];
  sources: Source[];
  steps: Step[];
  fork?: number; // of a branch: its first step that is not the other run's
}

/** The same run with something else happening: only its steps from the fork on. */
export interface Branch {
  id: string;
  title: string;
  fork: number;
  steps: Step[];
  lanes?: Lane[]; // when they are not those of the run that it leaves
  sources?: Source[]; // that the run has not, counted on from its own
}

export interface Place {
  readonly trace: Trace;
  readonly index: number; // from 0
}

export type Move = "first" | "previous" | "next" | "last" | number; // a number is a step's n

/** The run itself, then each branch as a run of its own; nothing when one of them is no
    record, or refers to what it does not hold. */
export function parse(run: unknown, branches: readonly unknown[] = []): Trace[] {
  try {
    const trace = run as Trace;
    const all = [trace, ...branches.map((branch) => grown(trace, branch as Branch))];
    return all.every(whole) ? all : [];
  } catch {
    return [];
  }
}

function grown(trace: Trace, branch: Branch): Trace {
  const { lanes, sources, steps } = trace;
  return {
    lanes,
    ...branch,
    sources: [...sources, ...(branch.sources ?? [])],
    steps: [...steps.slice(0, branch.fork - 1), ...branch.steps],
  };
}

function whole({ lanes, sources, steps, fork = 1 }: Trace): boolean {
  const known = new Set(lanes.map((lane) => lane.id));
  const fits = (step: Step, i: number) =>
    step.n === i + 1 &&
    known.has(step.lane) &&
    (step.to === undefined || known.has(step.to)) &&
    Array.isArray(sources[step.source]?.lines);
  return fork >= 1 && fork <= steps.length + 1 && steps.length > 0 && steps.every(fits);
}

/** From one run to another: to the step at which the two part. */
export function switched({ trace }: Place, to: Trace): Place {
  return moved({ trace: to, index: 0 }, to.fork ?? trace.fork ?? 1);
}

// What a thread is called in most records: it has the same colour in each of them.
const USUAL: Record<string, number> = { peer: 0, outside: 0, main: 1, poller: 2, worker: 3 };

/** A colour for each lane, from 0 to 3; as long as there are enough, each its own. */
export function tones(lanes: Lane[]): Map<string, number> {
  const usual = lanes.flatMap(({ id }) => USUAL[id] ?? []);
  const free = [0, 1, 2, 3].filter((tone) => !usual.includes(tone));
  return new Map(lanes.map(({ id }, i) => [id, USUAL[id] ?? free.shift() ?? i % 4]));
}

/** The place after a move; one that would leave the record stays at its end. */
export function moved(place: Place, move: Move): Place {
  const last = place.trace.steps.length - 1;
  const wanted = {
    first: 0,
    previous: place.index - 1,
    next: place.index + 1,
    last,
  };
  const index = typeof move === "number" ? Math.trunc(move) - 1 : wanted[move];
  return { trace: place.trace, index: Number.isNaN(index) ? 0 : Math.min(Math.max(index, 0), last) };
}

export function stepAt(place: Place): Step {
  return place.trace.steps[place.index]!;
}

export interface Seen {
  name: string;
  value?: Value; // undefined: not yet recorded
  before?: Value; // what it was when it was recorded the time before
  at?: number; // the step that recorded it last
  now: boolean; // the current step recorded it
  changed: boolean; // the current step recorded another value than before
}

/** What was last recorded of each object; the same names, in the same order, at every step. */
export function stateAt({ trace, index }: Place): Seen[] {
  const seen = new Map<string, Seen>();
  trace.steps.forEach((step, i) => {
    for (const [name, value] of Object.entries(step.state ?? {})) {
      const old = seen.get(name) ?? { name, now: false, changed: false };
      if (i > index) {
        seen.set(name, old);
        continue;
      }
      const now = i === index;
      const changed = now && !same(value, old.value);
      const fresh: Seen = { name, value, at: step.n, now, changed };
      if (old.value !== undefined) fresh.before = old.value;
      seen.set(name, fresh);
    }
  });
  return [...seen.values()];
}

function same(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [one, two] = [Object.entries(a), Object.entries(b)];
  return one.length === two.length && one.every(([key, item]) => same(item, (b as never)[key]));
}

/** The steps in which a step's function runs. */
export function stepsOf(trace: Trace, wanted: Step): Step[] {
  return trace.steps.filter((step) => isSame(step, wanted));
}

/** The step that called the current one, when the caller has a step of its own. */
export function callerOf({ trace, index }: Place): Step | undefined {
  const caller = trace.steps[index]?.from?.fn;
  return trace.steps.slice(0, index).findLast((step) => step.fn === caller);
}

export interface Phase {
  name: string; // "" before the first phase, and of a record that has none
  slug: string;
  steps: Step[];
}

/** The steps in order, cut where a phase begins. */
export function phases(trace: Trace): Phase[] {
  const found: Phase[] = [];
  for (const step of trace.steps) {
    if (step.phase !== undefined || found.length === 0) {
      found.push({ name: step.phase ?? "", slug: step.slug ?? "", steps: [] });
    }
    found.at(-1)!.steps.push(step);
  }
  return found;
}

/** The steps that the current one lies in, outermost first: its callers on its own lane. */
export function pathTo({ trace, index }: Place): Step[] {
  const path: Step[] = [];
  let inside = trace.steps[index]!;
  for (const step of trace.steps.slice(0, index).reverse()) {
    if (step.lane === inside.lane && (step.depth ?? 0) < (inside.depth ?? 0)) {
      path.unshift(step);
      inside = step;
    }
  }
  return path;
}

/** For each step of a run the index of the other's that matches it: the same functions in
    the same order, as many as there can be. A step without one has that of the step before. */
export function matches(run: Trace, other: Trace): number[] {
  const [n, m] = [run.steps.length, other.steps.length];
  const same = (i: number, j: number) => isSame(run.steps[i]!, other.steps[j]!);
  // most[i][j]: how many match in what is left of both from i and from j on
  const most = Array.from({ length: n + 1 }, () => new Array<number>(m + 1).fill(0));
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      const [here, below] = [most[i]!, most[i + 1]!];
      here[j] = same(i, j) ? 1 + below[j + 1]! : Math.max(below[j]!, here[j + 1]!);
    }
  }
  let [next, last] = [0, 0];
  return run.steps.map((_, i) => {
    while (next < m && !same(i, next) && most[i]![next + 1]! > most[i + 1]![next]!) next++;
    if (next < m && same(i, next)) last = next++;
    return last;
  });
}

/** The client's send() is not the server's. */
function isSame(a: Step, b: Step): boolean {
  return a.fn === b.fn && (a.kind === "message") === (b.kind === "message");
}

/** The other run at the step that matches. */
export function along({ trace, index }: Place, other: Place): Place {
  return moved(other, matches(trace, other.trace)[index]! + 1);
}
