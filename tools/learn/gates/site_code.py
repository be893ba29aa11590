# SPDX-License-Identifier: Apache-2.0
"""The names in the code that a built site shows: is each of ours a link, and where to?

count(site, pages, names)    what the index says of the lines of each piece, beside the
                             links that stand in them

A name is due a link unless its only declaration is the token itself. Words that libclang
could not tell, of which we have a name, are due one too, and have none.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from learn.gate import Problem
from learn.index.names import Names
from learn.say import say

LEAST = 0.95  # of the names on a page
_PIECE = re.compile(
    r'<div class="piece"[^>]*><span class="filename">(?P<file>[^<]*)</span>'
    r'<pre(?: style="counter-reset:l (?P<before>\d+)")?><code[^>]*>(?P<body>.*?)</code></pre>',
    re.DOTALL,
)
_LINK = re.compile(r'<a href=(?:"([^"]*)"|([^\s>]+))')
_ID = re.compile(r'\bid=(?:"([^"]*)"|([^\s>]+))')


@dataclass
class Found:
    """The figures of a site, and what is wrong with it."""

    pieces: int = 0
    identifiers: int = 0
    linked: int = 0
    broken: int = 0
    problems: list[Problem] = field(default_factory=list)

    def figures(self) -> dict[str, int]:
        return {"code_pieces": self.pieces, "code_identifiers": self.identifiers,
                "code_linked": self.linked, "code_broken": self.broken}  # fmt: skip


def count(site: Path, pages: list[str], names: Names) -> Found:
    found, targets = Found(), _Targets(site)
    for page in pages:
        _page(page, (site / page).read_text(encoding="utf-8"), names, targets, found)
    return found


def _page(page: str, text: str, names: Names, targets: _Targets, found: Found) -> None:
    due = linked = 0
    for piece in _PIECE.finditer(text):
        file, first = piece["file"], int(piece["before"] or 0) + 1
        lines = piece["body"].split("\n</i>")[:-1]
        owed = sum(_due(names, file, first + n) for n in range(len(lines)))
        hrefs = [html.unescape(a or b) for a, b in _LINK.findall(piece["body"])]
        due, linked = due + owed, linked + min(owed, len(hrefs))
        found.pieces += 1
        if owed and not hrefs:
            text_ = say("code.unlinked", file=file, line=first, due=owed)
            found.problems.append(Problem(page, 0, text_, say("code.unlinked_mend")))
        for href in dict.fromkeys(hrefs):
            if not targets.has(page, href):
                found.broken += 1
                text_ = say("code.broken", target=href, file=file, line=first)
                found.problems.append(Problem(page, 0, text_, say("code.broken_mend")))
    found.identifiers += due
    found.linked += linked
    if linked < LEAST * due:
        text_ = say("code.few", linked=linked, due=due, least=round(100 * LEAST))
        found.problems.append(Problem(page, 0, text_, say("code.few_mend")))


def _due(names: Names, file: str, line: int) -> int:
    return sum(
        not mention.declares or len(names.places(mention.usr)) > 1
        for mention in names.mentions(file).get(line, ())
    )


class _Targets:
    """Which ids the pages of a site have; each page is read once."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.ids: dict[Path, set[str]] = {}

    def has(self, page: str, href: str) -> bool:
        path, _, mark = href.partition("#")
        file = (self.site / page).parent / unquote(path) if path else self.site / page
        if file not in self.ids:
            text = file.read_text(encoding="utf-8") if file.is_file() else ""
            self.ids[file] = {html.unescape(a or b) for a, b in _ID.findall(text)}
        return unquote(mark) in self.ids[file]
