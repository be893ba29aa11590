# SPDX-License-Identifier: Apache-2.0
"""Pieces that stand folded, because an exercise asks the reader to write them first.

    {{ src("refill", try_first="03-mcache/1-size-classes") }}

The piece is shown and owned as any other. It lies in a details element, which opens
without a script and prints open.
"""

from __future__ import annotations

import html
import tomllib
from dataclasses import dataclass
from pathlib import Path

from learn.gate import Problem
from learn.index.symbol import Symbol, SymbolError
from learn.say import area_messages, say
from learn.site import pieces
from learn.site.content import LANGUAGES
from learn.site.directives import Directive, find

OPTION = "try_first"


@dataclass(frozen=True)
class Cut:
    """A function that an exercise cuts out."""

    exercise: str  # "03-mcache/1-size-classes"
    name: str  # as exercise.toml writes it
    symbol: Symbol


@dataclass(frozen=True)
class Showing:
    """A src() of a page, and what it shows."""

    page: str
    directive: Directive
    piece: pieces.Piece


def exercises(root: Path) -> list[str]:
    """The ids of all exercises, finished or not."""
    tables = sorted((root / "exercises").glob("*/*/exercise.toml"))
    return [str(table.parent.relative_to(root / "exercises")) for table in tables]


def fold(shown: str, exercise: str, language: str) -> str:
    """`shown`, Markdown of a piece, behind one line that says what to do first."""
    line = area_messages("front")["try_first"][language]
    command = f"<code>./learn start {html.escape(exercise)}</code>"
    return "\n".join([
        '<details class="try-first" markdown="1">',
        f"<summary>{line.format(command=command)}</summary>",
        "",
        shown.strip("\n"),
        "",
        "</details>",
        "",
    ])  # fmt: skip


def unknown(directive: Directive, file: str, exercise: str, there: list[str]) -> Problem:
    """The problem of a piece whose exercise does not exist."""
    text = say("front.no_exercise", what=directive.text, exercise=exercise)
    near = say("site.near", near=", ".join(there)) if there else ""
    return Problem(file, directive.line, text + near, say("front.no_exercise_mend"))


def cuts(root: Path, index) -> list[Cut]:
    """Every function that an exercise cuts out. A name that the index does not know is
    the affair of the gate `exercises`."""
    found = []
    for exercise in exercises(root):
        with (root / "exercises" / exercise / "exercise.toml").open("rb") as opened:
            holes = tomllib.load(opened).get("holes", [])
        for name in (hole.get("symbol", "") for hole in holes):
            try:
                found.append(Cut(exercise, name, index.find(name)))
            except SymbolError:
                continue
    return found


def showings(root: Path, index) -> list[Showing]:
    """Every src() of every page that shows something."""
    found = []
    pages = [p for lang in LANGUAGES for p in sorted((root / "notes" / lang).glob("*.md"))]
    for page in pages:
        for directive in find(page.read_text(encoding="utf-8")):
            if directive.name != "src":
                continue
            try:
                piece = pieces.cut(index, directive.argument, root)
            except (SymbolError, pieces.PieceError):
                continue  # the site's build reports it
            found.append(Showing(str(page.relative_to(root)), directive, piece))
    return found


def open_to_see(root: Path, index) -> list[tuple[Cut, Showing]]:
    """The functions of exercises that a page shows unfolded."""
    wanted = cuts(root, index)
    ids: dict[str, set[str]] = {}
    for cut in wanted:
        ids.setdefault(cut.symbol.usr, set()).add(cut.exercise)
    return [
        (cut, shown)
        for shown in (showings(root, index) if wanted else [])
        for cut in wanted
        if _shows(shown.piece, cut.symbol)
        and shown.directive.options.get(OPTION) not in ids[cut.symbol.usr]
    ]


def _shows(piece: pieces.Piece, symbol: Symbol) -> bool:
    return piece.file == symbol.file and piece.start <= symbol.start and symbol.end <= piece.end
