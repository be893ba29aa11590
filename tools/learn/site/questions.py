# SPDX-License-Identifier: Apache-2.0
"""notes/questions.toml: what people ask, and the heading that answers it.

    load()                    every question
    table(root, language)     {{ all("questions") }}: each once, below its chapter
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from learn import paths
from learn.say import area_messages
from learn.site.content import LANGUAGES

FILE = "questions.toml"
_PLACE = re.compile(r"^([\w-]+)#([\w-]+)$")
_TITLE = re.compile(r"^title: \"?(.+?)\"?$", re.MULTILINE)
_HEADING = re.compile(r"^#{2,3} (.+?) \{#([\w-]+)\}$", re.MULTILINE)


class BadQuestions(Exception):
    """The file says something that cannot be used; one line."""


@dataclass(frozen=True)
class Question:
    """One question: the page and the heading of its answer, its words, and what is typed."""

    page: str
    heading: str
    text: dict[str, str]
    asked: dict[str, list[str]]


def load(notes: Path = paths.NOTES) -> list[Question]:
    """In the order of the file."""
    with (notes / FILE).open("rb") as opened:
        return [_question(entry) for entry in tomllib.load(opened)["question"]]


def _question(entry: dict) -> Question:
    place = _PLACE.match(entry.get("at", ""))
    if not place:
        raise BadQuestions(f"{FILE}: {entry.get('en', entry)}: at is no page#heading")
    for key in (*LANGUAGES, *(f"ask_{lang}" for lang in LANGUAGES)):
        if not entry.get(key):
            raise BadQuestions(f"{FILE}: {entry['at']}: {key} is missing")
    return Question(place[1], place[2], {lang: entry[lang] for lang in LANGUAGES},
                    {lang: entry[f"ask_{lang}"] for lang in LANGUAGES})


def table(root: Path, language: str) -> str:
    """Markdown: a heading for each chapter, and below it a table of its questions."""
    folder = root / "notes" / language
    head = area_messages("search")["questions_head"][language].split("|")
    rows = [f"| {' | '.join(head)} |", "| --- | --- |"]
    lines: list[str] = []
    page = ""
    for question in sorted(load(root / "notes"), key=lambda each: each.page):
        if question.page != page:
            page = question.page
            text = (folder / f"{page}.md").read_text(encoding="utf-8")
            headings = {mark: title for title, mark in _HEADING.findall(text)}
            lines += ["", f"## {_title(page, text)} {{#{page}}}", "", *rows]
        link = f"{page}.md#{question.heading}"
        where = headings.get(question.heading, question.heading)
        lines.append(f"| {_plain(question.text[language])} | [{where}]({link}) |")
    return "\n".join(lines[1:])


def _title(page: str, text: str) -> str:
    number, title = page.partition("-")[0], _TITLE.search(text)
    named = title[1] if title else page
    return f"{int(number)} · {named}" if number.isdecimal() else named


def _plain(text: str) -> str:
    """Names stay as they are written: no emphasis between two underscores."""
    return text.replace("|", "\\|").replace("_", "\\_").replace("*", "\\*")
