# SPDX-License-Identifier: Apache-2.0
"""The search of a built site: one index for each language, made from its pages.

The theme asks for search/search_index.json below the folder that a page calls its
base, or for search_index.js when the page was opened from a file. So a Chinese page
gets zh/ as its base, and each language an index of its own. The theme's worker stays
as it is; tools/site/search-query.js is put in front of it, and says what is looked for.

    write(site, api)      after MkDocs: the two indexes, the base, the worker
    again(site, …)        one page of an index anew
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from learn import paths
from learn.site import content, search_api, search_page, search_words, tree_pages

QUERY = paths.TOOLS / "site" / "search-query.js"
WORKERS = "assets/javascripts/workers/search.*.min.js"
FOLDERS = {"en": "", "zh": "zh/"}
TREE_WEIGHT = 0.4
NOT_FOUND = {"404.html", "questions.html"}  # the second is a list of all the others

# Of the text of an entry, escaped as it is. No * ^ ~ +, which a query may contain.
SEPARATOR = (
    r"(?:&(?:lt|gt|amp|quot);|"
    r"[\s\u200b\u3000\-–—，。、；：？！（）“”‘’《》「」【】…·→←()\[\]{}`'\".:,;/|=<>&%$#@!?\\])+"
)
FIELDS = {
    "title": {"boost": 10.0},
    "words": {"boost": 10.0},  # of the front matter; not shown
    "symbols": {"boost": 4.0},  # of the pieces that a section shows; not shown
    "terms": {"boost": 3.0},  # words in bold; shown as a part of the text
    "text": {"boost": 1.0},
    "code": {"boost": 0.2},  # names in shown code; not shown
}
_BASE = re.compile(r'(<script id="__config" type="application/json">\{[^<]*?"base": )"\.\."')


def write(site: Path, api: object = None, symbols: Sequence = ()) -> None:
    """Makes the search of the site that MkDocs has written."""
    cutter = search_words.Cutter(search_words.dictionary())
    for language in content.LANGUAGES:
        entries = of_pages(site, language, cutter)
        if api is not None:
            to_root = "../" * FOLDERS[language].count("/")
            entries += search_api.entries(api, symbols, paths.ROOT, to_root)
        store(site / FOLDERS[language], entries)
    for page in (site / FOLDERS["zh"]).glob("*.html"):
        own_base(page)
    for worker in site.glob(WORKERS):
        ask_better(worker)


def of_pages(site: Path, language: str, cutter, notes: Path = paths.NOTES) -> list[dict]:
    """The entries of one language, page by page."""
    entries: list[dict] = []
    for page in sorted((site / FOLDERS[language]).glob("*.html")):
        if page.name in NOT_FOUND:
            continue
        source = notes / language / f"{page.stem}.md"
        entries += of_page(page, source, cutter)
    return entries + of_tree(site / FOLDERS[language], cutter)


def of_tree(folder: Path, cutter) -> list[dict]:
    """Those of the exercises and labs: what a chapter explains is to be found in the chapter
    first."""
    return [
        _entry(str(page.relative_to(folder)), section, [], cutter) | {"boost": TREE_WEIGHT}
        for page in tree_pages.made(folder)
        for section in search_page.read(page.read_text(encoding="utf-8"))
    ]


def of_page(page: Path, source: Path, cutter) -> list[dict]:
    """The entries of a built page; `source` is what it was made from."""
    words = search_words.of_page(source) if source.is_file() else search_words.PageWords()
    sections = search_page.read(page.read_text(encoding="utf-8"))
    return [_entry(page.name, section, words.of(section.id), cutter) for section in sections]


def again(site: Path, language: str, page: str, cutter, notes: Path = paths.NOTES) -> None:
    """The entries of one page anew, in their place in the index of its language."""
    folder = site / FOLDERS[language]
    written = (folder / "search" / "search_index.json").read_text(encoding="utf-8")
    docs = json.loads(written)["docs"]
    old = [n for n, entry in enumerate(docs) if entry["location"].partition("#")[0] == page]
    if page not in NOT_FOUND and old:
        source = notes / language / f"{Path(page).stem}.md"
        docs[old[0] : old[-1] + 1] = of_page(folder / page, source, cutter)
        store(folder, docs)


def _entry(page: str, section, words: list[str], cutter) -> dict:
    entry = {
        "location": f"{page}#{section.id}" if section.id else page,
        "title": cutter.cut(section.title),
        "text": cutter.cut(section.text),
    }
    more = {
        "words": cutter.cut(" ; ".join(words)),
        "terms": cutter.cut(" ; ".join(section.terms)),
        "symbols": " ".join(section.symbols),
        "code": " ".join(section.code),
    }
    return entry | {key: value for key, value in more.items() if value}


def store(folder: Path, entries: list[dict]) -> None:
    """The index as a server gives it, and as a script for a page without a server."""
    config = {"lang": ["en"], "separator": SEPARATOR, "pipeline": ["stopWordFilter"],
              "fields": FIELDS}
    index = json.dumps({"config": config, "docs": entries}, ensure_ascii=False,
                       separators=(",", ":"))
    (folder / "search").mkdir(parents=True, exist_ok=True)
    (folder / "search" / "search_index.json").write_text(index, encoding="utf-8")
    (folder / "search" / "search_index.js").write_text(f"var __index = {index}", encoding="utf-8")


def own_base(page: Path) -> None:
    """A page of zh/ looks for its index, and for what it finds, in zh/."""
    text = page.read_text(encoding="utf-8")
    page.write_text(_BASE.sub(r'\1"."', text, count=1), encoding="utf-8")


def ask_better(worker: Path) -> None:
    """Puts our reading of a query in front of the theme's worker, once."""
    ours, theirs = QUERY.read_text(encoding="utf-8"), worker.read_text(encoding="utf-8")
    if not theirs.startswith(ours):
        worker.write_text(ours + theirs, encoding="utf-8")
