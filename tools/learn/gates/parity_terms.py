# SPDX-License-Identifier: Apache-2.0
"""Each term has a page that explains it: a part of the gate `parity`.

learn/site/terms.py says what an explanation is, and makes a link of the first use on
every page that has none. `explained` of a term in notes/glossary.toml names its page
where the first that sets it apart is not the one; `plain = true` is for words that say
themselves what they mean.
"""

from __future__ import annotations

from pathlib import Path

from learn import paths
from learn.gate import Problem
from learn.say import say
from learn.site import terms
from learn.site.content import LANGUAGES
from learn.site.units import Page


def check(pages: dict[str, dict[str, Page]], folder: Path, glossary: list[dict]) -> list[Problem]:
    """What the glossary says of its terms, held to the pages."""
    file = paths.relative(folder / "glossary.toml")
    prose = {lang: _prose(pages, lang) for lang in LANGUAGES}
    problems, seen = [], set()
    for term in glossary:
        word = term["en"][0]
        if word.lower() in seen:
            problems.append(_problem(file, "term_twice", word))
        seen.add(word.lower())
        if not term.get("plain") and not terms.explained_in(term, prose):
            problems.append(_problem(file, "term_not_explained", word))
    return problems


def _prose(pages: dict[str, dict[str, Page]], language: str) -> terms.Pages:
    return {
        name: "\n\n".join(unit.text for unit in both[language].units)
        for name, both in pages.items()
        if language in both
    }


def _problem(file: str, key: str, term: str) -> Problem:
    return Problem(file, 0, say(f"front.{key}", term=term), say(f"front.{key}_mend"))
