# SPDX-License-Identifier: Apache-2.0
"""Which lines of src/ are code, and which page shows each of them.

Frame lines need no page: blank lines, comments, lone braces, includes, pragmas,
namespaces, access labels. A line is owned by the chapter whose src() shows it;
quote() shows without owning.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from learn.index.symbol import SymbolError
from learn.site import pieces
from learn.site.directives import find

_FRAME = re.compile(
    r"^\s*(//.*|[{}]+[;,)]*(\s*//.*)?|#\s*(include|pragma|if|ifdef|ifndef|else|elif|endif)\b.*"
    r"|(inline\s+)?namespace\b[^;=]*\{.*|(public|protected|private):)?\s*$"
)


@dataclass(frozen=True)
class Shown:
    """Where a line is shown: chapter, page and line of the page, first line of the piece."""

    chapter: str
    page: str
    line: int
    language: str
    start: int


@dataclass
class CodeLine:
    """One line of code and who owns it, by language."""

    file: str
    line: int
    owners: dict[str, list[Shown]] = field(default_factory=lambda: {"en": [], "zh": []})


def code_lines(root: Path, source: Path) -> dict[tuple[str, int], CodeLine]:
    """Every code line below `source`."""
    found = {}
    for file in sorted(f for s in ("*.h", "*.cpp") for f in source.rglob(s)):
        name = str(file.relative_to(root))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if not _FRAME.match(line):
                found[name, number] = CodeLine(name, number)
    return found


def own(lines: dict[tuple[str, int], CodeLine], root: Path, notes: Path, index, chapters) -> None:
    """Enters each src() of each chapter's two pages."""
    for shown, piece in shown_pieces(root, notes, index, chapters):
        for number in range(piece.start, piece.end + 1):
            if line := lines.get((piece.file, number)):
                line.owners[shown.language].append(shown)


def shown_pieces(root: Path, notes: Path, index, chapters) -> Iterator[tuple[Shown, pieces.Piece]]:
    """Each src() of each chapter's two pages. What a page names wrongly is left out; the
    site's build reports it."""
    cut = functools.cache(lambda name: _cut(index, name, root))  # both languages name the same
    for chapter in chapters:
        for language in ("en", "zh"):
            page = notes / language / f"{chapter}.md"
            if not page.is_file():
                continue
            for directive in find(page.read_text(encoding="utf-8")):
                piece = cut(directive.argument) if directive.name == "src" else None
                if piece:
                    at = str(page.relative_to(root))
                    yield Shown(chapter, at, directive.line, language, piece.start), piece


def _cut(index, name: str, root: Path) -> pieces.Piece | None:
    try:
        return pieces.cut(index, name, root)
    except (SymbolError, pieces.PieceError):
        return None
