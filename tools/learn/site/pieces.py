# SPDX-License-Identifier: Apache-2.0
"""Which lines of the source a src() or quote() shows.

A name is looked up in the symbol index. One thing is added here: a class that
is too long for one piece is shown by its sections,

    {{ src("LinkBuffer@public") }}     from the comment above the class on
    {{ src("LinkBuffer@private") }}    from `private:` to the end

Each section runs to the line before the next one, so they add up to the class.
A section that is too long itself, or a few constants, are shown by a range:

    {{ src("Poller .. Poller::open@decl") }}   from the first, with its comment,
                                               to the end of the second
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from learn.index.symbol import Symbol

MAX_LINES = 40

_RANGE = re.compile(r"^(\S.*?)\s+\.\.\s+(.*\S)$")
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
    if ends := _RANGE.match(name):
        return _range(index, *ends.groups(), root)
    section = _SECTION.match(name)
    symbol = index.find(section.group(1) if section else name)
    text = (root / symbol.file).read_text(encoding="utf-8").splitlines()
    start, end = symbol.comment_start, symbol.end
    if section:
        start, end = _section(symbol, section.group(2), text)
    return Piece(symbol, symbol.file, start, end, tuple(text[start - 1 : end]))


def _range(index, first: str, last: str, root: Path) -> Piece:
    """The lines from one symbol to another of the same file."""
    begin, end = index.find(first), index.find(last)
    if begin.file != end.file or end.end < begin.start:
        raise PieceError(f"{last} does not follow {first} in {begin.file}")
    text = (root / begin.file).read_text(encoding="utf-8").splitlines()
    start = begin.comment_start
    return Piece(begin, begin.file, start, end.end, tuple(text[start - 1 : end.end]))


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
