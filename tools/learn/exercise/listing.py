# SPDX-License-Identifier: Apache-2.0
"""`./learn list`: the exercises by chapter, how hard, how long, and how far one is.

An id must be typed, so it is never cut; where the line has no room, the title has the
next one.
"""

from __future__ import annotations

import itertools
import shutil
import sys
import textwrap
from dataclasses import dataclass

from rich.cells import cell_len

from learn.exercise import catalogue
from learn.exercise.model import Exercise
from learn.say import language, say

_PIPE = 120  # a pipe has no width
_NARROW = 100


@dataclass(frozen=True)
class Row:
    exercise: Exercise
    green: bool
    started: bool
    hints: int
    current: bool

    @property
    def mark(self) -> str:
        return "✓" if self.green else "…" if self.started else " "


def lines(rows: list[Row], width: int = 0) -> list[str]:
    """`width` 0: the terminal's."""
    width = width or (shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPE)
    room = max((cell_len(row.exercise.id) for row in rows), default=0)
    out = []
    for chapter, group in itertools.groupby(rows, lambda row: row.exercise.id.split("/")[0]):
        mine = list(group)
        title = catalogue.chapter(chapter, mine[0].exercise.root)["title"][language()]
        done = say("exercise.list_done", green=sum(row.green for row in mine), all=len(mine))
        out += ["", f"{chapter[:2]} · {title}  {done}"]
        out += [line for row in mine for line in _row(row, room, width)]
    return [*out[1:], "", say("exercise.list_legend")]


def _row(row: Row, room: int, width: int) -> list[str]:
    exercise = row.exercise
    pointer = "→" if row.current else " "
    head = f"{pointer}{row.mark} {exercise.id:{room}}  {'★' * exercise.stars:3}  "
    head += say("exercise.list_minutes", minutes=exercise.minutes)
    title = exercise.title[language()]
    if row.hints:
        title += say("exercise.list_hints", hints=row.hints)
    if width >= _NARROW and cell_len(head) + 2 + cell_len(title) <= width:
        return [f"{head}  {title}"]
    step = width - 5 if title.isascii() else (width - 5) // 2
    return [head, *(f"     {line}" for line in textwrap.wrap(title, max(20, step)))]
