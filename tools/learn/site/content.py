# SPDX-License-Identifier: Apache-2.0
"""Which pages there are, in which language, and in which order."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from learn import paths

LANGUAGES = ("en", "zh")
SITE = paths.BUILD / "site"
FRESH = paths.BUILD / "site.new"  # while it is made
DOXYGEN = paths.BUILD / "doxygen"
TAGFILE = DOXYGEN / "netpoll.tag"

# Before the chapters, in this order; each only when it is there.
FRONT_PAGES = ("index", "how-to-read", "road-map")
# After the chapters.
BACK_PAGES = ("labs", "answers", "questions", "from-the-original", "recordings", "glossary",
              "source")  # fmt: skip
API = {"API reference": "api/index.html"}  # made by Doxygen, last


def chapter_ids() -> list[str]:
    """Of every chapter that has a chapter.toml, in order."""
    return sorted(toml.parent.name for toml in paths.CHAPTERS.glob("*/chapter.toml"))


def navigation(notes: Path = paths.NOTES) -> list:
    """MkDocs' `nav`. Titles are the pages' own, so one list serves both languages."""
    written = {page.stem for language in LANGUAGES for page in (notes / language).glob("*.md")}
    front: list = [f"{name}.md" for name in FRONT_PAGES if name in written]
    back = [f"{name}.md" for name in BACK_PAGES if name in written]
    chapters = [f"{chapter}.md" for chapter in chapter_ids() if chapter in written]
    middle = [{"Chapters": chapters}] if chapters else []
    return [*front, *middle, *back, API]


def language_of(page: Path, notes: Path = paths.NOTES) -> str:
    """en or zh: the folder of notes/ that holds the page."""
    return page.relative_to(notes).parts[0]


def pages(notes: Path = paths.NOTES) -> list[str]:
    """The stems of all pages in either language."""
    return sorted({p.stem for language in LANGUAGES for p in (notes / language).glob("*.md")})


def glossary(file: Path) -> list[dict]:
    """[[term]] en = "buffer" or a list of forms; zh likewise; avoid_en, avoid_zh."""
    if not file.is_file():
        return []
    with file.open("rb") as opened:
        terms = tomllib.load(opened).get("term", [])
    return [{key: [v] if isinstance(v, str) else v for key, v in term.items()} for term in terms]


_CHINESE = r"[\u2e80-\u9fff\u3000-\u303f\uff00-\uffef“”‘’…—]"
_BROKEN = re.compile(rf"(?<={_CHINESE})\n(?={_CHINESE})")
_PRE = re.compile(r"(<pre.*?</pre>)", re.DOTALL)


def join_chinese(html: str) -> str:
    """`html` without the line ends that browsers would show as spaces."""
    parts = _PRE.split(html)
    parts[::2] = [_BROKEN.sub("", part) for part in parts[::2]]
    return "".join(parts)


_SEARCH = '<div class="md-search" data-md-component="search" role="dialog">'
_CODE = re.compile(r"(<pre\b[^>]*>(?:<span></span>)?(?:<a [^>]*></a>)*<code)>")


def accessible(output: str, language: str) -> str:
    """Names the search dialog; lets the keyboard into code that scrolls sideways."""
    label = {"en": "Search", "zh": "搜索"}[language]
    output = output.replace(_SEARCH, f'{_SEARCH[:-1]} aria-label="{label}">')
    return _CODE.sub(r'\1 tabindex="0">', output)
