# SPDX-License-Identifier: Apache-2.0
"""A recording as lines of the terminal: who, what, where, and what came back.

    15  Poller thread  Connection::on_readable   src/netpoll/connection/connection_poller.cpp:8
    16                   Input::fill             src/netpoll/connection/input.cpp:12
    18                     recv = 6              src/netpoll/os/io.cpp:34
"""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table
from rich.text import Text

from learn.paths import TRACES
from learn.say import language, say

_COLOURS = ("cyan", "yellow", "green", "magenta", "blue")


class NoTrace(Exception):
    """The recording is missing or is not one."""


def show(name: str, console: Console) -> None:
    """Prints diagrams/traces/<name>.json; raises NoTrace before it prints."""
    try:
        trace = json.loads((TRACES / f"{name}.json").read_text(encoding="utf-8"))
        table = _table(trace, narrow=console.width < 100)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoTrace(name) from error
    console.print(f"\n{say('cli.trace_title')}\n", style="bold")
    console.print(table)
    console.print()


def _table(trace: dict, narrow: bool) -> Table:
    names = {lane["id"]: lane[language()] for lane in trace["lanes"]}
    colours = {lane: _COLOURS[n % len(_COLOURS)] for n, lane in enumerate(names)}
    table = Table.grid(padding=(0, 2))
    for style, fold in (("dim", False), ("", False), ("", True), ("dim", True)):
        table.add_column(style=style, no_wrap=not fold, overflow="fold")
    previous = None
    for step in trace["steps"]:
        if step["kind"] == "return":
            continue
        if phase := step.get("phase"):
            table.add_row("", "", Text(phase[language()], style="italic"), "")
        lane = step["lane"]
        shown = Text(names[lane] if lane != previous else "", style=colours[lane])
        previous = lane
        file = step["file"].rsplit("/", 1)[-1] if narrow else step["file"]
        table.add_row(str(step["n"]), shown, _what(step, names), f"{file}:{step['line']}")
    return table


def _what(step: dict, names: dict[str, str]) -> Text:
    result = f" = {_value(step['ret'])}" if "ret" in step else ""
    target = step.get("to_lane")
    arrow = f" → {names.get(target, target)}" if target else ""
    words = Text("  " * step.get("depth", 0) + step["fn"] + result)
    words.append(arrow, style="dim")
    return words


def _value(value: object) -> str:
    """As C++ would write it: true and false, a list without its brackets."""
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
