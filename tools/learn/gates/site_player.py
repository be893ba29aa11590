# SPDX-License-Identifier: Apache-2.0
"""The players of a built site, walked through by keyboard in a real browser.

language(page)            en or zh
looks(page)               the colours and widths in which a page is looked at
players(site, pages)      which pages show which record, and the sentence of each step
pairs(site, pages)        which pages show which two records side by side
problems(seen, asked)     what tools/node/player_check.mjs found
"""

from __future__ import annotations

import re
from pathlib import Path

from learn import paths
from learn.gate import Problem
from learn.say import say
from learn.site import record_files

CHECKER = paths.NODE / "player_check.mjs"
# The pages of the two languages have one layout, and a browser needs seconds for each look
# at a long page: so each language has two of the four looks.
LOOKS = {"en": [["light", 1280], ["dark", 360]], "zh": [["light", 360], ["dark", 1280]]}
WALK = {"en": ["light", 1280], "zh": ["dark", 360]}  # for a walk through a player
SHOWN = 3  # problems of one kind on one page

_PLAYER = re.compile(r'<trace-player record="([\w+-]+)"([^>]*)>')
_BRANCHES = re.compile(r'\bwhat-if="([^"]*)"')
_PAIR = re.compile(r"<trace-beside\b.*?</trace-beside>", re.DOTALL)


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
        for record, marks in _PLAYER.findall((site / page).read_text(encoding="utf-8")):
            if marks.endswith(" paired"):
                continue
            names = _BRANCHES.search(marks)
            steps, branches = _told(site, page, record, names[1].split() if names else [])
            key = record, language(page)
            found.append(
                {"page": page, "record": record, "steps": steps, "branches": branches,
                 "walk": key not in walked, "look": WALK[language(page)]}
            )
            walked.add(key)
    return found


def _told(site: Path, page: str, record: str, names: list[str]) -> tuple[list[str], list[dict]]:
    """The sentence of each step, and those of each branch, the shared ones before its own."""
    try:
        steps = [step["text"] for step in _record(site, page, record)["steps"]]
        own = [_record(site, page, record_files.branch(name)) for name in names]
        return steps, [
            {"id": branch["id"], "fork": branch["fork"],
             "steps": steps[: branch["fork"] - 1] + [step["text"] for step in branch["steps"]]}
            for branch in own
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return [""], []  # no player will be there, which the browser sees


def _record(site: Path, page: str, name: str) -> dict:
    return record_files.read(site / record_files.address(name, language(page)))


def pairs(site: Path, pages: list[str]) -> list[dict]:
    """`matches`: how many steps of the one the other must go along to."""
    found = []
    for page in pages:
        for pair in _PAIR.findall((site / page).read_text(encoding="utf-8")):
            records = [record for record, _ in _PLAYER.findall(pair)]
            one, other = (_calls(site, page, record) for record in records)
            found.append({"page": page, "records": records, "length": len(one),
                          "matches": _in_common(one, other), "look": WALK[language(page)]})
    return found


def _calls(site: Path, page: str, record: str) -> list[tuple[str, bool]]:
    """The function of each step, and whether the client's; of a record that is none nothing."""
    try:
        steps = _record(site, page, record)["steps"]
        return [(step["fn"], step["kind"] == "message") for step in steps]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _in_common(one: list, other: list) -> int:
    """The length of the longest sequence that both have in this order."""
    row = [0] * (len(other) + 1)
    for mine in one:
        above, row = row, [0] * len(row)
        for at, theirs in enumerate(other, 1):
            row[at] = above[at - 1] + 1 if mine == theirs else max(above[at], row[at - 1])
    return row[-1]


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
