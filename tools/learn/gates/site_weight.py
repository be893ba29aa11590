# SPDX-License-Identifier: Apache-2.0
"""How heavy the pages of a built site are: a part of the gate `site`.

check(site)    figures, and a problem for each page that is above LIMIT

A page is what the browser must have read before it shows the page's end: so the records
of the players, the pictures and the scripts do not count, which are files of their own.
The API reference is Doxygen's.
"""

from __future__ import annotations

from pathlib import Path

from learn.gate import Problem
from learn.say import say

LIMIT = 400_000  # bytes
HEAVY = 300_000  # such pages are counted, so that one sees them grow
SKIP = "api/"


def weights(site: Path) -> dict[str, int]:
    """The bytes of each page, the heaviest first."""
    found = {str(file.relative_to(site)): file.stat().st_size for file in site.rglob("*.html")}
    ours = {page: size for page, size in found.items() if not page.startswith(SKIP)}
    return dict(sorted(ours.items(), key=lambda one: (-one[1], one[0])))


def check(site: Path) -> tuple[dict[str, int], list[Problem]]:
    pages = weights(site)
    figures = {
        "heaviest_page_kb": max(pages.values(), default=0) // 1000,
        "pages_above_300_kb": sum(size > HEAVY for size in pages.values()),
    }
    return figures, [
        Problem(page, 0, say("weight.heavy", size=size, limit=LIMIT), say("weight.heavy_mend"))
        for page, size in pages.items()
        if size > LIMIT
    ]
