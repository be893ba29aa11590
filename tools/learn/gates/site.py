# SPDX-License-Identifier: Apache-2.0
"""The gate `site`: it builds strictly, its links lead somewhere, and a real browser
finds nothing wrong with it: no other host, no serious accessibility violation, no
sideways scrolling at 360 pixels, a search that answers the questions of the notes, and
players that the keyboard leads through every step. No page is too heavy.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from learn import index, paths
from learn.gate import GateResult, Problem, blocked, verdict
from learn.gates import site_code, site_offline, site_player, site_search, site_weight
from learn.run import bounded
from learn.run.bounded import Limits
from learn.say import say
from learn.setup import node
from learn.site import build, content, links, tree_pages
from learn.site.serve import server

CHECKER = paths.NODE / "site_check.mjs"
BROWSE_S = 900
SAMPLES = ("api/index.html", "api/annotated.html")  # of the reference: requests only


class NoBrowser(Exception):
    """What the look through a browser needs is not there."""


def run(options: object = None) -> GateResult:
    try:
        problems = build.run(strict=True)
    except build.SiteUnavailable as error:
        return blocked("site", str(error), "./learn doctor")
    if problems:
        return verdict("site", {}, problems)
    return check(content.SITE)


def check(site: Path) -> GateResult:
    """The verdict on a built site."""
    by_language = pages(site)
    found = links.check(site)
    try:
        with server(site) as address:
            names = by_language["en"] + by_language["zh"]
            asked = site_player.players(site, names)
            pairs = site_player.pairs(site, names)
            with ThreadPoolExecutor() as two:  # each has a browser of its own
                walking = two.submit(play, address, asked, pairs)
                seen = browse(address, [*names, *of_tree(site)], site)
                searched = site_search.check(site, address, browser(), _in_chromium)
                played = walking.result()
        away, problems_away = site_offline.check(site, browse, play, search)
    except NoBrowser as error:
        return blocked("site", str(error), "./learn doctor")
    weight, heavy = site_weight.check(site)
    code = site_code.count(site, names, index.load().names)
    figures = {
        "pages_en": len(by_language["en"]),
        "pages_zh": len(by_language["zh"]),
        "broken_links": len(found.broken),
        "off_host_requests": len(found.off_host) + len(seen["offHost"]),
        "axe_serious": len(seen["axe"]),
        **searched.figures,
        "console_errors": len(seen["console"]),
        "overflowing": len(seen["overflow"]),
        "no_alt": len(found.no_alt),
        "players": len(asked),
        "player_branches": sum(len(player["branches"]) for player in asked),
        "player_pairs": len(pairs),
        "player_steps": played["walked"],
        "player_faults": len(played["faults"]),
        **code.figures(),
        **weight,
        **away,
    }
    problems = [*problems_away, *_static(found), *_seen(seen), *searched.problems,
                *site_player.problems(played, asked), *code.problems, *heavy]  # fmt: skip
    return verdict("site", figures, sorted(set(problems)))


def pages(site: Path) -> dict[str, list[str]]:
    """The pages of the notes by language."""
    return {
        "en": sorted(file.name for file in site.glob("*.html") if file.name != "404.html"),
        "zh": sorted(f"zh/{f.name}" for f in (site / "zh").glob("*.html") if f.name != "404.html"),
    }


def of_tree(site: Path) -> list[str]:
    """Of the pages of the exercises, which look alike, one in each language; as well of the
    labs' handouts, and of their teacher's pages."""
    pages = [sorted(site.glob(f"{folder}{files}"))[:1]
             for folder in ("", "zh/") for files in tree_pages.FILES]  # fmt: skip
    return [str(page.relative_to(site)) for first in pages for page in first]


def browse(address: str, names: list[str], site: Path) -> dict:
    """What Chromium saw; see tools/node/site_check.mjs."""
    job = {
        "browser": browser(),
        "base": address,
        "pages": to_look_at(site, names),
        "samples": [name for name in SAMPLES if (site / name).is_file()],
    }
    return _in_chromium(CHECKER, job)


def to_look_at(site: Path, names: list[str]) -> list[dict]:
    """Shown code is most of a page, and looks the same on each: axe examines it on the
    first page of a language that has some."""
    pages, seen = [], set()
    for name in names:
        language = site_player.language(name)
        code = 'class="piece"' in (site / name).read_text(encoding="utf-8")
        pages.append({"page": name, "looks": site_player.looks(name),
                      "code": code and language not in seen})
        if code:
            seen.add(language)
    return pages


def play(address: str, players: list[dict], pairs: Sequence[dict] = ()) -> dict:
    """What Chromium saw of the players; see tools/node/player_check.mjs."""
    if not players and not pairs:
        return {"faults": [], "walked": 0}
    job = {"browser": browser(), "base": address, "players": players, "pairs": list(pairs)}
    return _in_chromium(site_player.CHECKER, job)


def _in_chromium(checker: Path, job: dict) -> dict | list:
    ran = bounded.run([_node(), checker], Limits(seconds=BROWSE_S),
                      stdin=json.dumps(job).encode(), apart=True)
    if ran.why:
        raise NoBrowser(say("site.browser_slow", seconds=BROWSE_S))
    if ran.status:
        said = ran.errors.splitlines()
        said = [line for line in said if "Error" in line] or said
        raise NoBrowser(say("site.browser_failed", reason=(said or ["?"])[0].strip()))
    return json.loads(ran.output)


def search(address: str) -> list[Problem]:
    return site_search.typed(address, browser(), _in_chromium)


def browser() -> str:
    if found := node.browser():
        return found
    raise NoBrowser(say("site.no_browser"))


def _node() -> str:
    found = node.program()
    if not found or not (node.MODULES / "puppeteer").is_dir():
        raise NoBrowser(say("site.no_node"))
    return found


def _static(found: links.Findings) -> list[Problem]:
    kinds = (("broken_link", found.broken), ("off_host", found.off_host), ("no_alt", found.no_alt))
    return [
        Problem(
            ref.page, ref.line, say(f"site.{kind}", target=ref.target), say(f"site.{kind}_mend")
        )
        for kind, references in kinds
        for ref in references
    ]


def _seen(seen: dict) -> list[Problem]:
    problems = [
        Problem(at["page"], 0, say("site.off_host", target=at["url"]), say("site.off_host_mend"))
        for at in seen["offHost"]
    ]
    problems += [
        Problem(
            at["page"],
            0,
            say("site.console_error", said=at["text"]),
            say("site.console_error_mend"),
        )
        for at in seen["console"]
    ]
    problems += [
        Problem(at["page"], 0, say("site.axe", **at), say("site.axe_mend", id=at["id"]))
        for at in seen["axe"]
    ]
    problems += [
        Problem(at["page"], 0, say("site.overflow", **at), say("site.overflow_mend"))
        for at in seen["overflow"]
    ]
    return problems
