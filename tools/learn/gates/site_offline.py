# SPDX-License-Identifier: Apache-2.0
"""The zip of the site, unpacked and opened without a server: a part of the gate `site`.

In each language: the home page loads and reports no error, a search finds a page of the
language, and a player goes through its steps.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from learn.gate import Problem
from learn.gates import site_player
from learn.say import say
from learn.site import offline

QUERIES = {"index.html": "zero copy", "zh/index.html": "零拷贝"}


def check(site: Path, browse: Callable, play: Callable) -> tuple[dict, list[Problem]]:
    """Figures and problems. `browse` and `play` are the gate's; they ask Chromium."""
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / "site.zip"
        offline.pack(site, packed)
        with zipfile.ZipFile(packed) as opened:
            opened.extractall(folder)
        unpacked = Path(folder) / offline.NAME
        homes = [name for name in QUERIES if (unpacked / name).is_file()]
        queries = [{"page": name, "query": QUERIES[name]} for name in homes]
        address = unpacked.resolve().as_uri()
        asked = site_player.players(unpacked, homes)
        seen = browse(address, homes, queries, unpacked)
        played = play(address, asked)
    found = [hit for hit in seen["hits"] if _is_hit(hit)]
    problems = [
        _problem(hit["page"], "not_found_offline", query=hit["query"])
        for hit in seen["hits"]
        if hit not in found
    ]
    problems += [
        _problem(at["page"], "error_offline", said=at["text"]) for at in seen["console"]
    ]
    problems += site_player.problems(played, asked)
    return {"offline_hits": len(found), "offline_steps": played["walked"]}, problems


def _is_hit(hit: dict) -> bool:
    """Is one of the links a page of the language that was asked in?"""
    chinese = site_player.language(hit["page"]) == "zh"
    links = [link for link in hit["links"] if link]
    return any(("/zh/" in link or link.startswith("zh/")) == chinese for link in links)


def _problem(page: str, key: str, **values: str) -> Problem:
    return Problem(page, 0, say(f"front.{key}", **values), say("front.offline_mend"))
