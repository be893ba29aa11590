# SPDX-License-Identifier: Apache-2.0
"""Which lines of the source a src() or quote() shows.

A name is looked up in the symbol index. One thing is added here: a class that
is too long for one piece is shown by its sections,

    {{ src("LinkBuffer@public") }}     from the comment above the class on
    {{ src("LinkBuffer@private") }}    from `private:` to the end

Each section runs to the line before the next one, so they add up to the class.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from learn.index.symbol import Symbol

MAX_LINES = 40

_SECTION = re.compile(r"^(.*)@(public|protected|private)$")
_LABEL = re.compile(r"^\s*(public|protected|private):")


class PieceError(Exception):
    """Lines that cannot be shown as asked for; says why."""


@dataclass(frozen=True)
class Piece:
    """The lines start..end of `file`, which show `symbol`."""

    symbol: Symbol
    file: str
    start: int
    end: int
    lines: tuple[str, ...]

    def __len__(self) -> int:
        return self.end - self.start + 1

    @property
    def short_name(self) -> str:
        return self.symbol.name.removeprefix("netpoll::")


def cut(index, name: str, root: Path) -> Piece:
    """The piece that `name` shows. Raises SymbolError or PieceError."""
    section = _SECTION.match(name)
    symbol = index.find(section.group(1) if section else name)
    text = (root / symbol.file).read_text(encoding="utf-8").splitlines()
    start, end = symbol.comment_start, symbol.end
    if section:
        start, end = _section(symbol, section.group(2), text)
    return Piece(symbol, symbol.file, start, end, tuple(text[start - 1 : end]))


def _section(symbol: Symbol, wanted: str, text: list[str]) -> tuple[int, int]:
    """First and last line of one section of a class."""
    depth_of_members = _indent(text[symbol.start - 1]) + 1
    labels = [
        (number, match.group(1))
        for number in range(symbol.start + 1, symbol.end)
        if (match := _LABEL.match(text[number - 1]))
        and _indent(text[number - 1]) == depth_of_members
    ]
    for position, (number, label) in enumerate(labels):
        if label != wanted:
            continue
        last = position + 1 == len(labels)
        end = symbol.end if last else labels[position + 1][0] - 1
        while not text[end - 1].strip():
            end -= 1
        return (symbol.comment_start if position == 0 else number), end
    raise PieceError(f"{symbol.name} has no section {wanted}:")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
