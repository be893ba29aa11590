# SPDX-License-Identifier: Apache-2.0
"""./learn record: records scenarios, or with --verify compares recordings. ./learn trace
shows one (show.py)."""

from __future__ import annotations

import json
import sys
import time
from typing import Annotated

import typer

from learn.gate import GREEN, RED, USAGE
from learn.record import scenario as scenarios
from learn.record import trace
from learn.record.errors import RecordError
from learn.record.runs import Bench
from learn.say import say


def register(app: typer.Typer) -> None:
    @app.command("record")
    def command(
        scenario: Annotated[list[str] | None, typer.Argument(help="None means all.")] = None,
        verify: Annotated[bool, typer.Option("--verify", help="Compare, write nothing.")] = False,
        n: Annotated[int, typer.Option("-n", help="With --verify: how many recordings.")] = 3,
        as_json: Annotated[bool, typer.Option("--json", help="One object a scenario.")] = False,
    ) -> None:
        """Records real runs again: functions, system calls, state, lines."""
        raise typer.Exit(record(scenario or [], verify, n, as_json))

    @app.command("trace", help=say("record.trace_help"))
    def tree(
        name: Annotated[str, typer.Argument(help=say("record.name_help"))] = "",
        live: Annotated[bool, typer.Option("--live", help=say("record.live_help"))] = False,
        as_json: Annotated[bool, typer.Option("--json", help=say("record.json_help"))] = False,
    ) -> None:
        from learn.record import show

        raise typer.Exit(show.run(name, live, as_json))


def record(names: list[str], verify: bool, n: int, as_json: bool = False) -> int:
    """Exit status; each failure is one line on standard error."""
    try:
        if n < 1:
            print("learn:", say("record.bad_n", n=n), file=sys.stderr)
            return USAGE
        chosen = names or scenarios.names()
        for name in chosen:
            scenarios.load(name)  # before the long build
        bench = Bench.of_project()
        one = _verify if verify else _write
        return max((one(bench, name, n, as_json) for name in chosen), default=GREEN)
    except RecordError as error:
        print("learn:", " ".join(str(error).split()), file=sys.stderr)
        return error.code


def _write(bench: Bench, name: str, _: int, as_json: bool) -> int:
    began = time.monotonic()
    fresh = bench.record(name)
    path = trace.path_of(name, bench.root)
    trace.write(fresh, path)
    if as_json:
        print(json.dumps(fresh, ensure_ascii=False))
    else:
        print(say("record.written", scenario=name, steps=len(fresh["steps"]),
                  seconds=time.monotonic() - began, file=path.relative_to(bench.root)))
    return GREEN


def _verify(bench: Bench, name: str, n: int, as_json: bool) -> int:
    result = bench.compare(name, n)
    if as_json:
        told = {"scenario": name, "recordings": result.recordings, "differing": result.differing,
                "seconds": round(result.seconds, 2), "problems": [str(p) for p in result.problems]}
        print(json.dumps(told, ensure_ascii=False))
    elif not result.problems:
        print(say("record.same", scenario=name, n=n, seconds=result.seconds))
    for problem in result.problems:
        print("learn:", problem, file=sys.stderr)
    return RED if result.problems else GREEN
