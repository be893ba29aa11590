# SPDX-License-Identifier: Apache-2.0
"""The way back from a page of the API reference: to the site, and to the chapter that
shows what the page describes, in both languages.

Doxygen knows nothing of chapters, so the line is put into its pages when they are
copied into the site.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from learn import paths
from learn.index.symbol import SymbolError
from learn.say import area_messages
from learn.site import chapters, pieces
from learn.site.content import LANGUAGES
from learn.site.directives import find

_BODY = re.compile(r"<body[^>]*>")
_HEADING = re.compile(r"^#{2,3} .*\{#([\w-]+)\}\s*$")
_FOLDERS = {"en": "", "zh": "zh/"}


@dataclass(frozen=True)
class Shown:
    """Lines of a file, and the heading of the chapter that shows them."""

    file: str
    start: int
    end: int
    chapter: str
    heading: str


def add(api: Path, tagfile: Path, index, root: Path = paths.ROOT) -> None:
    """Puts the line into every page of `api`."""
    of_page = owners(tagfile, index, root)
    titles = {chapter.id: chapter for chapter in chapters.load_all(root)}
    for page in api.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        place = of_page.get(page.name.replace("_source.html", ".html"), "")
        bar = line(place, titles)
        if body := _BODY.search(text):
            text = text[: body.end()] + bar + text[body.end() :]
        page.write_text(text, encoding="utf-8")


def line(place: str, titles: dict) -> str:
    """The HTML; `place` is "07-poller#waker", a chapter alone, or empty."""
    chapter, _, heading = place.partition("#")
    parts = []
    for language in LANGUAGES:
        text = {key: area_messages("search")[key][language] for key in ("back", "back_chapter")}
        to = f"../{_FOLDERS[language]}"
        parts.append(f'<a lang="{language}" href="{to}index.html">{text["back"]}</a>')
        if chapter in titles:
            known = titles[chapter]
            name = text["back_chapter"].format(number=known.number, title=known.title[language])
            target = f"{to}{chapter}.html" + (f"#{heading}" if heading else "")
            parts.append(f'<a lang="{language}" href="{target}">{html.escape(name)}</a>')
    return f'<nav class="way-back" aria-label="Annotated Netpoll">{" ".join(parts)}</nav>'


def owners(tagfile: Path, index, root: Path) -> dict[str, str]:
    """Page of the reference -> the place that shows its class, or its file's chapter."""
    pieces_of = shown(index, root)
    of_name = {symbol.name: symbol for symbol in index.symbols if symbol.kind == "class"}
    claims = {claim: one.id for one in chapters.load_all(root) for claim in one.owns}
    found = {}
    for compound in ElementTree.parse(tagfile).getroot().iter("compound"):
        page = compound.findtext("filename", "")
        page = page if page.endswith(".html") else f"{page}.html"
        if compound.get("kind") == "file":
            file = compound.findtext("path", "") + compound.findtext("name", "")
            found[page] = _chapter(file[file.rfind("src/netpoll/") :], claims)
        elif symbol := of_name.get(compound.findtext("name", "")):
            found[page] = _place(symbol, pieces_of) or _chapter(symbol.file, claims)
    return found


def shown(index, root: Path) -> list[Shown]:
    """What each chapter shows as its own. A page that names a piece wrongly is told by
    the build of the site."""
    found = []
    for page in sorted((root / "notes" / "en").glob("[0-9]*.md")):
        text = page.read_text(encoding="utf-8")
        heading_of = _headings(text)
        for directive in find(text):
            if directive.name != "src":
                continue
            try:
                piece = pieces.cut(index, directive.argument, root)
            except (SymbolError, pieces.PieceError):
                continue
            heading = heading_of[directive.line - 1]
            found.append(Shown(piece.file, piece.start, piece.end, page.stem, heading))
    return found


def _headings(text: str) -> list[str]:
    """Of each line, the heading that it stands below."""
    current, found = "", []
    for row in text.splitlines():
        if match := _HEADING.match(row):
            current = match[1]
        found.append(current)
    return found


def _place(symbol, pieces_of: list[Shown]) -> str:
    for piece in pieces_of:
        if piece.file == symbol.file and piece.start <= symbol.start <= piece.end:
            return f"{piece.chapter}#{piece.heading}"
    return ""


def _chapter(file: str, claims: dict[str, str]) -> str:
    """The chapter that owns the file, by the longest claim."""
    fitting = [claim for claim in claims if Path(file).is_relative_to(claim)]
    return claims[max(fitting, key=len)] if fitting else ""
