# SPDX-License-Identifier: Apache-2.0
"""`./learn test`: every part, a table of what each took, and one line that sums them.

The end of a part's output is shown when it is red; all of it is in build/logs/.
"""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.table import Table

from learn.gate import ENVIRONMENT, GREEN, RED, USAGE
from learn.run import progress
from learn.say import say
from learn.testing import fuzz, memory, parts, schedule
from learn.testing.counting import Count
from learn.testing.parts import Outcome, Part


def run(only: list[str], quick: bool = False, fresh: bool = False,
        fuzz_seconds: int = fuzz.SECONDS) -> int:  # fmt: skip
    """`fresh` runs what is known to be green as well; so does `only`."""
    known = parts.quick() if quick else parts.everything(fuzz_seconds)
    if unknown := [name for name in only if name not in known]:
        text = say("cli.unknown_part", part=unknown[0], parts=" ".join(known))
        print("learn:", text, file=sys.stderr)
        return USAGE
    chosen = [part for name, part in known.items() if not only or name in only]
    began = time.monotonic()
    rows = {}
    for part, outcome, seconds in schedule.run(chosen, one(fresh or bool(only))):
        rows[part.name] = (part.name, outcome, seconds)
        show_failure(part.name, outcome)
    return summarize([rows[part.name] for part in chosen], time.monotonic() - began)


def one(fresh: bool):
    """Runs a part, or tells that it was green with these very inputs."""

    def run_one(part: Part) -> Outcome:
        now = "" if part.inputs is None else memory.key(part.inputs)
        if not fresh and memory.is_green(part.name, now):
            progress.console.print(say("cli.cached", part=part.name, hash=now), markup=False)
            return Outcome(Count(cached=1))
        memory.forget(part.name)
        outcome = part.run()
        if not outcome.reason:
            memory.remember(part.name, now)
        return outcome

    return run_one


def summarize(rows: list[tuple[str, Outcome, float]], seconds: float = 0.0) -> int:
    """The table, then the line that others parse, alone and last."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "part", "tests", "seconds"):
        table.add_column(heading, justify="right" if heading == "seconds" else "left")
    total = Count()
    for name, outcome, took in rows:
        mark = "[red]✗[/]" if outcome.reason else "·" if outcome.count.cached else "[green]✓[/]"
        table.add_row(mark, name, str(outcome.count), f"{took:.1f}")
        total += outcome.count
    if seconds:
        table.add_row("", "", "", f"{seconds:.1f}")
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
