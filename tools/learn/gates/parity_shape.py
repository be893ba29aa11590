# SPDX-License-Identifier: Apache-2.0
"""What the parity gate compares without understanding a word.

Headings and their ids, directives, links, shapes of tables, numbers; and the terms of
notes/glossary.toml: a page that uses a term in one language uses it in the other.
"""

from __future__ import annotations

import re
from pathlib import Path

from learn import paths
from learn.gate import Problem
from learn.gates import parity_terms
from learn.say import say
from learn.site.content import LANGUAGES, glossary
from learn.site.units import Page, Unit

Pages = dict[str, dict[str, Page]]


def compare(pages: Pages, folder: Path) -> list[Problem]:
    terms = glossary(folder / "glossary.toml")
    problems = []
    for name, both in pages.items():
        files = {lang: paths.relative(folder / lang / f"{name}.md") for lang in LANGUAGES}
        if len(both) < len(LANGUAGES):
            here, there = sorted(LANGUAGES, key=lambda lang: lang not in both)
            mend = say("parity.no_page_mend", file=files[there])
            problems.append(Problem(files[here], 1, say("parity.no_page", other=there), mend))
            continue
        problems += _marks(both, files)
        problems += _units(both, files)
        problems += _terms(both, files, terms)
    return problems + parity_terms.check(pages, folder, terms)


def _marks(both: dict[str, Page], files: dict[str, str]) -> list[Problem]:
    """The first place where headings or directives differ, and headings without an id."""
    problems = []
    for lang, page in both.items():
        for mark, line in page.marks:
            if mark.startswith("##") and mark.endswith("{#}"):
                text = say("parity.no_id")
                problems.append(Problem(files[lang], line, text, say("parity.no_id_mend")))
    en, zh = both["en"].marks, both["zh"].marks
    for position in range(max(len(en), len(zh))):
        left = en[position] if position < len(en) else ("–", en[-1][1] if en else 1)
        right = zh[position] if position < len(zh) else ("–", zh[-1][1] if zh else 1)
        if left[0] != right[0]:
            text = say("parity.marks", en=left[0], zh=right[0], line=left[1])
            problems.append(Problem(files["zh"], right[1], text, say("parity.marks_mend")))
            break
    return problems


def _units(both: dict[str, Page], files: dict[str, str]) -> list[Problem]:
    english = {unit.key: unit for unit in both["en"].units}
    problems = []
    for unit in both["zh"].units:
        other = english.get(unit.key)
        if other is None:
            continue
        for what in ("links", "tables", "numbers"):
            problems += _differ(what, other, unit, files)
    return problems


def _differ(what: str, en: Unit, zh: Unit, files: dict[str, str]) -> list[Problem]:
    left, right = getattr(en, what), getattr(zh, what)
    if left == right:
        return []
    text = say(
        f"parity.{what}",
        unit=en.key,
        en=" ".join(item for item in left if item not in right) or "–",
        zh=" ".join(item for item in right if item not in left) or "–",
    )
    return [
        Problem(
            files["zh"], zh.line, text, say("parity.differ_mend", file=files["en"], line=en.line)
        )
    ]


def _terms(both: dict[str, Page], files: dict[str, str], terms: list[dict]) -> list[Problem]:
    problems = []
    for term in terms:
        seen = {lang: _first(both[lang], term[lang], lang) for lang in LANGUAGES}
        if bool(seen["en"]) != bool(seen["zh"]):
            here, there = ("en", "zh") if seen["en"] else ("zh", "en")
            text = say("parity.term", term=term[here][0], other=there, want=term[there][0])
            mend = say("parity.term_mend", want=term[there][0], file=files[there])
            problems.append(Problem(files[here], seen[here], text, mend))
        for lang in LANGUAGES:
            if line := _first(both[lang], term.get(f"avoid_{lang}", []), lang):
                text = say("parity.avoid", want=term[lang][0])
                problems.append(
                    Problem(files[lang], line, text, say("parity.avoid_mend", want=term[lang][0]))
                )
    return problems


def _first(page: Page, forms: list[str], lang: str) -> int:
    """The first line that has one of the forms; 0 when none has."""
    edge = r"\b" if lang == "en" else ""
    for form in forms:
        pattern = re.compile(rf"{edge}{re.escape(form)}{'s?' if edge else ''}{edge}", re.IGNORECASE)
        for unit in page.units:
            if unit.key.endswith("#top/0"):  # the search words: what people type
                continue
            for offset, line in enumerate(unit.lines):
                if pattern.search(line):
                    return unit.line + offset
    return 0
