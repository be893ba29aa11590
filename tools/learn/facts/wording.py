# SPDX-License-Identifier: Apache-2.0
"""What the original documents, declares or has to be asked for is no bug of it.

A row of tests/upstream_bugs.tsv that is marked `contract` must not be called a
bug in notes/: not in a paragraph that names it, nor under a heading that calls
all below it bugs. A row is named by its issue, as #404, or by the original's
function in its last column, as WriteBinary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from learn.paths import TESTS

BUGS_TSV = TESTS / "upstream_bugs.tsv"
CONTRACT = "contract"
_BUG = re.compile(r"\b(?:bugs?|defects?|faults?)\b|缺陷|错误|毛病|出过的错", re.IGNORECASE)
_HEADING = re.compile(r"^#{1,6} ")


@dataclass(frozen=True)
class Row:
    line: int
    row: str
    kind: str
    place: str

    @property
    def names(self) -> list[str]:
        """How a text may name the row."""
        inside = re.search(r"\((?:\w+\.)*(\w+)\)", self.place)
        issue = [rf"#{self.row}\b"] if self.row.isdigit() and int(self.row) > 18 else []
        return issue + ([rf"\b{inside[1]}\b"] if inside else [])


@dataclass(frozen=True)
class Called:
    line: int  # of the text
    row: str
    word: str


def read(path: Path = BUGS_TSV) -> list[Row]:
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()[1:], 2):
        row, _, kind, _, _, place = line.split("\t")
        rows.append(Row(number, row, kind, place))
    return rows


def called(text: str, rows: list[Row]) -> Iterator[Called]:
    """Each paragraph that names a contract and calls it, or all around it, bugs."""
    contracts = [row for row in rows if row.kind == CONTRACT]
    for line, heading, paragraph in _paragraphs(text):
        bug = _BUG.search(heading) or _BUG.search(paragraph)
        for row in contracts:
            if bug and any(re.search(name, paragraph) for name in row.names):
                yield Called(line, row.row, bug[0])


def _paragraphs(text: str) -> Iterator[tuple[int, str, str]]:
    """(first line, the heading above, text) of each paragraph."""
    heading, begun, first = "", [], 0
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.strip() and not _HEADING.match(line):
            first = first or number
            begun.append(line)
            continue
        if begun:
            yield first, heading, " ".join(begun)
            begun, first = [], 0
        if _HEADING.match(line):
            heading = line
