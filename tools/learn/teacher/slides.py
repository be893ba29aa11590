# SPDX-License-Identifier: Apache-2.0
"""Slides from Markdown: labs/LAB/slides.LANG.md as one HTML file that needs no network.

    # Title of a slide           its first line
    Markdown, fenced code; a picture is a fenced drawing in text. No raw HTML.

    Note:                        what follows is for the speaker alone
    Say this first.
    ---                          the next slide; not inside a fence

The page is drawn 1280 by 720 and scaled to the window. Arrows turn it, `n` opens the
notes in a window of their own, and it prints a slide a page. gates/labs_slides.py sees
in a browser that nothing is cut off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pygments
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from learn import paths
from learn.exercise.model import LANGUAGES
from learn.exercise.tree import write_file
from learn.say import say
from learn.site.content import join_chinese
from learn.teacher.template import render

LEAST, MOST = 8, 14
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_LICENCE = re.compile(r"<!--\s*SPDX-License-Identifier: [\w.-]+\s*-->\s*\n")
_SPLIT, _NOTE = "---", "Note:"


class SlidesError(ValueError):
    """One line: file:line, what is wrong, what to do. No line: the whole file."""

    def __init__(self, file: str, line: int, text: str) -> None:
        self.file, self.line, self.text = file, line, text
        super().__init__(f"{file}:{line}: {text}" if line else f"{file}: {text}")


@dataclass(frozen=True)
class Slide:
    title: str
    body: str
    notes: str
    line: int  # of its title, from 1


@dataclass(frozen=True)
class Drawn:
    """A slide as the page has it."""

    title: str  # as text
    heading: Markup
    body: Markup
    notes: Markup


def parse(text: str, name: str) -> list[Slide]:
    """The slides of a file. Raises SlidesError with its name and line."""
    if head := _LICENCE.match(text):
        text = "\n" * head[0].count("\n") + text[head.end() :]
    slides = []
    for first, lines in _split(text.split("\n")):
        blank = next((at for at, line in enumerate(lines) if line.strip()), 0)
        first, lines = first + blank, lines[blank:]
        if not lines or not lines[0].startswith("# ") or not lines[0][2:].strip():
            raise SlidesError(name, first, say("slides.no_title"))
        body, notes = _noted(lines[1:])
        slides.append(Slide(lines[0][2:].strip(), body, notes, first))
    if not LEAST <= len(slides) <= MOST:
        text = say("slides.count", count=len(slides), least=LEAST, most=MOST)
        raise SlidesError(name, 0, text)
    for slide in slides:
        _check(slide, name)
    return slides


def page(slides: list[Slide], language: str) -> str:
    """One HTML file with everything in it."""
    markdown = _markdown(html=False)
    drawn = [Drawn(slide.title.replace("`", ""), Markup(markdown.renderInline(slide.title)),
                   _html(slide.body, language), _html(slide.notes, language))
             for slide in slides]  # fmt: skip
    return render("slides.html", "slides", language, slides=drawn, title=drawn[0].title)


def files(root: Path = paths.ROOT, lab: str = "") -> list[Path]:
    """Every slides.LANG.md under labs/, or those of one lab: its folder's name."""
    names = {f"slides.{language}.md" for language in LANGUAGES}
    return sorted(file for file in (root / "labs").glob("*/slides.*.md")
                  if file.name in names and lab in ("", file.parent.name))  # fmt: skip


def write(file: Path, folder: Path, root: Path = paths.ROOT) -> Path:
    """FOLDER/LAB/slides.LANG.html from labs/LAB/slides.LANG.md; its place."""
    language = file.name.split(".")[1]
    slides = parse(file.read_text("utf-8"), str(file.relative_to(root)))
    made = folder / file.parent.name / f"slides.{language}.html"
    write_file(made, page(slides, language))
    return made


def _split(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """(number of the first line, lines) of each slide."""
    first, fence = 0, ""
    for at, line in enumerate(lines):
        fence = _fence(line, fence)
        if line.rstrip() == _SPLIT and not fence:
            yield first + 1, lines[first:at]
            first = at + 1
    yield first + 1, lines[first:]


def _noted(lines: list[str]) -> tuple[str, str]:
    """What the slide shows, and what the speaker reads."""
    fence = ""
    for at, line in enumerate(lines):
        fence = _fence(line, fence)
        if line.rstrip() == _NOTE and not fence:
            return "\n".join(lines[:at]).strip("\n"), "\n".join(lines[at + 1 :]).strip("\n")
    return "\n".join(lines).strip("\n"), ""


def _fence(line: str, open_: str) -> str:
    """The fence that is open after `line`, as long as it was opened; empty outside."""
    match = _FENCE.match(line)
    if not match:
        return open_
    if not open_:
        return match[1]
    closes = match[1].startswith(open_) and not line[match.end() :].strip()
    return "" if closes else open_


def _markdown(html: bool) -> MarkdownIt:
    options = {"html": html, "highlight": _highlighted}
    return MarkdownIt("commonmark", options).enable("table")


def _check(slide: Slide, name: str) -> None:
    """Raw HTML and pictures would need more than the one file, or a browser's mercy."""
    for text in (slide.title, slide.body, slide.notes):
        for token in _tokens(_markdown(html=True).parse(text)):
            if token.type in ("html_block", "html_inline", "image"):
                what = token.content.strip().split("\n")[0][:40]
                kind = token.type.split("_")[0]
                raise SlidesError(name, slide.line, say(f"slides.{kind}", what=what))


def _tokens(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()
        yield token


def _html(text: str, language: str) -> Markup:
    made = _markdown(html=False).render(text)
    return Markup(join_chinese(made) if language == "zh" else made)


def _highlighted(code: str, language: str, _: str) -> str:
    try:
        lexer = get_lexer_by_name(language, stripnl=False) if language else None
    except ClassNotFound:
        lexer = None
    if lexer is None or language == "text":
        return f"<pre><code>{escape(code)}</code></pre>\n"
    inner = pygments.highlight(code, lexer, HtmlFormatter(nowrap=True))
    return f"<pre><code>{inner}</code></pre>\n"
