# SPDX-License-Identifier: Apache-2.0
"""What a small card says of each name that a page links to: once a page, as a script.

    self.codeCards = {"words": {"guards": …}, "pages": {"07-poller.html": "7 · …"},
                      "cards": {HREF: CARD}}

A card is [declaration, sentence] and may go on with ["guards", names] or ["partner",
sentences]. Where two names have one address, the key is the address, a space, the name.
A page of the notes has its cards in a file of its own, a page of the source browser in
itself. There is no fetching: a page that was opened from a file may not.
"""

from __future__ import annotations

import json
import re

from learn.index.names import Name
from learn.say import area_messages

_TAG = re.compile(r"\s*\[[^\]]*\]")  # [any]: which thread may call
_END = re.compile(r"(?<=[.?!:;])\s+(?=[A-Z`~0-9(])")
_PARTNER = re.compile(
    r"\b(pairs? with|acquires?|releases?|relaxed|published?|written|writes?|reads?|any thread"
    r"|all threads|under (the )?\w*mutex)\b"
)
_ATOMIC = re.compile(r"\batomic\b|\bAtomic<")
LONGEST = 170


def card(places: list[Name]) -> list[str]:
    """Of one name: the declaration that has a comment speaks, else the first."""
    told = min(places, key=lambda p: (not p.comment, p.is_definition, p.file, p.line))
    sentences = _sentences(told.comment)
    said = [told.declaration, _short(sentences[0]) if sentences else ""]
    if guards := next((place.guards for place in places if place.guards), ()):
        return [*said, "guards", ", ".join(guards)]
    if told.kind in ("field", "variable") and _ATOMIC.search(told.declaration):
        more = [s for s in sentences[1:] if _PARTNER.search(s)]
        if more:
            return [*said, "partner", _short(" ".join(more))]
    return said


def _sentences(comment: str) -> list[str]:
    words = _TAG.sub("", comment).strip()
    return [sentence.strip() for sentence in _END.split(words) if sentence.strip()]


def _short(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return text[:LONGEST].rsplit(" ", 1)[0].rstrip(",;:") + " …"


class Cards:
    """Collects the cards of one page while its pieces are made."""

    def __init__(self, names, language: str) -> None:
        self.names, self.language = names, language
        self.by_href: dict[str, dict[str, list[str]]] = {}

    def add(self, href: str, usr: str) -> None:
        places = self.names.places(usr)
        word = places[0].last
        if word not in self.by_href.setdefault(href, {}):
            self.by_href[href][word] = card(places)

    def script(self, titles: dict[str, str]) -> str:
        """Nothing in it can end its element. `titles`: of each chapter's page."""
        cards: dict[str, list[str]] = {}
        for href, named in self.by_href.items():
            for number, (word, said) in enumerate(named.items()):
                cards[f"{href} {word}" if number else href] = said
        used = {href.partition("#")[0].replace("../", "") for href in self.by_href}
        messages = area_messages("code")
        words = {key: messages[f"card_{key}"][self.language]
                 for key in ("guards", "partner", "here", "source", "piece")}  # fmt: skip
        told = {"words": words, "pages": {p: t for p, t in titles.items() if p in used},
                "cards": cards}  # fmt: skip
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        return "self.codeCards=" + text.replace("<", "\\u003c") + ";"
