# SPDX-License-Identifier: Apache-2.0
"""The pieces of code of one page.

Markdown sees a word in the place of each piece, and the page gets the piece when
Markdown is done with it: a piece may hold anything, and its thousands of elements would
cost Markdown minutes. The script stands at the end; the cards are a file of their own.

    mark = shown.add(piece, sources, owns=True)          a paragraph for Markdown
    html = shown.put_in(html, titles, to_root, files)    the page with its pieces
"""

from __future__ import annotations

import re

from learn.site import bundle, listing
from learn.site.cards import Cards
from learn.site.places import piece_id

CARDS = "assets/cards"  # in the site
_MARK = re.compile(r"<p>piece⟦(\d+)⟧</p>")


class ShownCode:
    """`page` is the stem of the page: a chapter's id, or another's."""

    def __init__(self, page: str, language: str) -> None:
        self.page, self.language = page, language
        self.boxes: list[str] = []
        self.cards: Cards | None = None

    def add(self, piece, sources, owns: bool) -> str:
        places, path = sources.places, sources.root / piece.file
        mentions = sources.index.names.mentions(piece.file)
        if places is None:
            inside = listing.body(path, piece.start, piece.end, {}, lambda _: "", {})
            self.boxes.append(listing.box(piece.file, piece.start, inside))
        else:
            ids = places.ids(piece.file, self.language, piece.start, piece.end) if owns else {}
            inside = listing.body(path, piece.start, piece.end, mentions,
                                  self._link(piece.file, places), ids, places.heads)  # fmt: skip
            mark = piece_id(piece.file, piece.start) if owns else ""
            self.boxes.append(listing.box(piece.file, piece.start, inside, mark))
        return f"piece⟦{len(self.boxes) - 1}⟧"

    def _link(self, file: str, places) -> listing.Link:
        self.cards = self.cards or Cards(places.names, self.language)

        def link(mention) -> str:
            href = places.link(mention, file, self.language, self.page)
            if href:
                self.cards.add(href, mention.usr)
            return href

        return link

    def put_in(self, html: str, titles: dict[str, str], to_root: str,
               files: dict[str, str]) -> str:  # fmt: skip
        """`html` with the pieces and the scripts. `titles`: of the pages; `files`: of the
        site, to which that of the cards is added."""
        html = _MARK.sub(lambda match: self.boxes[int(match[1])], html)
        if self.cards is None or not self.cards.by_href:
            return html
        cards = f"{CARDS}/{self.page}.{self.language}.js"
        files[cards] = self.cards.script(titles) + "\n"
        scripts = [f'<script defer src="{to_root}{file}"></script>'
                   for file in (cards, bundle.CODE)]
        return "\n".join([html, *scripts, ""])
