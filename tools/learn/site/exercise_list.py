# SPDX-License-Identifier: Apache-2.0
"""The exercises of a chapter as a table: {{ exercises("05-reading") }}.

It is made from exercises/, so what the page lists is what `./learn list` shows.
"""

from __future__ import annotations

import html
from pathlib import Path

from learn.exercise import catalogue
from learn.exercise.model import Exercise
from learn.site.exercise_pages import page_of
from learn.site.graph import words


class NoExercises(Exception):
    """The chapter has none; `there_is` names those that have."""

    def __init__(self, there_is: list[str]) -> None:
        super().__init__()
        self.there_is = there_is


def table(chapter: str, language: str, root: Path) -> str:
    tables = sorted((root / "exercises" / chapter).glob("*/exercise.toml"))
    mine = [catalogue.load(table.parent, root) for table in tables]
    if not mine:
        there_is = (root / "exercises").glob("*/*/exercise.toml")
        raise NoExercises(sorted({table.parent.parent.name for table in there_is}))
    head = words("exercises_head", language).split("|")
    rows = [head, ["---"] * len(head), *(_row(exercise, language) for exercise in mine)]
    start = words("exercises_start", language, id=mine[0].id)
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([*lines, "", *start.strip("\n").split("\n")])


def _row(exercise: Exercise, language: str) -> list[str]:
    kind = words(f"exercise_{exercise.kind}", language)
    title = f'<a href="{page_of(exercise.id)}">{html.escape(exercise.title[language])}</a>'
    return [f"`{exercise.id}`", title, kind, "★" * exercise.stars, str(exercise.minutes)]
