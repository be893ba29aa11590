# SPDX-License-Identifier: Apache-2.0
"""A page for each exercise: its README as a learner's editor has it, in the site's frame.

The table of the chapter leads there, and the page leads back. Above the text stands what
exercise.toml says of it. Its hints and its solution stand on no page. As those of the source
browser, the pages are made after MkDocs: they are in no navigation, but in the search.
"""

from __future__ import annotations

import html
import os.path
import re
from collections.abc import Callable
from pathlib import Path

from learn.exercise.model import Exercise
from learn.site import content, listing, source_pages
from learn.site.graph import words

FOLDER = "exercises"
_HEADING = re.compile(r'<h1 id="[^"]*">(.*?)(<a class="headerlink".*?)?</h1>', re.DOTALL)
_COMMENT = re.compile(r"\A<!--.*?-->\s*", re.DOTALL)  # the licence
_LINK = re.compile(r'\bhref="(?![a-z]+:|#)([^"#]*)(#[^"]*)?"')
# Of the frame: the page that it was is not the one that is open.
_OPEN_TITLE = re.compile(
    r'<input class="md-nav__toggle md-toggle" type="checkbox" id="__toc">'
    r'|<label class="md-nav__link md-nav__link--active" for="__toc">.*?</label>',
    re.DOTALL,
)
_OPEN = re.compile(r" md-nav__(?:item|link)--active")
_SKIP = 'href="#source"'


class NoSuchPage(Exception):
    """A README links to what has no page of the site."""


def page_of(exercise: str) -> str:
    """From the top of a language's site: `exercises/03-mcache/1-size-classes.html`."""
    return f"{FOLDER}/{exercise}.html"


def write(top: Path, language: str, exercises: list[Exercise], titles: dict[str, str],
          to_html: Callable[[str], str]) -> list[str]:  # fmt: skip
    """Writes the pages of one language below `top`; says of what a README links wrongly.
    `titles`: of the chapters' pages. `to_html` reads Markdown as the site does."""
    frame = source_pages.frame((top / source_pages.TEMPLATE).read_text(encoding="utf-8"))
    frame = _OPEN.sub("", _OPEN_TITLE.sub("", frame)).replace(_SKIP, 'href="#exercise"')
    known = {exercise.id: exercise for exercise in exercises}
    wrong = []
    for exercise in exercises:
        page = page_of(exercise.id)
        up = "../" * page.count("/")
        try:
            told = article(exercise, language, known, titles, up, to_html)
        except NoSuchPage as problem:
            wrong.append(str(problem))
            continue
        text = source_pages.filled(frame, exercise.title[language], page, up, told)
        (top / page).parent.mkdir(parents=True, exist_ok=True)
        (top / page).write_text(listing.squeezed(text), encoding="utf-8")
    return wrong


def article(exercise: Exercise, language: str, known: dict[str, Exercise],
            titles: dict[str, str], up: str, to_html: Callable[[str], str]) -> str:  # fmt: skip
    """What stands on the page."""
    text = _COMMENT.sub("", exercise.readme(language).read_text(encoding="utf-8"))
    shown = to_html(text)
    if language == "zh":
        shown = content.join_chinese(shown)
    shown = _LINK.sub(lambda m: _followed(exercise, known, m[1], m[2] or "", up), shown)
    facts = _facts(exercise, language, known, titles, up)
    shown = _HEADING.sub(lambda m: f'<h1 id="exercise">{m[1]}</h1>{facts}', shown, count=1)
    return content.accessible(shown, language)


def _facts(exercise: Exercise, language: str, known: dict[str, Exercise],
           titles: dict[str, str], up: str) -> str:  # fmt: skip
    chapter = exercise.id.split("/")[0]
    needs = [_needed(name, language, known, titles, up) for name in exercise.prerequisites]
    told = [
        f'<a href="{up}{chapter}.html#exercises">{_title(chapter, titles)}</a>',
        f"<code>{exercise.id}</code>",
        words(f"exercise_{exercise.kind}", language),
        words("exercise_stars", language, stars="★" * exercise.stars, count=exercise.stars),
        words("exercise_minutes", language, minutes=exercise.minutes),
    ]
    if needs:
        told.append(words("exercise_needs", language, needs=", ".join(needs)))
    # A caption, as that of a piece: its names are searched, the titles in it are no text.
    return f'<p class="piece-source">{" · ".join(told)}</p>'


def _needed(name: str, language: str, known: dict[str, Exercise], titles: dict[str, str],
            up: str) -> str:  # fmt: skip
    if name in known:
        return f'<a href="{up}{page_of(name)}">{html.escape(known[name].title[language])}</a>'
    return f'<a href="{up}{name}.html">{_title(name, titles)}</a>'


def _title(chapter: str, titles: dict[str, str]) -> str:
    return html.escape(titles[f"{chapter}.html"])


def _followed(exercise: Exercise, known: dict[str, Exercise], target: str, mark: str,
              up: str) -> str:  # fmt: skip
    """A link of a README, from one file of the tree to another, as one from page to page."""
    file = os.path.normpath(f"{FOLDER}/{exercise.id}/{target}")
    folder, name = os.path.split(file)
    if name.startswith("README.") and folder.removeprefix(f"{FOLDER}/") in known:
        return f'href="{up}{folder}.html{mark}"'
    if file.startswith("notes/") and file.endswith(".md") and (exercise.root / file).is_file():
        return f'href="{up}{name.removesuffix(".md")}.html{mark}"'
    raise NoSuchPage(f"exercises/{exercise.id}: a README links to {target}")
