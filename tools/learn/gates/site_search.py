# SPDX-License-Identifier: Apache-2.0
"""The search of a built site: do the questions of notes/questions.toml find their pages?

The queries are asked of the worker and the indexes that the site ships, in node; and one
query a language is typed into a real page, and into that of an unpacked zip (site_offline.py).

check(site, address, …)    all of it
faults(site)               what is wrong with the two indexes, and with where questions lead
asked(site, run)           what the search finds for each query
missed(found)              the queries that do not find their page
typed(address, …)          what a browser shows
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from learn import paths
from learn.gate import Problem
from learn.say import say
from learn.site import content, questions, search_words, tree_pages
from learn.site.search import FOLDERS, NOT_FOUND, WORKERS
from learn.site.search_words import BREAK

CHECKER = paths.NODE / "search_check.mjs"
TYPER = paths.NODE / "search_type.mjs"
FIRST = 3  # pages among which the right one must be
SHARE = 0.95  # of the queries of a language
SHOWN = 5  # problems of one index
TYPED = {"en": "EPOLLOUT", "zh": "边缘触发"}  # each must find a page of its language
TYPED_ON = "glossary.html"  # a short page
_HEADING = re.compile(r'<h([1-3]) id="([^"]+)">(.*?)</h\1>', re.DOTALL)
_HIDDEN = re.compile(r'<a class="headerlink".*?</a>|<[^>]+>', re.DOTALL)

Run = Callable[[Path, dict], object]  # a script of node, and its job


@dataclass(frozen=True)
class Found:
    """What one query found: the pages in order, and the headings of each."""

    language: str
    query: str
    question: questions.Question
    groups: list[list[str]]

    @property
    def page(self) -> bool:
        """The right page is among the first."""
        return any(self._is_page(group) for group in self.groups[:FIRST])

    @property
    def place(self) -> bool:
        """And its right heading is among that page's first."""
        wanted = f"{self.question.page}.html#{self.question.heading}"
        shown = [group[:FIRST] for group in self.groups[:FIRST] if self._is_page(group)]
        return any(wanted in group for group in shown)

    def _is_page(self, group: list[str]) -> bool:
        return group[0].partition("#")[0] == f"{self.question.page}.html"


@dataclass(frozen=True)
class Searched:
    """What the gate is told."""

    figures: dict[str, float]
    problems: list[Problem]


def check(site: Path, address: str, browser: str, run: Run) -> Searched:
    """All of it; `run` runs a script of node with a job, and gives its answer."""
    found = asked(site, run)
    problems = faults(site) + missed(found) + typed(address, browser, run)
    return Searched(figures(found), problems)


def asked(site: Path, run: Run, wanted: list[questions.Question] | None = None) -> list[Found]:
    """Every query of every question, asked of the index of its language."""
    wanted = questions.load() if wanted is None else wanted
    pairs = {
        language: [(query, one) for one in wanted for query in one.asked[language]]
        for language in content.LANGUAGES
    }
    job = {
        "worker": str(next(site.glob(WORKERS))),
        "searches": [
            {"index": str(_index(site, language)),
             "queries": [query for query, _ in pairs[language]]}
            for language in content.LANGUAGES
        ],
    }
    answers = run(CHECKER, job)
    return [
        Found(language, query, one, groups)
        for language, answer in zip(content.LANGUAGES, answers, strict=True)
        for (query, one), groups in zip(pairs[language], answer, strict=True)
    ]


def share(found: list[Found], language: str, what: str = "page") -> float:
    hits = [getattr(one, what) for one in found if one.language == language]
    return sum(hits) / len(hits) if hits else 0.0


def figures(found: list[Found]) -> dict[str, float]:
    return {
        "search_queries": len(found),
        **{f"search_{language}": round(share(found, language), 3)
           for language in content.LANGUAGES},
        **{f"search_{language}_place": round(share(found, language, "place"), 3)
           for language in content.LANGUAGES},
    }


def missed(found: list[Found]) -> list[Problem]:
    """Nothing while enough queries of each language find their page; else each that does not."""
    return [
        Problem(f"notes/{questions.FILE}", 0,
                say("search.not_found", query=one.query, language=one.language,
                    page=one.question.page, first=FIRST),
                say("search.not_found_mend", page=one.question.page))
        for one in found
        if not one.page and share(found, one.language) < SHARE
    ]  # fmt: skip


