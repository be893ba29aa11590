# SPDX-License-Identifier: Apache-2.0
"""The verb `race`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Annotated

import typer
from rich.console import Console

from learn import paths
from learn.exercise.model import ExerciseError
from learn.gate import ENVIRONMENT, GREEN, RED, USAGE
from learn.race import (
    chart,
    fairness,
    goals,
    growth,
    keep,
    parts,
    plan,
    results,
    rounds,
    servers,
    show,
)
from learn.run import progress
from learn.run.build import BuildError
from learn.say import say

OUTPUT = paths.BUILD / "race"


@dataclass(frozen=True)
class Kind:
    """One of the verb's measurements of servers."""

    run: Callable[[servers.Field, plan.Plan, Console], dict]
    full: plan.Plan
    quick: plan.Plan


def register(app: typer.Typer) -> None:
    @app.command("race")
    def command(
        quick: Annotated[bool, typer.Option("--quick", help="Four minutes at most.")] = False,
        only: Annotated[list[str], typer.Option(help="One server, or one part with --parts; "
                                                "may be given again.")] = [],
        growth_: Annotated[bool, typer.Option("--growth", help="How cost grows, instead: idle "
                           "connections, message sizes, pollers, pipelining.")] = False,
        fairness_: Annotated[bool, typer.Option("--fairness", help="What one bad neighbour "
                             "costs the others, instead.")] = False,
        mine_: Annotated[bool, typer.Option("--mine", help="The server with your exercise's "
                         "files beside the real one, instead.")] = False,
        parts_: Annotated[bool, typer.Option("--parts", help="mcache, LinkBuffer and GoPool "
                          "beside their peers, instead.")] = False,
        kept: Annotated[bool, typer.Option("--keep", help="Store the run under "
                        "benchmarks/measured/, where the pages take their figures.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    ) -> None:
        """Our echo servers, or parts, beside those of other libraries, in one run."""
        asked = {"growth": growth_, "fairness": fairness_, "parts": parts_, "mine": mine_}
        kinds = [kind for kind, on in asked.items() if on] or ["race"]
        if len(kinds) > 1:
            raise ValueError(say("race.one_of"))
        if kept and (quick or only or mine_):
            raise ValueError(say("race.keep_whole"))
        raise typer.Exit(race(kinds[0], quick, only, as_json, kept))


def race(kind: str, quick: bool, only: list[str], as_json: bool, kept: bool = False) -> int:
    """Exit status: 0 when it ran to its end, whoever won; red when a server failed."""
    console = Console(stderr=as_json, highlight=False)
    try:
        result = measured(kind, quick, only, console)
        result = {"machine": keep.machine()} | result  # now there is a build to ask
    except BuildError as problem:
        print("learn:", problem, file=sys.stderr)
        return ENVIRONMENT
    except ExerciseError as problem:
        print("learn:", problem, file=sys.stderr)
        return USAGE
    except rounds.RaceError as problem:
        print("learn:", problem, file=sys.stderr)
        return RED
    text = json.dumps(result, ensure_ascii=False)
    written = [store(f"{kind}.json", text + "\n")]
    drawn = DRAWN[kind](result["rows"]) if kind in DRAWN else ""
    if drawn:
        written.append(store(f"{kind}.svg", drawn))
    if kept and not result.get("failed"):
        written += map(paths.relative, keep.keep(kind, result, drawn))
    console.print(say("race.written", files=" ".join(written)), markup=False)
    if as_json:
        print(text)
    return RED if result.get("failed") else GREEN


def measured(kind: str, quick: bool, only: list[str], console: Console) -> dict:
    """Builds, runs and prints. Raises BuildError or RaceError."""
    if kind == "parts":
        return parts.run(quick, only, console)
    chosen = KINDS[kind]
    gather = {"race": servers.gather, "mine": servers.gather_mine}.get(kind, servers.gather_own)
    field = narrowed(gather(), only)
    show.lines(console, field.missing)
    return chosen.run(field, chosen.quick if quick else chosen.full, console)


def store(name: str, text: str) -> str:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / name).write_text(text, encoding="utf-8")
    return paths.relative(OUTPUT / name)


def narrowed(field: servers.Field, only: list[str]) -> servers.Field:
    """The raw loop always takes part: it is the measure."""
    if not only:
        return field
    names = {server.name for server in field.servers}
    if unknown := sorted(set(only) - names):
        raise ValueError(say("race.unknown", name=unknown[0], names=", ".join(sorted(names))))
    kept = [one for one in field.servers if one.name in (*only, servers.RAW)]
    return servers.Field(field.load, kept, field.missing)


def run(field: servers.Field, chosen: plan.Plan, console: Console) -> dict:
    """The race, and which goals are met."""
    found, failed = raced(field, chosen, console)
    judged = goals.judge(found)
    show.goals(console, judged)
    show.lines(console, failed)
    return {"check": "race", "ok": not failed and all(goal.met for goal in judged),
            "goals": goals.to_json(judged), "rows": [asdict(row) for row in found],
            "noise": round(results.noise(found), 3), "failed": failed,
            "missing": field.missing}


def mine(field: servers.Field, chosen: plan.Plan, console: Console) -> dict:
    """The real server and a learner's: no goals, only the two."""
    found, failed = raced(field, chosen, console)
    show.lines(console, failed)
    return {"check": "mine", "ok": not failed, "rows": [asdict(row) for row in found],
            "noise": round(results.noise(found), 3), "failed": failed}


def raced(field: servers.Field, chosen: plan.Plan,
          console: Console) -> tuple[list[results.Row], list[str]]:  # fmt: skip
    """What was measured, and what failed. The raw loop is the measure and always takes
    part; at the end once more."""
    raw = next(one for one in field.servers if one.name == servers.RAW)
    racing = replace(field, servers=[*field.servers, replace(raw, name=servers.RAW_AGAIN)])
    found: list[results.Row] = []
    failed: list[str] = []
    for workload in chosen.workloads:
        with progress.console.status(workload.name) as status:
            done = rounds.run(racing, workload, chosen, status.update)
        failed += done.failed
        if not done.rounds or servers.RAW not in done.rounds[0]:
            continue
        rows = results.rows(workload, done.rounds)
        show.workload(console, workload, rows)
        found += rows
    return found, failed


# By the verb's flag; `race` is without one. `parts` has no servers.
KINDS = {
    "race": Kind(run, plan.FULL, plan.QUICK),
    "mine": Kind(mine, plan.MINE, plan.MINE),
    "growth": Kind(growth.run, growth.FULL, growth.QUICK),
    "fairness": Kind(fairness.run, fairness.FULL, fairness.QUICK),
}
DRAWN = {"race": chart.race, "growth": growth.drawn}
