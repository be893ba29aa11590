# SPDX-License-Identifier: Apache-2.0
"""How cost grows: with idle connections, the size of a message, pollers, pipelining.

Ours beside the raw epoll loop, along one axis at a time. A point that cannot be
measured is a line; the others go on.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from statistics import median

from rich.console import Console

from learn.race import chart, results, rounds, servers, show
from learn.race.plan import KIB, MIB, Plan, Workload, size
from learn.race.rounds import Round, Sample
from learn.race.servers import OURS, RAW, Field
from learn.run import progress
from learn.say import say

QUICK = Plan((), rounds=3, seconds=0.1, warmup=0.04)
FULL = Plan((), rounds=10, seconds=0.15, warmup=0.05)
BUDGET_S = 290.0  # no round begins later; one server may then still take rounds.LIMIT_S
IN_FLIGHT = 64 * MIB  # bytes on all connections; a server may hold them twice
SPARE = 64  # descriptors that a program has open besides its connections
IDLE = (0, 100, 1000, 10_000)
SIZES = tuple(64 * 16**step for step in range(6))
POLLERS = (1, 2)
DEPTHS = (1, 4, 16, 64)
AXES = ("idle", "size", "pollers", "depth")


@dataclass(frozen=True)
class Point:
    axis: str
    at: int
    workload: Workload

    @property
    def name(self) -> str:
        return f"{say(f'race.axis_{self.axis}')} {label(self.axis, self.at)}"


@dataclass(frozen=True)
class Row:
    """A server at a point. `cpu`: raw's CPU time a request to this server's, in the
    same round; None where the raw loop was not measured."""

    axis: str
    at: int
    server: str
    conns: int
    bytes: int
    idle: int
    depth: int
    requests_per_s: float
    cpu_us: float  # a request
    p99_us: float
    cpu: float | None
    cpu_low: float | None
    cpu_high: float | None
    load: float  # of its core; near 1 the load was the limit, not the server
    foreign: float  # cores that others used, at the worst


def points() -> list[Point]:
    def crowd(bytes_: int) -> int:
        return max(1, min(64, IN_FLIGHT // bytes_))

    return [
        *(Point("idle", idle, Workload(64, KIB, idle=idle)) for idle in IDLE),
        *(Point("size", bytes_, Workload(crowd(bytes_), bytes_)) for bytes_ in SIZES),
        *(Point("pollers", pollers, Workload(64, KIB)) for pollers in POLLERS),
        *(Point("depth", depth, Workload(64, 64, depth=depth)) for depth in DEPTHS),
    ]  # fmt: skip


def label(axis: str, at: int) -> str:
    return size(at) if axis == "size" else f"{at:,}"


def run(field: Field, chosen: Plan, console: Console) -> dict:
    """Measures, shows the tables, returns the JSON."""
    until = time.monotonic() + BUDGET_S
    found: list[Row] = []
    left_out: list[str] = []
    failed: list[str] = []
    with descriptors() as most, progress.console.status("growth") as status:
        for point in points():
            why = impossible(point, most)
            done = rounds.Done() if why else rounds.run(
                racers(field, point), point.workload, chosen, status.update, until)
            if not done.rounds and not done.failed:
                left_out.append(why or say("race.no_time", point=point.name, seconds=BUDGET_S))
            found += rows(point, done.rounds)
            failed += done.failed
    for axis in AXES:
        table(console, axis, [one for one in found if one.axis == axis])
    show.lines(console, left_out + failed)
    return {"check": "race_growth", "ok": not failed, "rows": [asdict(row) for row in found],
            "left_out": left_out, "failed": failed, "missing": field.missing}


@contextmanager
def descriptors() -> Iterator[int]:
    """Children inherit the limit; meanwhile it is the highest that is allowed."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


def impossible(point: Point, most: int) -> str:
    """Why the point is left out; empty when it is not."""
    need = point.workload.conns + point.workload.idle + SPARE
    if most == resource.RLIM_INFINITY or need <= most:
        return ""
    return say("race.few_descriptors", point=point.name, need=need, most=most)


def racers(field: Field, point: Point) -> Field:
    """More pollers: only ours have the flag, and they may use every core."""
    if point.axis != "pollers":
        return field
    more = [servers.ours(field.load.parent, one.name, point.at, every_core=True)
            for one in field.servers if one.name in OURS]
    return replace(field, servers=more)


def rows(point: Point, done: list[Round]) -> list[Row]:
    return [row(point, [one[name] for one in done], [one.get(RAW) for one in done], name)
            for name in (done[0] if done else ())]


def row(point: Point, samples: list[Sample], raw: list[Sample | None], server: str) -> Row:
    here = point.workload
    ratios = [theirs.cpu_per_request / mine.cpu_per_request
              for theirs, mine in zip(raw, samples, strict=True) if theirs]
    low, middle, high = (round(of(ratios), 3) if ratios else None for of in (min, median, max))
    return Row(
        point.axis, point.at, server, here.conns, here.bytes, here.idle, here.depth,
        requests_per_s=results.middle(samples, "rate"),
        cpu_us=results.middle(samples, "cpu_per_request"),
        p99_us=results.middle(samples, "p99_us"), cpu=middle, cpu_low=low, cpu_high=high,
        load=round(max(one.load_cpu_us / 1e6 / one.seconds for one in samples), 2),
        foreign=max(one.foreign for one in samples),
    )  # fmt: skip


def table(console: Console, axis: str, found: list[Row]) -> None:
    if not found:
        return
    made = show.started(say(f"race.growth_{axis}"), (f"at_{axis}", "server"),
                        ("cpu_us", "cpu", "range", "rate", "p99", "load"))
    before = None
    for one in found:
        made.add_row(
            "" if one.at == before else label(axis, one.at), one.server, f"{one.cpu_us:,.2f}",
            "" if one.cpu is None else f"{one.cpu:.2f}",
            "" if one.cpu is None else f"{one.cpu_low:.2f}–{one.cpu_high:.2f}",
            f"{one.requests_per_s:,.0f}", f"{one.p99_us:,.0f}", f"{one.load:.0%}",
            style=show.style(one.server),
        )  # fmt: skip
        before = one.at
    show.printed(console, made, max(one.foreign for one in found))


def drawn(found: list[dict]) -> str:
    """The chart: CPU time a request along each axis; for pollers the requests a second."""
    return chart.document([panel(axis, here) for axis in AXES
                           if (here := [row for row in found if row["axis"] == axis])])


def panel(axis: str, found: list[dict]):
    what = "requests_per_s" if axis == "pollers" else "cpu_us"
    at = list(dict.fromkeys(row["at"] for row in found))
    got = {(row["server"], row["at"]): row[what] for row in found}
    names = list(dict.fromkeys(row["server"] for row in found))
    values = {name: [got.get((name, place)) for place in at] for name in names}
    return chart.lines(
        f"growth-{axis}", say(f"race.growth_{axis}"),
        (say(f"race.axis_{axis}"), say("race.rate" if axis == "pollers" else "race.cpu_us")),
        [label(axis, place) for place in at], values, log=axis == "size")  # fmt: skip
