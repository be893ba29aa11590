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

from learn.record import trace as records
from learn.record.errors import RecordError
from learn.say import language, say

_COLOURS = ("cyan", "yellow", "green", "magenta", "blue")


class NoTrace(Exception):
    """The recording is missing or is not one."""


def show(name: str, console: Console) -> None:
    """Prints diagrams/traces/<name>.json; raises NoTrace before it prints."""
    try:
        tree(records.read(name), console, say("cli.trace_title"))
    except (RecordError, KeyError, TypeError) as error:
        raise NoTrace(name) from error


def tree(trace: dict, console: Console, title: str) -> None:
    """The whole call tree; nothing when the trace is not one (KeyError, TypeError)."""
    table = _table(trace, narrow=console.width < 100)
    console.print(f"\n{title}\n", style="bold")
    console.print(table)
    console.print()


def beside(was: dict | None, now: dict | None, console: Console) -> None:
    """One step of two recordings: what each says of it, where they differ."""
    table = Table.grid(padding=(0, 2))
    for style in ("dim", "", ""):
        table.add_column(style=style, overflow="fold")
    table.add_row("", Text(say("record.stored"), "bold"), Text(say("record.yours"), "bold"))
    for part in say("record.parts").split("|"):
        key, name = part.split(":")
        a, b = ((step or {}).get(key) for step in (was, now))
        if key in ("lane", "fn") or _bare(a) != _bare(b):
            table.add_row(name, _told(was, a), _told(now, b))
    console.print(table)


def _bare(value: object) -> object:
    """Where something was called from: without the line."""
    return value["fn"] if isinstance(value, dict) and "line" in value else value


def _told(step: dict | None, value: object) -> Text:
    if step is None:
        return Text(say("record.ended_there"))
    bare = _bare(value)
    if bare is None:
        return Text("–")
    return Text(bare if isinstance(bare, str) else json.dumps(bare, ensure_ascii=False))


def _table(trace: dict, narrow: bool) -> Table:
    names = {lane["id"]: lane[language()] for lane in trace["lanes"]}
    colours = {lane: _COLOURS[n % len(_COLOURS)] for n, lane in enumerate(names)}
    table = Table.grid(padding=(0, 2))
    for style, fold in (("dim", False), ("", False), ("", True), ("dim", True)):
        table.add_column(style=style, no_wrap=not fold, overflow="fold")
    branch, previous = trace.get("what_if", {}), None
    for step in trace["steps"]:
        if step["n"] == branch.get("fork"):
            table.add_row("", "", Text(say("record.fork_here", base=branch["of"]), "bold"), "")
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
    back = "↩ " if step["kind"] == "return" else ""
    words = Text("  " * step.get("depth", 0) + back + step["fn"] + result)
    words.append(arrow, style="dim")
    return words


def _value(value: object) -> str:
    """As C++ would write it: true and false, a list without its brackets."""
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
