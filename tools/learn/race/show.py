# SPDX-License-Identifier: Apache-2.0
"""The race on the terminal: a table for each workload, then the goals."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from learn.race import results
from learn.race.plan import Workload
from learn.race.results import Row
from learn.race.rounds import FOREIGN_MAX
from learn.race.servers import OURS
from learn.say import say


def started(title: str, left: tuple[str, ...], right: tuple[str, ...]) -> Table:
    """An empty table; the words of its columns are in messages/race.toml."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False,
                  header_style="dim")
    for name in left:
        table.add_column(say(f"race.{name}"), no_wrap=True)
    for name in right:
        table.add_column(say(f"race.{name}"), justify="right", no_wrap=True)
    return table


def lines(console: Console, told: list[str]) -> None:
    """Sentences, as they are: they may name what looks like markup."""
    for line in told:
        console.print(line, markup=False, soft_wrap=True)


def printed(console: Console, table: Table, foreign: float) -> None:
    console.print(table)
    if foreign > FOREIGN_MAX:
        console.print(say("race.disturbed", cores=foreign))
    console.print()


def style(server: str) -> str | None:
    return "bold" if server in OURS else None


def workload(console: Console, which: Workload, rows: list[Row]) -> None:
    title = say("race.title", name=which.name, noise=results.noise(rows))
    table = started(title, ("server",), ("cpu", "range", "throughput", "rate", "cpu_us", "p50",
                                         "p99", "p999"))
    for row in sorted(rows, key=lambda row: -row.cpu):
        table.add_row(
            row.server, f"{row.cpu:.2f}", f"{row.cpu_low:.2f}–{row.cpu_high:.2f}",
            f"{row.throughput:.2f}", f"{row.requests_per_s:,.0f}", f"{row.cpu_us:.2f}",
            f"{row.p50_us:,.0f}", f"{row.p99_us:,.0f}", f"{row.p999_us:,.0f}",
            style=style(row.server),
        )  # fmt: skip
    printed(console, table, max(row.foreign for row in rows))


def goals(console: Console, found: Sequence) -> None:
    for goal in found:
        mark = "[green]✓[/]" if goal.met else "[red]✗[/]"
        console.print(f"{mark} {goal.goal}: {goal.got:.2f}")
    met = sum(goal.met for goal in found)
    console.print(say("race.goals", met=met, count=len(found)))