def faults(site: Path, wanted: list[questions.Question] | None = None) -> list[Problem]:
    """Of the indexes: entries that are no heading of their language, pages without their
    words, two files that differ. Of the questions: answers that are not there."""
    problems = []
    for language in content.LANGUAGES:
        headings = {
            str(page.relative_to(site / FOLDERS[language])): _headings(page)
            for found in ("*.html", *tree_pages.FILES)
            for page in sorted((site / FOLDERS[language]).glob(found))
            if page.name not in NOT_FOUND
        }
        problems += _index_faults(site, language, headings)
        for one in questions.load() if wanted is None else wanted:
            if one.heading not in headings.get(f"{one.page}.html", {}):
                place = f"{one.page}#{one.heading}"
                problems.append(Problem(f"notes/{questions.FILE}", 0,
                                        say("search.no_answer", place=place, language=language),
                                        say("search.no_answer_mend")))
    return problems


def _index_faults(site: Path, language: str, headings: dict[str, dict[str, str]]) -> list[Problem]:
    index = _index(site, language)
    name = str(index.relative_to(site))
    text = index.read_text(encoding="utf-8")
    mend = say("search.index_mend")
    problems = []
    if index.with_suffix(".js").read_text(encoding="utf-8") != f"var __index = {text}":
        problems.append(Problem(name, 0, say("search.index_differs"), mend))
    entries = [entry for entry in json.loads(text)["docs"] if "api/" not in entry["location"]]
    for entry in entries:
        page, _, heading = entry["location"].partition("#")
        title = html.unescape(entry["title"].replace(BREAK, ""))
        if headings.get(page, {}).get(heading) != title:
            problems.append(Problem(name, 0, say("search.stranger", location=entry["location"],
                                                 title=title, language=language), mend))
    problems = problems[:SHOWN]  # a wrong index is wrong in every entry
    found = {entry["location"]: entry.get("words", "") for entry in entries}
    for page in sorted(name for name in headings if "/" not in name):
        source = paths.NOTES / language / f"{Path(page).stem}.md"
        words = search_words.of_page(source).page if source.is_file() else []
        shown = found.get(page, "").replace(BREAK, "")
        if words and all(word in shown for word in words):
            continue
        file = f"notes/{language}/{source.name}"
        problems.append(Problem(file, 0, say("search.no_words"), say("search.no_words_mend")))
    return problems


def _headings(page: Path) -> dict[str, str]:
    """Id -> title; the first one of the page has no id, as in the index."""
    found = {}
    for level, mark, inside in _HEADING.findall(page.read_text(encoding="utf-8")):
        title = " ".join(html.unescape(_HIDDEN.sub("", inside)).split())
        found["" if level == "1" else mark] = title
    return found


def typed(address: str, browser: str, run: Run) -> list[Problem]:
    """Types a query on a page of each language of the site at `address`, a server's or a
    folder's; what is found must be a page of that language."""
    pages = [
        {"url": f"{address}/{FOLDERS[language]}{TYPED_ON}", "query": query}
        for language, query in TYPED.items()
    ]
    problems = []
    for page, links in zip(pages, run(TYPER, {"browser": browser, "pages": pages}), strict=True):
        folder = page["url"].removesuffix(TYPED_ON)
        own = [link for link in links if _is_of(folder, link)]
        if not own or len(own) < len([link for link in links if "/api/" not in link]):
            problems.append(Problem(page["url"].removeprefix(address), 0,
                                    say("search.typed_wrong", query=page["query"]),
                                    say("search.index_mend")))
    return problems


def _is_of(folder: str, link: str) -> bool:
    """Whether the link leads to a page of the language whose pages lie in `folder`."""
    page = link.removeprefix(folder).partition("?")[0].partition("#")[0]
    mine = "/" not in page or page.startswith((f"{tree_pages.EXERCISES}/", f"{tree_pages.LABS}/"))
    return mine and link.startswith(folder)


def _index(site: Path, language: str) -> Path:
    return site / FOLDERS[language] / "search" / "search_index.json"
