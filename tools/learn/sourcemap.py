# SPDX-License-Identifier: Apache-2.0
"""The source map: what became of each symbol of netpoll v0.7.0.

    notes/upstream/source-map.tsv     symbol file status ours why_en why_zh
    notes/upstream/source-words.tsv   upstream ours why_en why_zh

One row of the map for each row of the symbol table, told by symbol and file.
`ours` are names as the index finds them, joined by "; ". The status says:

    ported    the same thing under the same word, in C++'s case
    renamed   the same thing under another word; why stands once, in the words
    merged    done by something of ours that does more, or by several
    changed   the same purpose, by another mechanism or with another result;
              the word may differ as well
    omitted   not there
    test      only tests of upstream use it, and this is what ours use
    planned   not written yet; the gate stays red until it is
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from learn.paths import NOTES

MAP_TSV = NOTES / "upstream" / "source-map.tsv"
WORDS_TSV = NOTES / "upstream" / "source-words.tsv"
MAP_HEADER = ("symbol", "file", "status", "ours", "why_en", "why_zh")
WORDS_HEADER = ("upstream", "ours", "why_en", "why_zh")
STATUSES = ("ported", "renamed", "merged", "changed", "omitted", "test", "planned")


@dataclass(frozen=True)
class Row:
    line: int  # in the table
    symbol: str
    file: str
    status: str
    ours: tuple[str, ...]
    why: dict[str, str]  # language -> text, "" for none


@dataclass(frozen=True)
class Word:
    line: int
    upstream: str
    ours: str
    why: dict[str, str]


class BadTable(Exception):
    """The file cannot be read at all, or a line has too many or few columns."""

    def __init__(self, path: Path, line: int, text: str) -> None:
        self.path, self.line = path, line
        super().__init__(text)


def read_map(path: Path = MAP_TSV) -> list[Row]:
    return [
        Row(line, symbol, file, status, _names(ours), {"en": en, "zh": zh})
        for line, (symbol, file, status, ours, en, zh) in _rows(path, MAP_HEADER)
    ]


def read_words(path: Path = WORDS_TSV) -> list[Word]:
    return [
        Word(line, upstream, ours, {"en": en, "zh": zh})
        for line, (upstream, ours, en, zh) in _rows(path, WORDS_HEADER)
    ]


def last_word(name: str) -> str:
    """`next` of `LinkBuffer::next(size_t)`, `Next` of `UnsafeLinkBuffer.Next`."""
    return re.split(r"::|\.", name.split("(")[0])[-1].strip()


def same_word(upstream: str, ours: str) -> bool:
    """Equal but for case, underscores and Go's prefix Err."""
    theirs, mine = _bare(last_word(upstream)), _bare(last_word(ours))
    return mine in (theirs, theirs.removeprefix("err"))


def _bare(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


def _names(ours: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in ours.split(";") if name.strip())


def _rows(path: Path, header: tuple[str, ...]):
    """(line, fields) of each row below the header."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except OSError as problem:
        raise BadTable(path, 0, str(problem.strerror)) from problem
    if not rows or tuple(rows[0]) != header:
        raise BadTable(path, 1, " ".join(header))
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise BadTable(path, line, " ".join(header))
        yield line, [field.strip() for field in row]
