# SPDX-License-Identifier: Apache-2.0
"""Pieces that stand folded, because an exercise asks the reader to write or mend them first.

    {{ src("refill", try_first="03-mcache/1-size-classes") }}

The piece is shown and owned as any other. It lies in a details element, which opens
without a script and prints open.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

from learn.gate import Problem
from learn.index.symbol import SymbolError
from learn.say import area_messages, say
from learn.site import asked, pieces
from learn.site.content import LANGUAGES
from learn.site.directives import Directive, find

OPTION = "try_first"


@dataclass(frozen=True)
class Showing:
    """A src() of a page, and what it shows."""

    page: str
    directive: Directive
    piece: pieces.Piece


def fold(shown: str, exercise: str, language: str, root: Path) -> str:
    """`shown`, Markdown of a piece, behind one line that says what to do first."""
    key = "find_first" if asked.is_fix(root, exercise) else "try_first"
    line = area_messages("front")[key][language]
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


def open_to_see(root: Path, index) -> list[tuple[asked.Asked, Showing]]:
    """What exercises ask for and a page shows unfolded; each exercise once for a piece."""
    wanted = asked.everything(root, index)
    found: dict[tuple, tuple[asked.Asked, Showing]] = {}
    for shown in showings(root, index) if wanted else []:
        mine = [one for one in wanted if one.is_shown_by(shown.piece, Path(shown.page).stem)]
        if shown.directive.options.get(OPTION) in {one.exercise for one in mine}:
            continue
        for one in mine:
            found.setdefault((one.exercise, shown.page, shown.directive.line), (one, shown))
    return list(found.values())
