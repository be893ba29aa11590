# SPDX-License-Identifier: Apache-2.0
"""tests/mutants/equivalent.toml: mutants that do the same as the original, each with its reason.

    [[equivalent]]
    file = "src/netpoll/…"
    was = "the original line"
    now = "the line of the mutant"
    why = "One sentence: why nobody can tell."
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from learn.mutants import draw, operators
from learn.mutants.draw import Mutant

SENTENCE_MIN = 40  # letters of a reason that says something


@dataclass(frozen=True)
class Row:
    """One that is argued; the lines are without the spaces around them."""

    file: str
    was: str
    now: str
    why: str
    line: int = 0  # of the table, in the file of the rows

    def is_of(self, mutant: Mutant) -> bool:
        return (self.file, self.was, self.now) == (
            mutant.file, mutant.was.strip(), mutant.now.strip())  # fmt: skip


def path(root: Path) -> Path:
    return root / "tests" / "mutants" / "equivalent.toml"


def load(root: Path) -> list[Row]:
    if not path(root).is_file():
        return []
    text = path(root).read_text("utf-8")
    places = [n for n, line in enumerate(text.split("\n"), 1) if line == "[[equivalent]]"]
    rows = tomllib.loads(text).get("equivalent", [])
    return [Row(row["file"], row["was"].strip(), row["now"].strip(), row["why"], place)
            for row, place in zip(rows, places, strict=True)]  # fmt: skip


def outdated(row: Row, root: Path) -> str:
    """A key of messages/mutants.toml that says why the row applies no more; empty if it does."""
    if not (root / row.file).is_file():
        return "row_file"
    lines = [line for line in draw.code_lines(root, row.file) if line.text.strip() == row.was]
    if not lines:
        return "row_line"
    if not any(row.now in _made(line) for line in lines):
        return "row_change"
    return "" if len(row.why) >= SENTENCE_MIN else "row_why"


def _made(line: draw.Line) -> set[str]:
    code = draw.bare(line.text)
    made = operators.changes(code, line.returns, line.whole).values()
    return {(now + line.text[len(code) :]).strip() for several in made for now in several}
