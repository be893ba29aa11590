# SPDX-License-Identifier: Apache-2.0
"""The road map: which chapter needs which, and ways through the book.

    {{ all("roads") }}      the prerequisites as a picture, and as a table
    {{ all("routes") }}     chapters/routes.toml: what to read in the time one has

Both are made from chapters/*/chapter.toml. A chapter that is only planned is shown as
such, without a link.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from learn.run import bounded
from learn.run.bounded import Limits
from learn.say import area_messages
from learn.site import chapters
from learn.site.chapters import Chapter
from learn.site.content import LANGUAGES
from learn.site.trace_figure import one_line_svg

DOT_S = 60.0
_LINE = 24  # columns of a box; a Chinese character takes two


class RoadError(Exception):
    """The map cannot be drawn: one line that says why."""


@dataclass(frozen=True)
class Route:
    """Some chapters in the order in which to read them."""

    id: str
    title: dict[str, str]
    why: dict[str, str]
    hours: tuple[float, float]  # what it may take
    chapters: list[Chapter]

    @property
    def minutes(self) -> int:
        return sum(chapter.minutes for chapter in self.chapters)


def roads(root: Path, language: str) -> str:
    """The picture, then the same as a table."""
    known = chapters.load_all(root)
    label = _text("roads_label", language)
    svg = one_line_svg(_drawn(_dot(known, language)), label)
    picture = (
        f'<figure class="road-map" markdown="0"><div tabindex="0" role="group"'
        f' aria-label="{label}">{svg}</div></figure>'
    )
    by_id = {chapter.id: chapter for chapter in known}
    rows = [_text("roads_head", language).split("|"), ["---"] * 4]
    rows += [_row(chapter, by_id, language) for chapter in known]
    table = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([picture, "", *table])


def _row(chapter: Chapter, by_id: dict[str, Chapter], language: str) -> list[str]:
    needs = [str(by_id[name].number) for name in chapter.prerequisites if name in by_id]
    goal = "–" if chapter.planned else chapter.goals[language][0]
    return [link(chapter, language), str(chapter.minutes), ", ".join(needs) or "–", goal]


def link(chapter: Chapter, language: str) -> str:
    """`[7 · The poller](07-poller.md)`, or its name and that it is planned."""
    name = f"{chapter.number} · {chapter.title[language]}"
    if chapter.planned:
        return f"{name} ({_text('planned', language)})"
    return f"[{name}]({chapter.id}.md)"


def _dot(known: list[Chapter], language: str) -> str:
    """The graph as Graphviz reads it. The colours are the page's."""
    there = {chapter.id for chapter in known}
    lines = ["digraph {", 'rankdir=LR; bgcolor="transparent"; nodesep=0.15; ranksep=0.6;',
             'node [shape=box, style=rounded, fontsize=12, margin="0.12,0.06"];']  # fmt: skip
    for chapter in known:
        words = _wrapped(f"{chapter.number} · {chapter.title[language]}")
        words.append(_text("minutes", language).format(minutes=chapter.minutes))
        width = max(map(_columns, words)) * 0.095 + 0.25
        kind = ' class="planned"' if chapter.planned else ""
        label = "\\n".join(words).replace('"', '\\"')
        lines.append(f'"{chapter.id}" [label="{label}", width={width:.2f}{kind and ","}{kind}];')
        lines += [f'"{need}" -> "{chapter.id}";' for need in chapter.prerequisites if need in there]
    return "\n".join([*lines, "}"])


def _columns(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def _wrapped(text: str) -> list[str]:
    """As few lines of at most _LINE columns as there can be, of about the same length."""
    count = len(_broken(text, _LINE))
    tight = range(-(-_columns(text) // count), _LINE)
    return next((lines for at in tight if len(lines := _broken(text, at)) == count),
                _broken(text, _LINE))  # fmt: skip


def _broken(text: str, limit: int) -> list[str]:
    """Broken at spaces, and between Chinese characters."""
    lines = [""]
    for word in text.split(" "):
        pieces = list(word) if _columns(word) > len(word) else [word]
        for position, piece in enumerate(pieces):
            joint = " " if position == 0 and lines[-1] else ""
            if lines[-1] and _columns(lines[-1] + joint + piece) > limit:
                lines.append(piece)
            else:
                lines[-1] += joint + piece
    return lines


def _drawn(dot: str) -> str:
    """The SVG, without ids, which another picture of the page may have too."""
    if not shutil.which("dot"):
        raise RoadError("graphviz is not installed")
    ran = bounded.run(["dot", "-Tsvg"], Limits(seconds=DOT_S), stdin=dot.encode(), apart=True)
    if ran.status:
        raise RoadError((ran.why or ran.errors or "dot failed").strip().splitlines()[0])
    svg = re.sub(r"<!--.*?-->|<title>.*?</title>", "", ran.output, flags=re.DOTALL)
    return re.sub(r'\sid="[^"]*"', "", svg)


def load_routes(root: Path) -> list[Route]:
    """chapters/routes.toml, held to the chapters: an order that works, in its time."""
    by_id = {chapter.id: chapter for chapter in chapters.load_all(root)}
    with (root / "chapters" / "routes.toml").open("rb") as opened:
        tables = tomllib.load(opened)["route"]
    return [_route(table, by_id) for table in tables]


def _route(table: dict, by_id: dict[str, Chapter]) -> Route:
    names = table["chapters"] or sorted(by_id)
    if missing := [name for name in names if name not in by_id]:
        raise RoadError(f"route {table['id']}: there is no chapter {missing[0]}")
    for place, name in enumerate(names):
        late = [need for need in by_id[name].prerequisites if need in names[place:]]
        if late:
            raise RoadError(f"route {table['id']}: {name} needs {late[0]}, which comes later")
    chosen = [by_id[name] for name in names]
    title, why = ({lang: table[key][lang] for lang in LANGUAGES} for key in ("title", "why"))
    low, high = table["hours"]
    route = Route(table["id"], title, why, (low, high), chosen)
    if not low * 60 <= route.minutes <= high * 60:
        raise RoadError(f"route {route.id}: {route.minutes} minutes, not {low} to {high} hours")
    return route


def routes(root: Path, language: str) -> str:
    """Each route: why, the chapters in order, and how long they take."""
    parts = []
    for route in load_routes(root):
        parts += [f"### {route.title[language]} {{#{route.id}}}", "", route.why[language], ""]
        parts += [
            f"{place}. {link(chapter, language)}"
            f" — {_text('minutes', language).format(minutes=chapter.minutes)}"
            for place, chapter in enumerate(route.chapters, 1)
        ]
        parts += ["", _total(route.minutes, language), ""]
    return "\n".join(parts)


def _total(minutes: int, language: str) -> str:
    hours, rest = divmod(minutes, 60)
    return _text("total", language).format(hours=hours, minutes=rest)


def _text(key: str, language: str) -> str:
    return area_messages("front")[key][language]
