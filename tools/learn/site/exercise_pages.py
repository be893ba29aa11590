# SPDX-License-Identifier: Apache-2.0
"""A page for each exercise: its README as a learner's editor has it, in the site's frame.

The table of the chapter leads there, and the page leads back. Above the text stands what
exercise.toml says of it. Its hints and its solution stand on no page.
"""

from __future__ import annotations

import html
from pathlib import Path

from learn.exercise.model import Exercise
from learn.site import tree_pages
from learn.site.graph import words
from learn.site.tree_pages import Book, Frame, NoSuchPage, Text

MARK = "exercise"


def page_of(exercise: str) -> str:
    """From the top of a language's site: `exercises/03-mcache/1-size-classes.html`."""
    return f"{tree_pages.EXERCISES}/{exercise}.html"


def write(top: Path, book: Book) -> list[str]:
    """Writes the pages of one language below `top`; says of what a README links wrongly."""
    frame, wrong = Frame(top, book), []
    for exercise in book.exercises.values():
        try:
            frame.put(page_of(exercise.id), text(exercise, book))
        except NoSuchPage as problem:
            wrong.append(str(problem))
    return wrong


def text(exercise: Exercise, book: Book) -> Text:
    readme = exercise.readme(book.language)
    facts = _facts(exercise, book, tree_pages.to_top(page_of(exercise.id)))
    return Text(str(readme.relative_to(exercise.root)), readme.read_text(encoding="utf-8"),
                exercise.title[book.language], MARK, facts)  # fmt: skip


def _facts(exercise: Exercise, book: Book, up: str) -> str:
    chapter, language = exercise.id.split("/")[0], book.language
    needs = [_needed(name, book, up) for name in exercise.prerequisites]
    told = [
        f'<a href="{up}{chapter}.html#exercises">{_title(chapter, book)}</a>',
        f"<code>{exercise.id}</code>",
        words(f"exercise_{exercise.kind}", language),
        words("exercise_stars", language, stars="★" * exercise.stars, count=exercise.stars),
        words("exercise_minutes", language, minutes=exercise.minutes),
    ]
    if needs:
        told.append(words("exercise_needs", language, needs=", ".join(needs)))
    # A caption, as that of a piece: its names are searched, the titles in it are no text.
    return f'<p class="piece-source">{" · ".join(told)}</p>'


def _needed(name: str, book: Book, up: str) -> str:
    if f"{name}.html" in book.titles:
        return f'<a href="{up}{name}.html">{_title(name, book)}</a>'
    return link(name, book, up) or f"<code>{name}</code>"


def link(exercise: str, book: Book, up: str) -> str:
    """Its title, which leads to its page; "" of a broken one, which has none."""
    if exercise not in book.exercises:
        return ""
    title = html.escape(book.exercises[exercise].title[book.language])
    return f'<a href="{up}{page_of(exercise)}">{title}</a>'


def _title(chapter: str, book: Book) -> str:
    return html.escape(book.titles[f"{chapter}.html"])
