# SPDX-License-Identifier: Apache-2.0
"""The source browser: each file of src/ whole, as a page of each language's site.

A page is the built page `source.html` with another article in it, so it has the site's
head, navigation and search; MkDocs would need a minute for as many pages. In the margin of
a line stands the number of the chapter that explains it; under the head of a function the
place of the original that the source map names.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from learn import sourcemap, upstream
from learn.index.symbol import SymbolError
from learn.say import area_messages
from learn.site import bundle, listing
from learn.site.cards import Cards
from learn.site.places import Places, piece_id, source_page

TEMPLATE = "source.html"
_ARTICLE = re.compile(r'(<article class="md-content__inner[^>]*>).*?(</article>)', re.DOTALL)
_CONTENTS = re.compile(r'<nav class="md-nav md-nav--secondary.*?</nav>', re.DOTALL)
_FOOTER = re.compile(r'<nav class="md-footer__inner.*?</nav>', re.DOTALL)
_LINK = re.compile(r'\b(href|src)="(?![a-z]+:|[#/])([^"]*)"')
_BASE = re.compile(r'"base": "[^"]*"')  # the top of the language's site: there is its search
_WORKER = re.compile(r'"search": "([^"]*)"')
_SCOPE = re.compile(r'new URL\("([^"]*)",location\)')
_TITLE = re.compile(r"<title>.*?( - [^<]*)</title>", re.DOTALL)
_LANGUAGE = re.compile(r'source\.html("\s+hreflang=)')
# The theme asks for a sitemap beside each page that a head calls its other language.
_ALTERNATE = re.compile(r'<link rel="alternate"[^>]*>')
_SPACE = re.compile(r"\n\s+")


class Browser:
    """Writes the pages of one language below `top`, the folder of that language's site."""

    def __init__(self, index, places: Places, root: Path, language: str,
                 titles: dict[str, str]) -> None:
        self.index, self.places, self.root = index, places, root
        self.language, self.titles = language, titles
        self.words = {key: texts[language] for key, texts in area_messages("code").items()}
        self.originals = _originals(index)

    def write(self, top: Path, assets: str) -> int:
        """How many pages. `assets`: from `top` to the top of the site, "" or "../"."""
        template = frame((top / TEMPLATE).read_text(encoding="utf-8"))
        files = [f for f in self.index.names.files() if f.startswith("src/")]
        for file in files:
            page = top / source_page(file)
            page.parent.mkdir(parents=True, exist_ok=True)
            up = "../" * source_page(file).count("/")
            title, told = file.removeprefix("src/"), self.article(file, up, assets)
            text = filled(template, title, source_page(file), up, told)
            page.write_text(text, encoding="utf-8")
        return len(files)

    def article(self, file: str, up: str, assets: str) -> str:
        cards = Cards(self.index.names, self.language)
        lines = list(self.lines(file, up, cards))
        owners = ", ".join(
            f'<a href="{up}{chapter}.html">{html.escape(self.titles[f"{chapter}.html"])}</a>'
            for chapter in sorted({s.chapter for s in self.owners(file) if s})
        )
        told = f'<a href="{up}source.html">{self.words["browser_all"]}</a>'
        if owners:
            told += " · " + self.words["browser_owners"].format(chapters=owners)
        box = (f'<div class="piece file"><span class="filename">{file}</span>'
               f'<pre><code tabindex="0">{"".join(lines)}</code></pre></div>')  # fmt: skip
        script = (f"<script>{cards.script(self.titles)}</script>"
                  f'<script src="{up}{assets}{bundle.CODE}"></script>')  # fmt: skip
        return f'<h1 id="source">{Path(file).name}</h1><p>{told}</p>{box}{script}'

    def owners(self, file: str) -> list:
        count = len(listing.coloured(self.root / file))
        return [self.places.owner(file, n, self.language) for n in range(1, count + 1)]

    def lines(self, file: str, up: str, cards: Cards) -> Iterator[str]:
        mentions = self.index.names.mentions(file)

        def link(mention) -> str:
            href = self.places.link(mention, file, self.language, "")
            if href:
                cards.add(up + href, mention.usr)
            return href and up + href

        runs = listing.coloured(self.root / file)
        last = None
        for number, line in enumerate(runs if runs[-1] else runs[:-1], 1):
            shown = self.places.owner(file, number, self.language)
            inside = listing.line_html(line, mentions.get(number, ()), link, self.places.heads)
            below = self.originals.get((file, number), "")
            yield (f'<i id=L{number}><a class=n href=#L{number} tabindex=-1 aria-hidden=true></a>'
                   f"{_owner(file, shown, up, first=shown != last)}{inside}\n{below}</i>")
            last = shown


def _owner(file: str, shown, up: str, first: bool) -> str:
    """The number of the chapter; once a piece for those who hear the page."""
    if shown is None:
        return "<b class=owner></b>"
    href = f"{up}{shown.chapter}.html#{piece_id(file, shown.start)}"
    quiet = "" if first else " aria-hidden=true"
    return f"<a class=owner href={href} tabindex=-1{quiet}>{int(shown.chapter[:2])}</a>"


def _originals(index) -> dict[tuple[str, int], str]:
    """(file, the last line of a function's head) -> the places of the original."""
    found: dict[tuple[str, int], list[str]] = {}
    for row in sourcemap.read_map():
        for name in row.ours:
            try:
                symbol = index.find(name)
                original = upstream.find(f"{row.file}:{row.symbol}")
            except (SymbolError, upstream.UnknownUpstream):
                continue  # the gate `sourcemap` tells
            if symbol.kind == "function":
                line = symbol.body_start or symbol.end
                found.setdefault((symbol.file, line), []).append(
                    f"<a class=go href={original.url} tabindex=-1>"
                    f"{original.file}:{original.line}</a>"
                    f" {html.escape(original.symbol)}")  # fmt: skip
    return {place: f"<small>{', '.join(told)}</small>" for place, told in found.items()}


def frame(page: str) -> str:
    """The built page without what belongs to its own article."""
    page = _ALTERNATE.sub("", _FOOTER.sub("", _CONTENTS.sub("", page)))
    head, opened, rest = page.partition("<article")
    body, closed, tail = rest.partition("</article>")
    return _SPACE.sub("\n", head) + opened + body + closed + _SPACE.sub("\n", tail)


def filled(template: str, title: str, target: str, up: str, article: str) -> str:
    """`frame()` as the page `target` of its language's site, whose top lies `up`."""
    page = _ARTICLE.sub(r"\1\2", template)
    page = _LINK.sub(rf'\1="{up}\2"', page)
    page = _BASE.sub(f'"base": "{up}."', page)
    page = _WORKER.sub(rf'"search": "{up}\1"', page)
    page = _SCOPE.sub(rf'new URL("{up}\1",location)', page)
    page = _TITLE.sub(lambda m: f"<title>{html.escape(title)}{m[1]}</title>", page)
    page = _LANGUAGE.sub(lambda m: f"{target}{m[1]}", page)
    return page.replace("</article>", f"{article}</article>", 1)
