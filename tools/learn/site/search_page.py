# SPDX-License-Identifier: Apache-2.0
"""A built page as the search sees it: its sections, each cut into what is read as
prose, what names a shown piece, and what is only code.

Figures and step lists are left out: their words stand on the page already, and a
picture that is shown on two pages would make both of them answers.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
_LEFT_OUT = {"script", "style", "svg", "button", "nav"}
_LEFT_OUT_CLASSES = {"trace", "trace-near", "headerlink", "linenos", "filename"}
_BLOCKS = {"p", "li", "td", "th", "dt", "dd", "summary", "figcaption", "blockquote", "tr"}
_HEADINGS = {"h1", "h2", "h3"}
_NAME = re.compile(r"[A-Za-z_]\w{2,}")
_CODE = re.compile(r"(<pre\b[^>]*>)(.*?)(</pre>)", re.DOTALL)
_TAGS = re.compile(r"<[^>]*>")
CODE_ONLY = {"sourcemap"}  # sections that are a table of names


@dataclass
class Section:
    """What stands under one heading. `id` is empty for the page's first section."""

    id: str
    title: str = ""
    blocks: list[str] = field(default_factory=list)  # escaped, each a paragraph
    terms: list[str] = field(default_factory=list)  # in bold: a term is, where it is explained
    symbols: list[str] = field(default_factory=list)  # of the captions of shown pieces
    code: dict[str, None] = field(default_factory=dict)  # identifiers, each once

    @property
    def text(self) -> str:
        return "".join(f"<p>{block}</p>" for block in self.blocks)


def read(page: str) -> list[Section]:
    """The sections of a page; `page` is its whole HTML."""
    start, end = page.find("<article"), page.rfind("</article>")
    reader = _Reader()
    reader.feed(_CODE.sub(_without_tags, page[start:end]) if start >= 0 else "")
    reader.close()
    for section in reader.sections:
        if section.id in CODE_ONLY:
            section.code |= dict.fromkeys(_NAME.findall(html.unescape(section.text)))
            section.blocks, section.symbols = [], []
    return reader.sections


def _without_tags(code: re.Match[str]) -> str:
    """Code without its thousands of elements, which would cost seconds; its words stay
    apart where a tag stood."""
    return code[1] + _TAGS.sub(" ", code[2]) + code[3]


class _Reader(HTMLParser):
    """Goes through the article of a page, tag by tag."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: list[Section] = []
        self.open: list[tuple[str, str]] = []  # each open tag, and what its content is
        self.heading = False
        self.words: list[str] = []

    @property
    def kind(self) -> str:
        """What the text here is: outside, out, code, symbol or prose."""
        return self.open[-1][1] if self.open else "outside"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self._space(tag)
            return
        named = dict(attrs)
        classes = set((named.get("class") or "").split())
        kind = self._kind_of(tag, classes)
        if kind == "prose" and tag in _HEADINGS and named.get("id"):
            self._close_block()
            self.sections.append(Section((named["id"] or "") if tag != "h1" else ""))
            self.heading = True
        if tag in _BLOCKS:
            self._close_block()
        self.open.append((tag, kind))

    def _kind_of(self, tag: str, classes: set[str]) -> str:
        kind = self.kind
        if kind == "outside":
            return "prose" if tag == "article" else "outside"
        if kind == "out" or tag in _LEFT_OUT or classes & _LEFT_OUT_CLASSES:
            return "out"
        if tag == "pre":
            return "code"
        return "symbol" if "piece-source" in classes else kind

    def handle_endtag(self, tag: str) -> None:
        if tag not in [open_tag for open_tag, _ in self.open]:
            return
        if tag in _BLOCKS or tag in _HEADINGS:
            self._close_block()
        while self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self.sections:
            return
        section = self.sections[-1]
        if self.kind == "prose":
            self.words.append(data)
            if self._within("strong"):
                section.terms.append(" ".join(data.split()))
        elif self.kind == "code":
            section.code |= dict.fromkeys(_NAME.findall(data))
        elif self.kind == "symbol" and self._within("code"):
            section.symbols.append(data)

    def _within(self, tag: str) -> bool:
        return any(open_tag == tag for open_tag, _ in self.open)

    def _space(self, tag: str) -> None:
        if tag in ("br", "hr"):
            self.words.append(" ")

    def _close_block(self) -> None:
        text = " ".join("".join(self.words).split())
        self.words = []
        if self.heading and text:
            self.sections[-1].title, self.heading = text, False
        elif text and self.sections:
            self.sections[-1].blocks.append(html.escape(text, quote=False))
