# SPDX-License-Identifier: Apache-2.0
"""The names in the code that a built site shows: is each of ours a link, and where to?

count(site, pages, names)    what the index says of the lines of each piece, beside the
                             links that stand in them

A name of src/ is due a link unless its only declaration is the token itself. Words that libclang
could not tell, of which we have a name, are due one too, and have none: in a template such
a word may be anybody's.
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

LEAST = 0.95  # of the names on all pages
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
    by_class: int = 0  # of all names in src/, those that only the class around them told
    problems: list[Problem] = field(default_factory=list)

    def figures(self) -> dict[str, int]:
        return {"code_pieces": self.pieces, "code_identifiers": self.identifiers,
                "code_linked": self.linked, "code_broken": self.broken,
                "code_told_by_class": self.by_class}  # fmt: skip


def count(site: Path, pages: list[str], names: Names) -> Found:
    found, targets = Found(by_class=names.by_own_members), _Targets(site)
    worst = (LEAST, "", 0, 0)  # share, page, linked, due
    for page in pages:
        text = (site / page).read_text(encoding="utf-8")
        due, linked = _page(page, text, names, targets, found)
        found.identifiers += due
        found.linked += linked
        worst = min(worst, (linked / due if due else 1, page, linked, due))
    if found.linked < LEAST * found.identifiers:
        _, page, linked, due = worst
        text = say("code.few", all=found.identifiers, found=found.linked,
                   least=round(100 * LEAST), linked=linked, due=due)  # fmt: skip
        found.problems.append(Problem(page, 0, text, say("code.few_mend")))
    return found


def _page(page: str, text: str, names: Names, targets: _Targets, found: Found) -> tuple[int, int]:
    """How many names of the page are due a link, and how many have one."""
    due = linked = 0
    for piece in _PIECE.finditer(text):
        file, first = piece["file"], int(piece["before"] or 0) + 1
        last = first + piece["body"].count("\n</i>") - 1
        told, open_ = _due(names, file, first, last)
        hrefs = [html.unescape(a or b) for a, b in _LINK.findall(piece["body"])]
        due, linked = due + told + open_, linked + min(told, len(hrefs))
        found.pieces += 1
        if told and not hrefs:
            what = say("code.unlinked", file=file, line=first, due=told)
            found.problems.append(Problem(page, 0, what, say("code.unlinked_mend")))
        for href in dict.fromkeys(hrefs):
            if not targets.has(page, href):
                found.broken += 1
                what = say("code.broken", target=href, file=file, line=first)
                found.problems.append(Problem(page, 0, what, say("code.broken_mend")))
    return due, linked


def _due(names: Names, file: str, first: int, last: int) -> tuple[int, int]:
    """Names of the lines first..last: those that lead somewhere else, and the open ones."""
    lines = names.mentions(file)
    shown = [mention for number in range(first, last + 1) for mention in lines.get(number, ())]
    told = [m for m in shown if m.usr and (not m.declares or len(names.places(m.usr)) > 1)]
    ours = [m for m in told if names.places(m.usr)[0].file.startswith("src/")]
    return len(ours), sum(not m.usr for m in shown)


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
