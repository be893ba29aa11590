# SPDX-License-Identifier: Apache-2.0
"""`./learn test`: every part, one after the other, and one line that sums them.

A part is a preset's tests, a folder of pytest, or a gate. A part that could not
run has failed. Its output is in build/logs/; the end of it is shown when red.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from learn.gate import ENVIRONMENT, GREEN, RED, USAGE
from learn.gates import checking
from learn.paths import LOGS, ROOT, TESTS
from learn.run import build, progress
from learn.say import say
from learn.testing.counting import Count, junit


@dataclass(frozen=True)
class Outcome:
    """What one part ended with; `reason` is empty when it is green."""

    count: Count
    reason: str = ""
    log: str = ""
    could_not_run: bool = False


PARTS: dict[str, Callable[[], Outcome]] = {
    "dev": lambda: cpp("dev"),
    "tsan": lambda: cpp("tsan"),
    "release": lambda: cpp("release"),
    "clang": lambda: compiles("clang"),
    "tools": lambda: python("tools"),
    "load": lambda: python("load"),
} | {name: (lambda name=name: gate(name)) for name in checking.GATES}


def run(only: list[str]) -> int:
    if unknown := [name for name in only if name not in PARTS]:
        text = say("cli.unknown_part", part=unknown[0], parts=" ".join(PARTS))
        print("learn:", text, file=sys.stderr)
        return USAGE
    rows = []
    for name in only or PARTS:
        began = time.monotonic()
        outcome = PARTS[name]()
        rows.append((name, outcome, time.monotonic() - began))
        show_failure(name, outcome)
    return summarize(rows)


def summarize(rows: list[tuple[str, Outcome, float]]) -> int:
    """The table, then the line that others parse, alone and last."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "part", "tests", "seconds"):
        table.add_column(heading, justify="right" if heading == "seconds" else "left")
    total = Count()
    for name, outcome, seconds in rows:
        mark = "[green]✓[/]" if not outcome.reason else "[red]✗[/]"
        table.add_row(mark, name, str(outcome.count), f"{seconds:.1f}")
        total += outcome.count
    Console(highlight=False).print(table)
    print(total, flush=True)
    if not total.failed:
        return GREEN
    blocked = all(outcome.could_not_run for _, outcome, _ in rows if outcome.reason)
    return ENVIRONMENT if blocked else RED


def show_failure(name: str, outcome: Outcome) -> None:
    if not outcome.reason:
        return
    console = Console(highlight=False)
    if outcome.log:
        console.print(progress.tail(outcome.log), markup=False, style="dim", soft_wrap=True)
    console.print(f"✗ {name}: {outcome.reason}", style="red", markup=False, soft_wrap=True)


def failed(reason: str, log: str = "", could_not_run: bool = False) -> Outcome:
    """A part without a test to count is one failure, never none."""
    return Outcome(Count(failed=1), reason, log, could_not_run)


def cpp(preset: str) -> Outcome:
    """Builds a preset and runs its tests."""
    try:
        build.build(preset)
    except build.BuildError as problem:
        return failed(str(problem), problem.log)
    report = LOGS / f"ctest-{preset}.xml"
    report.unlink(missing_ok=True)
    log = f"ctest-{preset}.log"
    command = ["ctest", "--preset", preset, "--no-tests=error", "-j", "2",
               "--output-junit", report]
    status = progress.run(say("cli.ctest", preset=preset), command, log, read=progress.ctest)
    return judged(status, junit(report), log)


def compiles(preset: str) -> Outcome:
    """A preset whose compilation is the test: one check."""
    try:
        build.build(preset)
    except build.BuildError as problem:
        return failed(str(problem), problem.log)
    return Outcome(Count(passed=1))


def python(folder: str) -> Outcome:
    """The pytest files of tests/<folder>."""
    report = LOGS / f"pytest-{folder}.xml"
    report.unlink(missing_ok=True)
    log = f"pytest-{folder}.log"
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider",
               f"--junitxml={report}", TESTS / folder]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tools"), "LEARN_LANG": "en"}
    title = say("cli.pytest", folder=folder)
    status = progress.run(title, command, log, read=progress.pytest, env=environment)
    return judged(status, junit(report), log)


def judged(status: int, count: Count, log: str) -> Outcome:
    """A runner that failed without a failed test (a crash, no tests) has failed."""
    if status == 0 and not count.failed and count.passed:
        return Outcome(count)
    reason = say("cli.tests_failed", count=count.failed, log=f"build/logs/{log}")
    if not count.failed:
        reason = say("cli.runner_failed", status=status, log=f"build/logs/{log}")
        count += Count(failed=1)
    return Outcome(count, reason, log)


def gate(name: str) -> Outcome:
    """One gate is one test."""
    with progress.console.status(f"check {name}"):
        result = checking.run_gate(name)
    LOGS.mkdir(parents=True, exist_ok=True)
    log = f"check-{name}.log"
    (LOGS / log).write_text("\n".join(checking.lines(result)) + "\n")
    if result.ok:
        return Outcome(Count(passed=1))
    return failed(say("cli.gate_red", gate=name), log, result.could_not_run)
