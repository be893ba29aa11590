# SPDX-License-Identifier: Apache-2.0
"""The verb `race`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from learn import paths
from learn.gate import ENVIRONMENT, GREEN, RED
from learn.race import goals, plan, results, rounds, servers, show
from learn.run import progress
from learn.run.build import BuildError
from learn.say import say

OUTPUT = paths.BUILD / "race"


def register(app: typer.Typer) -> None:
    @app.command("race")
    def command(
        quick: Annotated[bool, typer.Option("--quick", help="Four minutes at most.")] = False,
        only: Annotated[list[str], typer.Option(help="One server; may be given again.")] = [],
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    ) -> None:
        """Our echo servers beside those of other libraries, in one run."""
        raise typer.Exit(race(plan.QUICK if quick else plan.FULL, only, as_json))


def race(chosen: plan.Plan, only: list[str], as_json: bool) -> int:
    """Exit status: 0 when it ran to its end, whoever won."""
    try:
        field = narrowed(servers.gather(), only)
        result = run(field, chosen, Console(stderr=as_json, highlight=False))
    except BuildError as problem:
        print("learn:", problem, file=sys.stderr)
        return ENVIRONMENT
    except rounds.RaceError as problem:
        print("learn:", problem, file=sys.stderr)
        return RED
    OUTPUT.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, ensure_ascii=False)
    (OUTPUT / "race.json").write_text(text + "\n")
    if as_json:
        print(text)
    return GREEN


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
    for line in field.missing:
        console.print(line, markup=False)
    found: list[results.Row] = []
    for workload in chosen.workloads:
        with progress.console.status(workload.name) as status:
            done = rounds.run(field, workload, chosen, status.update)
        rows = results.rows(workload, done)
        show.workload(console, workload, rows)
        found += rows
    judged = goals.judge(found)
    show.goals(console, judged)
    return {"check": "race", "ok": all(goal.met for goal in judged),
            "goals": goals.to_json(judged), "rows": [asdict(row) for row in found],
            "noise": round(results.noise(found), 3), "missing": field.missing}
