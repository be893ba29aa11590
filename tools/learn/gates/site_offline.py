# SPDX-License-Identifier: Apache-2.0
"""The zip of the site, unpacked and opened without a server: a part of the gate `site`.

In each language: the home page loads and reports no error, a search finds a page of the
language, and a player goes through its steps.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from learn.gate import Problem
from learn.gates import site_player
from learn.say import say
from learn.site import offline

HOMES = ("index.html", "zh/index.html")
# A page from a file may not send an XMLHttpRequest. axe asks for the style sheets by one,
# the theme for a sitemap, and both go on without.
_NOT_NEEDED = re.compile(
    r"Access to XMLHttpRequest at 'file:.*(\.css|sitemap\.xml)'|"
    r"Failed to load resource: net::ERR_FAILED$"
)


def check(site: Path, browse: Callable, play: Callable,
          search: Callable[[str], list[Problem]]) -> tuple[dict, list[Problem]]:  # fmt: skip
    """Figures and problems. `browse`, `play` and `search` are the gate's; they ask Chromium."""
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / "site.zip"
        offline.pack(site, packed)
        with zipfile.ZipFile(packed) as opened:
            opened.extractall(folder)
        unpacked = Path(folder) / offline.NAME
        homes = [name for name in HOMES if (unpacked / name).is_file()]
        address = unpacked.resolve().as_uri()
        asked = site_player.players(unpacked, homes)
        seen = browse(address, homes, unpacked)
        played = play(address, asked)
        problems = search(address)
    problems += [
        _problem(at["page"], "error_offline", said=at["text"])
        for at in seen["console"]
        if not _NOT_NEEDED.match(at["text"])
    ]
    problems += site_player.problems(played, asked)
    return {"offline_pages": len(homes), "offline_steps": played["walked"]}, problems


def _problem(page: str, key: str, **values: str) -> Problem:
    return Problem(page, 0, say(f"front.{key}", **values), say("front.offline_mend"))
