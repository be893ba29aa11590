# SPDX-License-Identifier: Apache-2.0
"""The words of the search: what a page is to be found by, and where a Chinese sentence
is cut into words.

A page names its search words in its front matter, in the language of its readers:

    search:
      words: [half-close, shutdown]         what the page is about
      at:
        guard: [double free]                what one of its headings is about

A cut that differs between page and query loses the page, so the dictionary knows the
terms of notes/glossary.toml and tools/site/words.txt, and the short search words too.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from pathlib import Path

import jieba
from mkdocs.utils import meta

from learn import paths
from learn.site import content

WORDS = paths.TOOLS / "site" / "words.txt"
BREAK = "\u200b"  # between two Chinese words; has no width where it is shown
OFTEN = 100_000
LONGEST = 5  # characters of a search word that is one word of the dictionary

_HAN = re.compile(r"[\u3400-\u9fff]+")


class BadWords(Exception):
    """A front matter whose search words cannot be read; one line."""


@dataclass
class PageWords:
    """The search words of one page."""

    title: list[str] = field(default_factory=list)  # of the front matter: the subject, in short
    page: list[str] = field(default_factory=list)
    at: dict[str, list[str]] = field(default_factory=dict)  # heading id -> words

    def of(self, heading: str) -> list[str]:
        return self.at.get(heading, []) if heading else [*self.title, *self.page]

    @property
    def all(self) -> list[str]:
        return [*self.page, *(word for words in self.at.values() for word in words)]


def of_page(file: Path) -> PageWords:
    """What the front matter of a page says."""
    _, front = meta.get_data(file.read_text(encoding="utf-8"))
    search = front.get("search") or {}
    if not isinstance(search, dict):
        raise BadWords(f"{paths.relative(file)}: search is no table with words and at")
    title = [front["title"]] if front.get("title") else []
    at = search.get("at") or {}
    lists = [search.get("words") or [], *at.values()]
    if not all(isinstance(words, list) for words in lists):
        raise BadWords(f"{paths.relative(file)}: search words are no list")
    return PageWords(title, _texts(lists[0]),
                     {str(key): _texts(words) for key, words in at.items()})


def _texts(words: list) -> list[str]:
    return [str(word) for word in words]


def dictionary(notes: Path = paths.NOTES, listed: Path = WORDS) -> list[str]:
    """Every Chinese word that is to stay whole, the longest first."""
    words = {line.split()[0] for line in listed.read_text(encoding="utf-8").splitlines() if line}
    for term in content.glossary(notes / "glossary.toml"):
        words |= set(term["zh"])
    for page in (notes / "zh").glob("*.md"):
        words |= {word for word in of_page(page).all if len(word) <= LONGEST}
    whole = {word for word in words if _HAN.fullmatch(word) and len(word) > 1}
    return sorted(whole, key=lambda word: (-len(word), word))


class Cutter:
    """Cuts Chinese text into words, by one dictionary."""

    def __init__(self, words: list[str]) -> None:
        logging.getLogger("jieba").setLevel(logging.WARNING)
        self.tokenizer = jieba.Tokenizer()
        for word in words:
            self.tokenizer.add_word(word, OFTEN)

    def cut(self, text: str) -> str:
        """`text` with a break around each Chinese word."""
        return _HAN.sub(self._parted, text).strip(BREAK)

    def _parted(self, match: re.Match[str]) -> str:
        return BREAK + BREAK.join(self.tokenizer.cut(match[0])) + BREAK
