# SPDX-License-Identifier: Apache-2.0
"""Which lines of the source a src() or quote() shows.

A name is looked up in the symbol index. Three things are added here. A class that
is too long for one piece is shown by its sections,

    {{ src("LinkBuffer@public") }}     from the comment above the class on
    {{ src("LinkBuffer@private") }}    from `private:` to the end

and each section runs to the line before the next one, so they add up to the class.
A section that is still too long, or a few small things that say one thing together,
are shown from one symbol to another of the same file, both with what is theirs; a
class at the left end gives its comment and its head,

    {{ src("GoPool .. GoPool::Stats") }}
    {{ src(".. timespec_of") }}        from the top of the file
    {{ src("Task::take ..") }}         to its end

and a file that is short, or has names twice, is shown whole: {{ src("base/a.h") }}.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from learn.index.symbol import Symbol, UnknownSymbol

MAX_LINES = 40

_SECTION = re.compile(r"^(.*)@(public|protected|private)$")
_FILE = re.compile(r"^[\w./-]+\.(?:cpp|h)$")
_RANGE = re.compile(r"^(.*?) ?\.\.(?!\.) ?(.*)$")
_LABEL = re.compile(r"^\s*(public|protected|private):")


class PieceError(Exception):
    """Lines that cannot be shown as asked for; says why."""


@dataclass(frozen=True)
class Piece:
    """The lines start..end of `file`, which show `symbol`, or begin with it."""

    symbol: Symbol
    short_name: str
    file: str
    start: int
    end: int
    lines: tuple[str, ...]

    def __len__(self) -> int:
        return self.end - self.start + 1


def cut(index, name: str, root: Path) -> Piece:
    """The piece that `name` shows. Raises SymbolError or PieceError."""
    if _FILE.match(name):
        return _whole(index, name, root)
    section = _SECTION.match(name)
    if reach := _RANGE.match(name):
        return _reach(index, reach[1], reach[2], root)
    symbol = index.find(section.group(1) if section else name)
    text = _text(root, symbol.file)
    start, end = symbol.comment_start, symbol.end
    if section:
        start, end = _section(symbol, section.group(2), text)
    return Piece(symbol, _short(symbol), symbol.file, start, end, tuple(text[start - 1 : end]))


def _reach(index, first: str, last: str, root: Path) -> Piece:
    """From `first` to `last`; an end that is not named is the file's."""
    symbol, to = index.find(first or last), index.find(last or first)
    text = _text(root, symbol.file)
    start, end = (symbol.comment_start if first else 1), (to.end if last else len(text))
    if to.file != symbol.file or end < start:
        raise PieceError(f"{last} does not stand below {first} in {symbol.file}")
    short = _short(symbol) if to is symbol else f"{_short(symbol)} … {_short(to)}"
    return Piece(symbol, short, symbol.file, start, end, tuple(text[start - 1 : end]))


def _whole(index, name: str, root: Path) -> Piece:
    """All of the one file whose path ends with `name`."""
    files = sorted({s.file for s in index.symbols if f"/{s.file}".endswith(f"/{name}")})
    if len(files) != 1:
        raise UnknownSymbol(name, [index.in_file(file)[0] for file in files])
    text = _text(root, files[0])
    return Piece(index.in_file(files[0])[0], name, files[0], 1, len(text), tuple(text))


def _text(root: Path, file: str) -> list[str]:
    return (root / file).read_text(encoding="utf-8").splitlines()


def _short(symbol: Symbol) -> str:
    return symbol.name.removeprefix("netpoll::")


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
