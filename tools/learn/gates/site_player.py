# SPDX-License-Identifier: Apache-2.0
"""The players of a built site, walked through by keyboard in a real browser.

language(page)            en or zh
looks(page)               the colours and widths in which a page is looked at
players(site, pages)      which pages show which record, and the sentence of each step
problems(seen, asked)     what tools/node/player_check.mjs found
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from learn import paths
from learn.gate import Problem
from learn.say import say

CHECKER = paths.NODE / "player_check.mjs"
# The pages of the two languages have one layout, and a browser needs seconds for each look
# at a long page: so each language has two of the four looks.
LOOKS = {"en": [["light", 1280], ["dark", 360]], "zh": [["light", 360], ["dark", 1280]]}
WALK = {"en": ["light", 1280], "zh": ["dark", 360]}  # for a walk through a player
SHOWN = 3  # problems of one kind on one page

_PLAYER = re.compile(
    r'<trace-player record="([\w-]+)"[^>]*><script type="application/json">(.*?)</script>',
    re.DOTALL,
)


def language(page: str) -> str:
    return "zh" if page.startswith("zh/") else "en"


def looks(page: str) -> list[list]:
    return LOOKS[language(page)]


def players(site: Path, pages: list[str]) -> list[dict]:
    """One for each record on each page. What the data say is what must be seen. The
    first page of a language that shows a record is walked through, the others opened."""
    found: list[dict] = []
    walked = set()
    for page in pages:
        for record, data in _PLAYER.findall((site / page).read_text(encoding="utf-8")):
            try:
                steps = [step["text"] for step in json.loads(data)["steps"]]
            except (ValueError, KeyError, TypeError):
                steps = [""]  # the player will not be there, which the browser sees
            key = record, language(page)
            found.append(
                {"page": page, "record": record, "steps": steps, "walk": key not in walked,
                 "look": WALK[language(page)]}
            )
            walked.add(key)
    return found


def problems(seen: dict, asked: list[dict]) -> list[Problem]:
    """The first of each kind on each page; all of them would say the same."""
    found: list[Problem] = []
    counts: dict[tuple[str, str], int] = {}
    for at in seen["faults"]:
        key = at["page"], at["what"]
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= SHOWN:
            text = say(f"player.{at['what']}", more=at["more"])
            where = {name: at[name] for name in ("theme", "width", "step")}
            found.append(
                Problem(at["page"], 0, say("player.at", text=text, **where), say("player.mend"))
            )
    due = sum(len(player["steps"]) for player in asked if player["walk"])
    if not found and seen["walked"] != due:
        text = say("player.walked", walked=seen["walked"], due=due)
        found.append(Problem("index.html", 0, text, say("player.mend")))
    return found
