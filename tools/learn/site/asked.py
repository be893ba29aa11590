# SPDX-License-Identifier: Apache-2.0
"""Which lines of the source give an exercise away.

Of a *fill* it is the whole function that is cut out. Of a *fix* it is each line that
the planted bug changes: one of them is enough to know where it is. An exercise of a
later chapter asks a page for nothing: who reads the page cannot do it yet.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from learn.exercise import catalogue, cut
from learn.exercise.model import Body, Edit, Exercise, ExerciseError
from learn.index.symbol import SymbolError
from learn.site.pieces import Piece


@dataclass(frozen=True)
class Asked:
    """The lines start..end of `file`, which `exercise` asks for."""

    exercise: str  # "03-mcache/1-size-classes"
    name: str  # of the function, as a message says it
    file: str
    start: int
    end: int
    entire: bool  # only all of them together say anything

    def is_shown_by(self, piece: Piece, page: str) -> bool:
        if self.exercise.split("/")[0] > page or piece.file != self.file:
            return False
        if self.entire:
            return piece.start <= self.start and self.end <= piece.end
        return piece.start <= self.end and self.start <= piece.end


def exercises(root: Path) -> list[str]:
    """The ids of all exercises, finished or not."""
    return [str(folder.relative_to(root / "exercises")) for folder in catalogue.folders(root)]


def is_fix(root: Path, exercise: str) -> bool:
    return "planted" in _table(root, exercise)


def everything(root: Path, index) -> list[Asked]:
    """What all exercises ask for. A name that the index does not know is the affair of
    the gate `exercises`."""
    found: list[Asked] = []
    for exercise in exercises(root):
        table = _table(root, exercise)
        found += _holes(exercise, table.get("holes", []), index)
        try:
            found += _mended(root, exercise, table.get("planted", []), index)
        except ExerciseError:
            continue
    return found


def _table(root: Path, exercise: str) -> dict:
    with (root / "exercises" / exercise / "exercise.toml").open("rb") as opened:
        return tomllib.load(opened)


def _holes(exercise: str, holes: list[dict], index) -> Iterator[Asked]:
    for name in (hole.get("symbol", "") for hole in holes):
        try:
            symbol = index.find(name)
        except SymbolError:
            continue
        yield Asked(exercise, name, symbol.file, symbol.start, symbol.end, entire=True)


def _mended(root: Path, exercise: str, planted: list[dict], index) -> Iterator[Asked]:
    """The lines of the real files that a learner does not have."""
    changes: list[Body | Edit] = [
        Body(one["symbol"], one.get("body", "")) if "symbol" in one
        else Edit(one.get("file", ""), one.get("find", ""), one.get("replace", ""))
        for one in planted
    ]  # fmt: skip
    bare = Exercise(exercise, root, "fix", 0, 1, [], {}, {})
    for file, given in cut.changed(bare, changes, index).items():
        real = (root / file).read_text("utf-8").splitlines()
        matched = difflib.SequenceMatcher(None, real, given.splitlines(), autojunk=False)
        for tag, first, last, _, _ in matched.get_opcodes():
            if tag == "equal":
                continue
            # Where the bug is only more text, it is told by the two lines around it.
            start, end = (first, first + 1) if tag == "insert" else (first + 1, last)
            yield Asked(exercise, _around(index, file, end), file, start, end, entire=False)


def _around(index, file: str, line: int) -> str:
    """The function around a line, or the file."""
    around = [s for s in index.in_file(file)
              if s.kind == "function" and s.comment_start <= line <= s.end]  # fmt: skip
    innermost = min(around, key=lambda s: s.end - s.start, default=None)
    return index.spoken(innermost) if innermost else file
