# SPDX-License-Identifier: Apache-2.0
"""What the rest of the site takes from a page: its front matter, its headings, and the
pieces of code that it owns, each below its heading.

While this stays as it is, a change of the page changes nothing else but its entries in
the search and the lists that read prose (lists.OF_PROSE). Whoever lets another page
depend on more of a page adds it here; tests/tools/test_site_live.py compares.
"""

from __future__ import annotations

import re

from mkdocs.utils import meta

from learn.site import lists
from learn.site.directives import find

_HEADING = re.compile(r"^\s*#{1,6}\s")


def of(markdown: str) -> str:
    """Equal for two texts of a page that look the same from outside."""
    _, front = meta.get_data(markdown)
    owned: dict[int, list[str]] = {}
    for directive in find(markdown):
        if directive.name == "src":
            owned.setdefault(directive.line, []).append(directive.argument)
    seen = [repr(front)]
    for number, line in enumerate(markdown.splitlines(), 1):
        if _HEADING.match(line):
            seen.append(line.strip())
        seen += [f"src {name}" for name in owned.get(number, ())]
    return "\n".join(seen)


def reads_prose(markdown: str) -> bool:
    """Has the page a list that is made from the prose of other pages?"""
    return any(d.name == "all" and d.argument in lists.OF_PROSE for d in find(markdown))


def lists_exercises(markdown: str, chapter: str) -> bool:
    return any(d.name == "exercises" and d.argument == chapter for d in find(markdown))
