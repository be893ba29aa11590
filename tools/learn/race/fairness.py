# SPDX-License-Identifier: Apache-2.0
"""What one bad neighbour costs the others: 64 connections beside it, and without it.

The answers that the 64 got with the neighbour, divided by those without, in the
same round; trouble.py is the neighbour. The pool and adaptive must keep ENOUGH of
what the raw loop keeps.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from rich.console import Console

from learn.race import results, rounds, show
from learn.race.plan import KIB, Plan, Workload
from learn.race.rounds import RaceError, Sample
from learn.race.servers import RAW, Field, Server
from learn.run import progress
from learn.say import say

QUICK = Plan((), rounds=2, seconds=0.4, warmup=0.05)
FULL = Plan((), rounds=7, seconds=0.4, warmup=0.05)
MANY = Workload(64, KIB)
ENOUGH = 0.9
JUDGED = ("pool", "adaptive")
BLOCK_MS = 100
TROUBLE = Path(__file__).with_name("trouble.py")
# What each neighbour needs of the server.
FLAGS = {"download": (), "block": ("--block-ms", str(BLOCK_MS)), "huge": ()}
INTO = 0.1  # seconds into the measured time: then the one huge message begins


@dataclass(frozen=True)
class Pair:
    """The 64 in one round, alone and beside the neighbour."""

    alone: Sample
    beside: Sample
    neighbour: dict  # what trouble.py prints

    @property
    def kept(self) -> float:
        return self.beside.rate / self.alone.rate

    @property
    def load_core(self) -> float:
        load = self.beside.load_cpu_us / 1e6 / self.beside.seconds
        return load + self.neighbour["cpu_s"] / self.neighbour["seconds"]


@dataclass(frozen=True)
class Row:
    """A server beside a neighbour. `kept`: of the answers that the 64 get alone."""

    trouble: str
    server: str
    kept: float
    kept_low: float  # of the rounds
    kept_high: float
    alone_per_s: float
    beside_per_s: float
    alone_p99_us: float
    beside_p99_us: float
    neighbour_answers: float  # that the neighbour got, whole
    load_core: float  # how full the core was that the load and the neighbour share
    foreign: float  # cores that others used while the 64 were alone, at the worst
    want: float | None

    @property
    def met(self) -> bool:
        return self.want is None or self.kept >= self.want


def run(field: Field, plan: Plan, console: Console) -> dict:
    """Measures, shows the tables, returns the JSON."""
    found: list[Row] = []
    left_out: list[str] = []
    failed: list[str] = []
    with progress.console.status("fairness") as status:
        for trouble in FLAGS:
            for server in willing(field, trouble, left_out):
                status.update(f"{trouble}: {server.name}")
                try:
                    found.append(row(trouble, server.name, pairs(field, server, trouble, plan)))
                except RaceError as problem:
                    failed.append(say("race.point_failed", point=trouble, why=problem))
    found = beside_raw(found)
    for trouble in FLAGS:
        table(console, trouble, [one for one in found if one.trouble == trouble])
    show.lines(console, left_out + failed)
    return {"check": "race_fairness", "ok": not failed and all(one.met for one in found),
            "goals": goals(found), "rows": [asdict(one) for one in found],
            "left_out": left_out, "failed": failed, "missing": field.missing}


def willing(field: Field, trouble: str, left_out: list[str]) -> Iterator[Server]:
    """The servers, with the flags that the neighbour needs; a line for a refusal."""
    for server in field.servers:
        with_flags = replace(server, command=(*server.command, *FLAGS[trouble]))
        if FLAGS[trouble] and (why := with_flags.starts()):
            left_out.append(say("race.no_trouble", trouble=trouble, name=server.name, why=why))
        else:
            yield with_flags


def pairs(field: Field, server: Server, trouble: str, plan: Plan) -> list[Pair]:
    """A B A B, on a fresh server each. Raises RaceError."""
    done = []
    for _ in range(plan.rounds):
        alone = rounds.measure(field, server, MANY, plan)
        with (rounds.serving(server, MANY) as where,
              neighbour(trouble, where[0], plan) as told):
            beside = rounds.load(field.load, server, MANY, plan, where)
        done.append(Pair(alone, beside, told))
    return done


@contextmanager
def neighbour(trouble: str, addr: str, plan: Plan) -> Iterator[dict]:
    """Is connected when the body begins; what it did is in the dict when that has ended."""
    after = plan.warmup + INTO if trouble == "huge" else 0.0
    command = [sys.executable, "-I", str(TROUBLE), trouble, addr, "--after", str(after),
               "--seconds", str(rounds.LIMIT_S)]
    told: dict = {}
    with subprocess.Popen(rounds.on(rounds.load_core(), command), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        try:
            process.stdout.readline()
            yield told
        finally:
            rounds.end(process)
        out, why = process.stdout.read(), process.stderr.read()
    if process.returncode:
        raise RaceError(" ".join(why.split()) or f"{trouble}: exit status {process.returncode}")
    told |= json.loads(out)


def row(trouble: str, server: str, done: list[Pair]) -> Row:
    def rate(of: str) -> float:
        return round(results.middle([getattr(one, of) for one in done], "rate"))

    def p99(of: str) -> float:
        return results.middle([getattr(one, of) for one in done], "p99_us")

    kept = [one.kept for one in done]
    answers = median(one.neighbour["answers"] for one in done)
    return Row(
        trouble, server, round(median(kept), 3), round(min(kept), 3), round(max(kept), 3),
        rate("alone"), rate("beside"), p99("alone"), p99("beside"), answers,
        load_core=round(max(one.load_core for one in done), 2),
        foreign=max(one.alone.foreign for one in done),
        want=ENOUGH if server in JUDGED else None,
    )  # fmt: skip


def beside_raw(found: list[Row]) -> list[Row]:
    """What a plain loop cannot keep, because a neighbour's own echo needs the core, ours
    need not keep either: they must keep ENOUGH of what the raw loop keeps."""
    raw = {one.trouble: one.kept for one in found if one.server == RAW}
    return [replace(one, want=round(ENOUGH * min(1.0, raw.get(one.trouble, 1.0)), 3))
            if one.want is not None else one for one in found]


def table(console: Console, trouble: str, found: list[Row]) -> None:
    if not found:
        return
    made = show.started(
        say(f"race.trouble_{trouble}", ms=BLOCK_MS), ("server",),
        ("kept", "range", "alone", "beside", "p99", "beside_p99", "answers", "load"))
    for one in found:
        mark = " " if one.want is None else "[green]✓[/]" if one.met else "[red]✗[/]"
        made.add_row(
            one.server, f"{one.kept:.2f} {mark}", f"{one.kept_low:.2f}–{one.kept_high:.2f}",
            f"{one.alone_per_s:,.0f}", f"{one.beside_per_s:,.0f}", f"{one.alone_p99_us:,.0f}",
            f"{one.beside_p99_us:,.0f}", f"{one.neighbour_answers:,.0f}",
            f"{one.load_core:.0%}", style=show.style(one.server),
        )  # fmt: skip
    show.printed(console, made, max(one.foreign for one in found))


def goals(found: list[Row]) -> list[dict]:
    return [{"goal": f"{one.server} beside {one.trouble}: kept ≥ {one.want}", "want": one.want,
             "got": one.kept, "met": one.met} for one in found if one.want is not None]
