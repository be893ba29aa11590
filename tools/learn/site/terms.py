# SPDX-License-Identifier: Apache-2.0
"""Terms: which page explains each of them, and links from the pages that only use it.

A page explains a term where it sets it in bold or in italics, or beside its other form.
On every page the first use of a term leads to the glossary, unless that use is such an
explanation, or a link already. Code, headings and pictures are left alone.
"""

from __future__ import annotations

import functools
import html
import re
from pathlib import Path

from learn.site import content

PAGE = "glossary.html"
_TOKEN = re.compile(r"(<!--.*?-->|<[^>]*>)", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
_LEFT_ALONE = frozenset(
    "a code pre kbd h1 h2 h3 h4 h5 h6 script style svg figure figcaption summary nav button "
    "label th textarea".split()
)
_SET_APART = frozenset(("strong", "em", "b", "i", "dfn", "a"))
_VOID = frozenset("area br col hr img input link meta source wbr".split())


_APART = re.compile(
    r"\*\*(.+?)\*\*|(?<![*A-Za-z0-9])\*(?!\s)([^*]+?)\*(?![*A-Za-z0-9])", re.DOTALL
)
_HEADING_ID = re.compile(r"^#{2,4} .*\{#([\w-]+)\}\s*$", re.MULTILINE)
Pages = dict[str, str]  # name -> prose, in the order of reading


def explained_in(term: dict, pages: dict[str, Pages]) -> str:
    """The first page that explains the term in both languages; what notes/glossary.toml
    says in `explained` goes before. "" when there is none."""
    asked = (term.get("explained") or [""])[0]
    names = [asked] if asked else list(pages["en"])
    for exactly in (True, False):
        for name in names:
            if all(explains(by.get(name, ""), term[lang], exactly) for lang, by in pages.items()):
                return name
    return ""


def explains(prose: str, forms: list[str], exactly: bool = False) -> bool:
    """Is one of the forms set apart, or given beside another one? `exactly`: alone."""
    wanted = _any_of(tuple(forms))
    if exactly:
        return any(map(wanted.fullmatch, _apart(prose)))
    if wanted.search("\n".join(_apart(prose))):
        return True
    pairs = [(a, b) for a in forms for b in forms if a != b]
    return any(
        re.search(rf"{pattern(a)}\s*[(（]{pattern(b)}", prose, re.IGNORECASE) for a, b in pairs
    )


def place(markdown: str, forms: list[str]) -> str:
    """The id of the heading under which the page explains the term, with its #; "" when
    there is none."""
    wanted = [re.compile(pattern(form), re.IGNORECASE) for form in forms]
    found = list(_APART.finditer(markdown))
    for test in (re.Pattern.fullmatch, re.Pattern.search):
        for match in found:
            if any(test(form, match[1] or match[2]) for form in wanted):
                above = _HEADING_ID.findall(markdown, 0, match.start())
                return f"#{above[-1]}" if above else ""
    return ""


@functools.cache
def _any_of(forms: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(pattern, forms)), re.IGNORECASE)


@functools.lru_cache(maxsize=200)
def _apart(prose: str) -> tuple[str, ...]:
    """What the page sets in bold or in italics."""
    return tuple(bold or italic for bold, italic in _APART.findall(prose))


def slug(term: dict) -> str:
    """`send buffer` is term-send-buffer on the page of all terms."""
    return "term-" + re.sub(r"[^a-z0-9]+", "-", term["en"][0].lower()).strip("-")


def has_links(page: str) -> bool:
    """The chapters, and the answers to questions."""
    return page[:1].isdecimal() or page == "answers"


def link_first_uses(page: str, language: str, glossary: Path) -> str:
    """`page`, the HTML of a page, with a link at the first use of each term."""
    finder, slugs = _finder(glossary, language)
    if finder is None:
        return page
    parts = _TOKEN.split(page)
    seen: set[str] = set()
    open_tags: list[str] = []
    for place, part in enumerate(parts):
        if place % 2:
            _follow(part, open_tags)
        elif part.strip():
            apart = not _SET_APART.isdisjoint(open_tags)
            if apart or _LEFT_ALONE.isdisjoint(open_tags):
                parts[place] = _linked(part, finder, slugs, seen, apart)
    return "".join(parts)


def _follow(tag: str, open_tags: list[str]) -> None:
    """Keeps the list of tags that are open here."""
    match = _TAG.match(tag)
    name = match[2].lower() if match else ""
    if not match or not name or name in _VOID or tag.endswith("/>"):
        return
    if not match[1]:
        open_tags.append(name)
    elif name in open_tags:
        while open_tags.pop() != name:
            pass


def _linked(text: str, finder: re.Pattern, slugs: dict, seen: set[str], apart: bool) -> str:
    def one(match: re.Match) -> str:
        target = slugs[_key(match[0])]
        if target in seen:
            return match[0]
        seen.add(target)
        return match[0] if apart else f'<a class="term" href="{PAGE}#{target}">{match[0]}</a>'

    return finder.sub(one, text)


@functools.cache
def _finder(glossary: Path, language: str) -> tuple[re.Pattern | None, dict[str, str]]:
    """What finds a term, the longest first, and the id that each form leads to."""
    slugs: dict[str, str] = {}
    for term in content.glossary(glossary):
        for form in term[language]:
            slugs.setdefault(_key(html.escape(form, quote=False)), slug(term))
    forms = sorted(slugs, key=len, reverse=True)
    if not forms:
        return None, {}
    finder = re.compile("|".join(map(pattern, forms)), re.IGNORECASE)
    plurals = {f"{form}{end}": target for form, target in slugs.items() for end in ("s", "es")}
    return finder, plurals | slugs


def pattern(form: str) -> str:
    """Chinese has no spaces between words; English stands alone, or in the plural."""
    written = re.sub(r"\\? ", r"\\s+", re.escape(form))
    return rf"(?<![A-Za-z0-9_-]){written}(?:e?s)?(?![A-Za-z0-9_])" if form.isascii() else written


def _key(form: str) -> str:
    return " ".join(form.lower().split())
