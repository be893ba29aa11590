# SPDX-License-Identifier: Apache-2.0
"""Checks the links of a built site without asking any other host.

Every page is read; a link to a file of the site must find it, and its anchor when it
has one. Pictures need a text alternative, and nothing may be loaded from elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADS = {("img", "src"), ("script", "src"), ("iframe", "src"), ("source", "src"), ("video", "src")}


@dataclass
class Reference:
    """One link of a page, and the line of the HTML it stands on."""

    page: str
    line: int
    target: str


@dataclass
class Findings:
    """What is wrong with a site."""

    broken: list[Reference] = field(default_factory=list)
    off_host: list[Reference] = field(default_factory=list)
    no_alt: list[Reference] = field(default_factory=list)


class _Page(HTMLParser):
    """Ids, links and loaded files of one page."""

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.name = name
        self.ids: set[str] = set()
        self.links: list[Reference] = []
        self.loads: list[Reference] = []
        self.no_alt: list[Reference] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self.ids |= {given[key] for key in ("id", "name") if given.get(key)}
        here = self.getpos()[0]
        if tag in ("a", "area") and "href" in given:
            self.links.append(Reference(self.name, here, given["href"]))
        if tag == "link" and given.get("rel", "") not in ("canonical", "alternate", "prev", "next"):
            self.loads.append(Reference(self.name, here, given.get("href", "")))
        self.loads += [
            Reference(self.name, here, given[key])
            for key in given
            if (tag, key) in _LOADS and given[key]
        ]
        if tag == "img" and "alt" not in given:
            self.no_alt.append(Reference(self.name, here, given.get("src", "")))


def check(site: Path, skip: tuple[str, ...] = ("api/",)) -> Findings:
    """Findings of every page; pages below `skip` are looked at for what they load,
    and as targets."""
    pages = {str(file.relative_to(site)): None for file in site.rglob("*.html")}
    read = {name: _read(site, name) for name in pages}
    findings = Findings()
    for name, page in read.items():
        ours = not name.startswith(skip)
        for reference in [*page.loads, *(page.links if ours else [])]:
            _follow(reference, site, read, findings, loaded=reference in page.loads)
        findings.no_alt += page.no_alt if ours else []
    return findings


def _read(site: Path, name: str) -> _Page:
    page = _Page(name)
    page.feed((site / name).read_text(encoding="utf-8", errors="replace"))
    return page


def _follow(
    reference: Reference, site: Path, pages: dict[str, _Page], findings: Findings, loaded: bool
) -> None:
    parts = urlsplit(reference.target)
    if parts.scheme in ("data", "mailto", "javascript", "blob"):
        return
    if parts.scheme or parts.netloc:
        if loaded:
            findings.off_host.append(reference)
        return
    if reference.page == "404.html" and parts.path.startswith("/"):
        target = site / unquote(parts.path).lstrip("/")  # served at any depth
    else:
        target = site / Path(reference.page).parent / unquote(parts.path)
    if not parts.path:
        target = site / reference.page
    if target.is_dir():
        target = target / "index.html"
    target = target.resolve()
    if not target.is_file() or not target.is_relative_to(site.resolve()):
        findings.broken.append(reference)
        return
    page = pages.get(str(target.relative_to(site.resolve())))
    anchor = unquote(parts.fragment)
    if anchor and page and anchor not in page.ids and anchor not in ("top", "__comments"):
        findings.broken.append(reference)
