# SPDX-License-Identifier: Apache-2.0
"""Where a reader finds each name of ours explained: which page, and which line of it.

The ledger says which chapter shows a line. A name leads to its definition when a chapter
owns that, else to its declaration; and what no chapter owns to its line in the source
browser. A declaration that stands there itself leads to the other place of its name.

    places.href(usr, language, here)     "07-poller.html#:run", "#:run" or "source/…#L42"
    places.ids(file, language, page)     line -> id, of the lines that others link to
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from learn.index.names import Mention, Name
from learn.site.ownership import Shown, shown_pieces

_UNSAFE = re.compile(r"[^\w:~]+")
LANGUAGES = ("en", "zh")


@dataclass
class Owned:
    """What the pages of one language show and own."""

    lines: dict[tuple[str, int], Shown] = field(default_factory=dict)
    ids: dict[tuple[str, int], str] = field(default_factory=dict)  # of the lines with names


class Places:
    """Made once, for both languages."""

    def __init__(self, index, root: Path, notes: Path, chapters: Iterable[str]) -> None:
        self.names = index.names
        self.owned = {lang: Owned() for lang in LANGUAGES}
        for shown, piece in shown_pieces(root, notes, index, chapters):
            lines = self.owned[shown.language].lines
            for number in range(piece.start, piece.end + 1):
                lines.setdefault((piece.file, number), shown)
        for language in LANGUAGES:
            self._name_lines(language)

    def target(self, usr: str, language: str) -> Name | None:
        """The place of a name that its links lead to."""
        lines = self.owned[language].lines
        places = sorted(self.names.places(usr), key=lambda p: (not p.is_definition, p.file, p.line))
        owned = [place for place in places if (place.file, place.line) in lines]
        return next(iter(owned or places), None)

    def owner(self, file: str, line: int, language: str) -> Shown | None:
        return self.owned[language].lines.get((file, line))

    def href(self, usr: str, language: str, page: str) -> str:
        """From a page of that language to the name; "" for none."""
        place = self.target(usr, language)
        return self.to_place(place, language, page) if place else ""

    def to_place(self, place: Name, language: str, page: str) -> str:
        """`page` is the reader's: its chapter's id, or "" from elsewhere."""
        shown = self.owner(place.file, place.line, language)
        if shown is None:
            is_there = place.file.startswith("src/")  # programs have no page
            return source_page(place.file) + f"#L{place.line}" if is_there else ""
        mark = self.owned[language].ids[place.file, place.line]
        return f"#{mark}" if shown.chapter == page else f"{shown.chapter}.html#{mark}"

    def link(self, mention: Mention, file: str, language: str, page: str) -> str:
        """Where a token leads. A definition leads to what was said of it before, if that
        stands elsewhere; a name that is said in one place only leads nowhere from there."""
        if not mention.usr:
            return ""
        target = self.target(mention.usr, language)
        if target is None:
            return ""
        here = (file, mention.line)
        if mention.declares and (target.file, target.line) == here:
            others = [p for p in self.names.places(mention.usr) if (p.file, p.line) != here]
            return self.to_place(others[0], language, page) if others else ""
        return self.to_place(target, language, page)

    def ids(self, file: str, language: str, first: int, last: int) -> dict[int, str]:
        marks = self.owned[language].ids
        return {n: marks[file, n] for n in range(first, last + 1) if (file, n) in marks}

    @functools.cached_property
    def heads(self) -> frozenset[str]:
        """The names of functions."""
        return frozenset(p[0].usr for p in self.names.all() if p[0].kind == "function")

    def _name_lines(self, language: str) -> None:
        """An id for each owned line that declares something: as few words of the name as
        tell it from the others of its page."""
        owned = self.owned[language]
        pages: dict[str, dict[tuple[str, int], str]] = {}
        for places in self.names.all():
            for place in places:
                if shown := owned.lines.get((place.file, place.line)):
                    lines = pages.setdefault(shown.chapter, {})
                    key = place.file, place.line
                    lines[key] = min(lines.get(key, place.name), place.name, key=len)
        for lines in pages.values():
            owned.ids |= _ids(lines)


def _ids(lines: dict[tuple[str, int], str]) -> dict[tuple[str, int], str]:
    words = {key: _UNSAFE.sub("-", name.removeprefix("netpoll::")).split("::")
             for key, name in lines.items()}  # fmt: skip
    taken: set[str] = set()
    made = {}
    for key in sorted(words):
        parts = words[key]
        forms = [":" + "::".join(parts[-n:]) for n in range(1, len(parts) + 1)]
        forms += [f"{forms[-1]}-{n}" for n in range(2, len(lines) + 2)]
        made[key] = next(form for form in forms if form not in taken)
        taken.add(made[key])
    return made


def source_page(file: str) -> str:
    """The page of a source file, from the top of a language's site."""
    return f"source/{file.removeprefix('src/')}.html"


def piece_id(file: str, start: int) -> str:
    """Of a piece on its page: `poller-cpp-42`."""
    return f"{Path(file).name.replace('.', '-')}-{start}"
