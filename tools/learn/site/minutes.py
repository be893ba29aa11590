# SPDX-License-Identifier: Apache-2.0
"""How long a chapter takes to read, by a formula: its words, and the lines it shows.

A word of English, a character of Chinese and a line of code or output take the same time
each, wherever they stand. It is a slow reader's pace: code is read, not looked at.
"""

from __future__ import annotations

import re
from pathlib import Path

from learn.index.symbol import SymbolError
from learn.site import pieces
from learn.site.directives import PIECES, find, prose_lines

WORDS = 220  # of English in a minute
CHARACTERS = 400  # of Chinese
LINES = 15  # of code, and of what a program prints
OFF = 1 / 3  # how far chapter.toml may be from it

_NOT_READ = re.compile(r"\{\{.*?\}\}|\]\([^)]*\)|\{\s*[#.][^}]*\}")
_WORD = re.compile(r"[A-Za-z0-9][\w'’.:-]*")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def of_page(markdown: str, language: str, index, root: Path) -> float:
    """Minutes for one page of one language."""
    prose, lines = [], 0
    for _, line, inside in prose_lines(markdown):
        lines += inside and not line.lstrip().startswith(("```", "~~~"))
        if not inside:
            prose.append(_NOT_READ.sub("", line))
    lines += shown_lines(markdown, index, root)
    return _words("\n".join(prose), language) + lines / LINES


def _words(prose: str, language: str) -> float:
    words = len(_WORD.findall(prose.encode("ascii", "ignore").decode()))
    if language == "en":
        return words / WORDS
    return (len(_CHINESE.findall(prose)) + words) / CHARACTERS


def shown_lines(markdown: str, index, root: Path) -> int:
    """Lines of code that the page's directives show; blank ones take no time."""
    count = 0
    for directive in find(markdown):
        if directive.name not in PIECES:
            continue
        try:
            piece = pieces.cut(index, directive.argument, root)
        except (SymbolError, pieces.PieceError):
            continue  # the site's build reports it
        count += sum(bool(line.strip()) for line in piece.lines)
    return count
