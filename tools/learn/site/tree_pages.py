# SPDX-License-Identifier: Apache-2.0
"""Pages that MkDocs does not make: Markdown of the tree, as an editor has it, in the site's
frame. exercise_pages.py makes those of the exercises, lab_pages.py those of the labs.

As those of the source browser, they are made after MkDocs from a page that it has built:
they are in no navigation, but in the search. A link from one file of the tree to another
becomes one from page to page.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from learn.exercise.model import Exercise
from learn.say import say
from learn.site import content, listing, source_pages
from learn.site.places import source_page

EXERCISES, LABS = "exercises", "labs"
LAB_KINDS = ("handout", "teacher")
FILES = (f"{EXERCISES}/*/*.html", *(f"{LABS}/*/{kind}.html" for kind in LAB_KINDS))
_HEADING = re.compile(r'<h1 id="[^"]*">(.*?)(<a class="headerlink".*?)?</h1>', re.DOTALL)
_NAMED = re.compile(r'(?<!">)<code>([\w-]+/[\w-]+)</code>')  # but one that leads somewhere
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
    """A file links to what has no page of the site: one line, with its place."""


@dataclass(frozen=True)
class Book:
    """What the pages of one language are made from."""

    root: Path
    language: str
    titles: dict[str, str]  # of the chapters' pages
    exercises: dict[str, Exercise]
    to_html: Callable[[str], str]  # reads Markdown as the site does


@dataclass(frozen=True)
class Text:
    """What a page is made from: a file of the tree, and what is known of it."""

    file: str  # from the top of the tree
    markdown: str
    title: str
    mark: str  # the id of its heading
    facts: str  # HTML, below the heading


class Frame:
    """Puts texts into the frame of the site of one language, whose folder is `top`."""

    def __init__(self, top: Path, book: Book) -> None:
        self.top, self.book = top, book
        frame = source_pages.frame((top / source_pages.TEMPLATE).read_text(encoding="utf-8"))
        self.frame = _OPEN.sub("", _OPEN_TITLE.sub("", frame))

    def put(self, page: str, text: Text) -> None:
        """Raises NoSuchPage; then there is no page."""
        up = to_top(page)
        told = article(text, self.book, up)
        frame = self.frame.replace(_SKIP, f'href="#{text.mark}"')
        (self.top / page).parent.mkdir(parents=True, exist_ok=True)
        shown = source_pages.filled(frame, text.title, page, up, told)
        (self.top / page).write_text(listing.squeezed(shown), encoding="utf-8")


def to_top(page: str) -> str:
    return "../" * page.count("/")


def made(top: Path) -> list[Path]:
    """The pages of this kind below `top`, the folder of a language's site."""
    return [page for files in FILES for page in sorted(top.glob(files))]


def article(text: Text, book: Book, up: str) -> str:
    """What stands on the page."""
    shown = book.to_html(_COMMENT.sub("", text.markdown))
    if book.language == "zh":
        shown = content.join_chinese(shown)
    shown = _LINK.sub(lambda m: _followed(text, book, m[1], m[2] or "", up), shown)
    shown = _NAMED.sub(lambda m: _named(text, book, m[0], m[1], up), shown)
    head = f'<h1 id="{text.mark}">'
    shown = _HEADING.sub(lambda m: f"{head}{m[1]}</h1>{text.facts}", shown, count=1)
    return content.accessible(shown, book.language)


def _named(text: Text, book: Book, shown: str, exercise: str, up: str) -> str:
    """The name of another exercise leads to it."""
    own = text.file.startswith(f"{EXERCISES}/{exercise}/")
    if own or exercise not in book.exercises:
        return shown
    return f'<a href="{up}{EXERCISES}/{exercise}.html">{shown}</a>'


def _followed(text: Text, book: Book, target: str, mark: str, up: str) -> str:
    """A link from one file of the tree to another, as one from page to page."""
    file = os.path.normpath(f"{os.path.dirname(text.file)}/{target}")
    if page := page_for(file, book):
        return f'href="{up}{page}{mark}"'
    lines = enumerate((book.root / text.file).read_text(encoding="utf-8").split("\n"), 1)
    line = next((number for number, written in lines if f"({target}" in written), 1)
    raise NoSuchPage(f"{text.file}:{line}: {say('site.no_page', target=target)}"
                     f" — {say('site.no_page_mend')}")  # fmt: skip


def page_for(file: str, book: Book) -> str:
    """The page that shows a file of the tree, from the top of its language's site; or ""."""
    folder, name = os.path.split(file)
    stem = name.partition(".")[0]
    if not (book.root / file).is_file():
        return ""
    if name.startswith("README.") and folder.removeprefix(f"{EXERCISES}/") in book.exercises:
        return f"{folder}.html"
    if file.startswith("notes/") and file.endswith(".md"):
        return f"{stem}.html"
    if folder.startswith(f"{LABS}/") and file.endswith(".md"):
        if stem in LAB_KINDS:
            return f"{folder}/{stem}.html"
        return slides_of(folder, book.language) if stem == "slides" else ""
    if file.startswith("src/") and file.endswith((".h", ".cpp")):
        return source_page(file)
    return ""


def slides_of(folder: str, language: str) -> str:
    """The slides of a lab of that folder, as page_for(). They lie at the top of the whole
    site: see build.finish()."""
    return f"{'' if language == 'en' else '../'}{folder}/slides.{language}.html"
