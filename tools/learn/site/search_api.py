# SPDX-License-Identifier: Apache-2.0
"""The API reference in the search: one entry a symbol, its name and its first sentence.

They weigh little, so that a chapter which explains a symbol comes before its entry.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

WEIGHT = 0.05
_KINDS = {"function", "class", "enum", "alias", "concept", "constant"}
_SENTENCE = re.compile(r"^(.+?[.:!?])(?:\s|$)")


def entries(api, symbols, root: Path, to_root: str) -> list[dict]:
    """Of each documented symbol that has a page; a page comes before what is on it."""
    found: dict[str, dict] = {}
    texts: dict[str, list[str]] = {}
    for symbol in symbols:
        location = api.pages.get(symbol.name)
        if symbol.kind not in _KINDS or not location or symbol.name.endswith("_"):
            continue
        said = sentence(_comment(symbol, root, texts))
        if not said or location in found:
            continue
        found[location] = {
            "location": f"{to_root}api/{location}",
            "title": symbol.name.removeprefix("netpoll::"),
            "text": f"<p>{html.escape(said, quote=False)}</p>",
            "boost": WEIGHT,
        }
    # The theme shows an entry below that of its page, and drops one without.
    for location in list(found):
        page = location.partition("#")[0]
        if page not in found:
            title = page.removesuffix(".html").partition("netpoll")[2].lstrip("_1:") or "netpoll"
            found[page] = {"location": f"{to_root}api/{page}", "title": title.replace("_1_1", "::"),
                           "text": "", "boost": WEIGHT}
    return [found[location] for location in sorted(found, key=lambda at: at.partition("#")[::2])]


def sentence(comment: str) -> str:
    """The first one."""
    match = _SENTENCE.match(comment)
    return match[1] if match else comment


def _comment(symbol, root: Path, texts: dict[str, list[str]]) -> str:
    """The `///` lines above a symbol, as one text."""
    if symbol.comment_start >= symbol.start:
        return ""
    if symbol.file not in texts:
        texts[symbol.file] = (root / symbol.file).read_text(encoding="utf-8").splitlines()
    above = texts[symbol.file][symbol.comment_start - 1 : symbol.start - 1]
    lines = [line.strip() for line in above]
    said: list[str] = []
    for line in (line[3:].strip() for line in lines if line.startswith("///")):
        if not line and said:
            break
        said.append(line)
    return " ".join(" ".join(said).replace("`", "").split())
