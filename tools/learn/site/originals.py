# SPDX-License-Identifier: Apache-2.0
"""For readers of the original: each of its symbols, and ours; and the other way round.

    {{ all("originals") }}     by file of the original: ours, the status, page and place
    {{ all("ours") }}          by chapter: ours, and what it was in the original

Made from the source map, and from the ledger, which knows the page that explains a line.
The rows stand in the page itself. A box that filters them comes with a script, and only
then is shown.
"""

from __future__ import annotations

import functools
import html
import itertools
from dataclasses import dataclass
from pathlib import Path

from learn import sourcemap, upstream
from learn.index.symbol import AmbiguousSymbol, SymbolError
from learn.say import area_messages
from learn.site import chapters
from learn.site.directives import prose_lines
from learn.site.ownership import code_lines, own
from learn.site.units import HEADING
from learn.sourcemap import Row, last_word


@dataclass(frozen=True)
class Place:
    """Where a page explains a symbol of ours."""

    chapter: str
    title: str
    anchor: str  # of the heading above, with its #; or ""


class Map:
    """The source map of one tree, in one language."""

    def __init__(self, root: Path, index, language: str) -> None:
        self.root, self.index, self.language = root, index, language
        folder = root / "notes" / "upstream"
        self.rows = sourcemap.read_map(folder / sourcemap.MAP_TSV.name)
        table = upstream.read(folder / "netpoll-v0.7.0-symbols.tsv")
        self.symbols = {(symbol.symbol, symbol.file): symbol for symbol in table}
        words = sourcemap.read_words(folder / sourcemap.WORDS_TSV.name)
        self.words = {(word.upstream, word.ours): word.why[language] for word in words}
        self.lines = _owned(root, index)
        self.titles = {c.id: f"{c.number} · {c.title[language]}" for c in chapters.load_all(root)}
        self.headings: dict[str, list[tuple[int, str]]] = {}
        self.places: dict[str, Place | None] = {}

    def place(self, name: str) -> Place | None:
        """The page that owns the first line of `name`; None when no page does."""
        if name not in self.places:
            self.places[name] = self._look_up(name)
        return self.places[name]

    def _look_up(self, name: str) -> Place | None:
        symbol = self._symbol(name)
        if symbol is None:
            return None
        for number in range(symbol.start, symbol.end + 1):
            line = self.lines.get((symbol.file, number))
            if line and (owners := line.owners[self.language]):
                shown = owners[0]
                anchor = self._anchor(shown.page, shown.line)
                return Place(shown.chapter, self.titles[shown.chapter], anchor)
        return None

    def _symbol(self, name: str):
        """An enumerator is found by its enumeration; of several the first is taken."""
        for wanted in (name, name.rpartition("::")[0]):
            try:
                return self.index.find(wanted) if wanted else None
            except AmbiguousSymbol as error:
                return error.candidates[0]
            except SymbolError:
                continue
        return None

    def _anchor(self, page: str, line: int) -> str:
        """The heading above a line of a page."""
        if page not in self.headings:
            text = (self.root / page).read_text(encoding="utf-8")
            self.headings[page] = [
                (number, match.group(3))
                for number, row, inside in prose_lines(text)
                if not inside and (match := HEADING.match(row)) and match.group(3)
            ]
        above = [anchor for number, anchor in self.headings[page] if number < line]
        return f"#{above[-1]}" if above else ""

    def why(self, row: Row) -> str:
        """The reason of the row; a word that is only another one has its own."""
        pairs = [(last_word(row.symbol), last_word(name)) for name in row.ours]
        reasons = [self.words[pair] for pair in pairs if pair in self.words]
        return row.why[self.language] or " ".join(dict.fromkeys(reasons))


@functools.lru_cache(maxsize=2)
def table_of(root: Path, index, language: str) -> Map:
    """The same for both lists of a language."""
    return Map(root, index, language)


@functools.lru_cache(maxsize=1)
def _owned(root: Path, index) -> dict:
    """Every line of src/ with the pages that show it; the same for both languages."""
    lines = code_lines(root, root / "src")
    own(lines, root, root / "notes", index, [chapter.id for chapter in chapters.load_all(root)])
    return lines


def originals(sources, page) -> str:
    """By file of the original."""
    table = table_of(sources.root, sources.index, page.language)
    parts = [_filter(page)]
    order = sorted(table.rows, key=lambda row: row.file)  # stable: the order of the file
    for file, rows in itertools.groupby(order, key=lambda row: row.file):
        parts += ["", f"### {file} {{#{_slug(file)}}}", ""]
        body = [_original_row(table, row) for row in rows]
        parts.append(_table(_text("originals_head", page.language), body))
    return "\n".join(parts)


def ours(sources, page) -> str:
    """By chapter, the other way round."""
    table = table_of(sources.root, sources.index, page.language)
    groups: dict[str, dict[str, list[Row]]] = {}
    titles = {"": _text("nowhere", page.language)}
    for row in table.rows:
        for name in row.ours:
            place = table.place(name)
            chapter = place.chapter if place else ""
            titles.setdefault(chapter, place.title if place else "")
            groups.setdefault(chapter, {}).setdefault(name, []).append(row)
    parts = []
    for chapter in sorted(groups, key=lambda name: (not name, name)):
        parts += ["", f"### {titles[chapter]} {{#ours-{chapter or 'nowhere'}}}", ""]
        body = [_our_row(table, name, rows) for name, rows in sorted(groups[chapter].items())]
        parts.append(_table(_text("ours_head", page.language), body))
    return "\n".join(parts)


def _original_row(table: Map, row: Row) -> str:
    status = area_messages("front")[f"status_{row.status}"][table.language]
    named = "<br>".join(_our_link(table, name) for name in row.ours) or "–"
    return _cells(_original_link(table, row), status, named, html.escape(table.why(row)))


def _our_row(table: Map, name: str, rows: list[Row]) -> str:
    back = "<br>".join(_original_link(table, row) for row in rows)
    return _cells(_our_link(table, name), back)


def _original_link(table: Map, row: Row) -> str:
    symbol = table.symbols.get((row.symbol, row.file))
    name = f"<code>{html.escape(row.symbol)}</code>"
    if symbol is None:
        return name  # the gate `sourcemap` says so
    return f'<a href="{symbol.url}">{name}</a> <small>{row.file}:{symbol.line}</small>'


def _our_link(table: Map, name: str) -> str:
    code = f"<code>{html.escape(name)}</code>"
    place = table.place(name)
    if place is None:
        return code
    number = place.chapter.partition("-")[0].lstrip("0")
    target = f"{place.chapter}.html{place.anchor}"
    return f'<a href="{target}">{code} <small>{number}</small></a>'


def _cells(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _table(head: str, body: list[str]) -> str:
    """One line of HTML: a table in a block of its own, which the filter may hide."""
    cells = "".join(f'<th scope="col">{cell}</th>' for cell in head.split("|"))
    return (
        f'<div class="mapped" markdown="0"><table><thead><tr>{cells}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _filter(page) -> str:
    label = _text("filter", page.language)
    return (
        f'<p class="filter" hidden markdown="0"><label for="filter">{label}</label>'
        f'<input id="filter" type="search" autocomplete="off"> <output for="filter"></output></p>'
        f'<script src="{page.to_root}assets/filter.js" defer></script>'
    )


def _slug(file: str) -> str:
    return "file-" + "".join(letter if letter.isalnum() else "-" for letter in file.lower())


def _text(key: str, language: str) -> str:
    return area_messages("front")[key][language]
