# SPDX-License-Identifier: Apache-2.0
"""A recorded sequence as a figure: the player, and what stands there without it.

    {{ trace("echo") }}
    {{ trace("echo", what_if="echo+eintr, echo+reset") }}   the same with something else
                                                            happening, from the fork on
    {{ beside("inline", "echo") }}                          two runs side by side

Without a script that is a picture and the same steps as a list. On paper the player
draws its lanes. What the player plays is in files of its own (record_files.py). All is
on one line, because a blank line would end the block for Markdown.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from learn import paths
from learn.record import mermaid
from learn.say import area_messages
from learn.site import bundle, record_files
from learn.site.step_list import target

_XML_HEAD = re.compile(r"^\s*(<\?xml[^>]*\?>|<!DOCTYPE[^>]*>)\s*", re.DOTALL)
_SVG_TAG = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_OWN = re.compile(r'\s(?:role|aria-[\w-]+|width|height|style)="[^"]*"')
_SIZE = re.compile(r'viewBox="[-\d.]+\s+[-\d.]+\s+([\d.]+)\s+([\d.]+)"')


class UnknownTrace(Exception):
    """No recording of that name; carries the ones there are."""

    def __init__(self, name: str, traces: Path) -> None:
        self.candidates = sorted(path.stem for path in traces.glob("*.json"))
        super().__init__(name)


class BrokenTrace(Exception):
    """A recording that cannot be read; says why."""


class NoBranch(Exception):
    """A recording that is no "what if" of this one; carries those there are."""

    def __init__(self, name: str, of: str, traces: Path) -> None:
        self.of = of
        self.candidates = [
            path.stem for path in sorted(traces.glob("*.json"))
            if json.loads(path.read_text(encoding="utf-8")).get("what_if", {}).get("of") == of
        ]
        super().__init__(name)


def text(key: str, language: str, **values: object) -> str:
    """A sentence of the page itself, in the page's language."""
    return area_messages("site")[key][language].format(**values)


def one_line_svg(svg: str, label: str) -> str:
    """`svg` on one line, named for screen readers, as wide as it was drawn."""
    body = " ".join(_XML_HEAD.sub("", svg).split())
    tag = _SVG_TAG.search(body)
    if tag is None:
        raise ValueError("not an SVG")
    drawn = _SIZE.search(tag.group(0))
    size = f' style="--drawn: {float(drawn[1]):.0f}px"' if drawn else ""
    opened = _OWN.sub("", tag.group(0))[:-1]
    return f'{opened}{size} role="img" aria-label="{html.escape(label)}">{body[tag.end() :]}'


def read(name: str, traces: Path) -> dict:
    """The recording of that name."""
    recording = traces / f"{name}.json"
    if not recording.is_file():
        raise UnknownTrace(name, traces)
    try:
        return json.loads(recording.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BrokenTrace(str(error)) from error


def steps(trace: dict, language: str) -> list[str]:
    """One line of text for each step: who, what, where, and what came of it."""
    lanes = {lane["id"]: lane[language] for lane in trace["lanes"]}
    return [_step_text(step, lanes, language) for step in trace["steps"]]


def _step_text(step: dict, lanes: dict[str, str], language: str) -> str:
    to = step.get("to_lane")
    parts = [lanes[step["lane"]] + (f" → {lanes.get(to, to)}" if to else ""), mermaid.label(step)]
    if "file" in step:
        parts.append(f"{step['file']}:{step['line']}")
    if sentence := step.get("text", {}).get(language):
        parts.append(sentence)
    return " · ".join(parts)


def shown_by(directive) -> list[str]:
    """The recordings that a directive of the page puts there."""
    if directive.name not in ("trace", "beside"):
        return []
    branches = directive.options.get("what_if", "").split(",")
    more = [name for name in directive.more if isinstance(name, str)]
    return [directive.argument, *more, *filter(None, map(str.strip, branches))]


def figure(directive, language: str, sources, to_root: str = "") -> str:
    """The HTML of {{ trace("name") }}; `sources` is what the page's directives use."""
    name, *others = shown_by(directive)
    trace = read(name, sources.traces)
    branches = [read(other, sources.traces) for other in others]
    for branch in branches:
        if branch.get("what_if", {}).get("of") != name:
            raise NoBranch(branch["id"], name, sources.traces)
    return _figure(_player(trace, language, sources, to_root, branches), language)


def beside(directive, language: str, sources, to_root: str, alone: set[str]) -> str:
    """The HTML of {{ beside("one", "other") }}. What the page shows `alone` as well has
    its text there."""
    players = "".join(
        _player(read(name, sources.traces), language, sources, to_root, paired=True,
                whole=name not in alone)
        for name in shown_by(directive)
    )
    pair = f'<trace-beside lang="{language}">{players}</trace-beside>'
    return _figure(pair, language)


def _figure(inside: str, language: str) -> str:
    return (
        f'<figure class="trace" markdown="0">{inside}'
        f"<figcaption>{text('trace_caption', language)}</figcaption></figure>"
    )


def with_player(page: str, to_root: str) -> str:
    """The page with the player's script, when it has a player. At its end, and deferred:
    so it runs behind the scripts of all records."""
    if "<trace-player" not in page:
        return page
    return f'{page}\n<script defer src="{to_root}{bundle.NAME}"></script>\n'


def _player(
    trace: dict, language: str, sources, to_root: str, branches: Sequence[dict] = (), *,
    paired: bool = False, whole: bool = True,
) -> str:  # fmt: skip
    name = trace["id"]
    files = [name, *(record_files.branch(branch["id"]) for branch in branches)]
    record_files.add(name, trace, language, sources)
    for file, branch in zip(files[1:], branches, strict=True):
        record_files.add(file, branch, language, sources, trace)
    inside = ""
    if whole:
        inside = (
            record_files.tags(files, language, to_root)
            + _picture(name, language, to_root)
            + _list(trace, language, text("trace_steps", language))
            + "".join(_list(branch, language, _what_if(branch, language)) for branch in branches)
        )
    others = " ".join(branch["id"] for branch in branches)
    mark = f' what-if="{others}"' if others else ""
    mark += " paired" if paired else ""
    return f'<trace-player record="{name}" lang="{language}"{mark}>{inside}</trace-player>'


def _picture(name: str, language: str, to_root: str) -> str:
    """For readers without a script: a file of its own, since it is as large as all the
    rest of the figure."""
    from learn.record import diagrams

    drawn = diagrams.svg(name, language)
    size = _SIZE.search(drawn.read_text(encoding="utf-8"))
    assert size is not None  # each drawing of ours tells it
    width, height = size.groups()
    return (
        f'<noscript><div class="trace-picture" tabindex="0" role="group"'
        f' aria-label="{html.escape(text("trace_scroll", language))}">'
        f'<img src="{to_root}{record_files.FOLDER}/{drawn.name}" width="{float(width):.0f}"'
        f' height="{float(height):.0f}" style="--drawn: {float(width):.0f}px"'
        f' alt="{html.escape(text("trace_label", language, name=name))}"></div></noscript>'
    )


def put_pictures(site: Path) -> None:
    """The pictures that were drawn, where the pages look for them."""
    folder = site / record_files.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for drawn in (paths.BUILD / "diagrams").glob("*.svg"):
        shutil.copyfile(drawn, folder / drawn.name)


def _what_if(branch: dict, language: str) -> str:
    told = branch["what_if"]
    return text("what_if", language, title=told["title"][language], fork=told["fork"])


def _list(trace: dict, language: str, summary: str) -> str:
    """The steps as text, a list for each phase; of a "what if" those from its fork on."""
    first = trace.get("what_if", {}).get("fork", 1)
    body = ""
    for phase in _cut(trace["steps"], steps(trace, language), first):
        (begin, _), *_ = phase
        if "phase" in begin:
            body += f"<p>{html.escape(begin['phase'][language])}</p>"
        items = "".join(
            f'<li id="{html.escape(target(trace["id"], step["n"]))}">{html.escape(words)}</li>'
            for step, words in phase
        )
        body += f'<ol start="{begin["n"]}">{items}</ol>'
    return (
        f'<details class="trace-steps"><summary>{html.escape(summary)}</summary>{body}</details>'
    )


def _cut(steps: list[dict], told: list[str], first: int) -> list[list[tuple[dict, str]]]:
    """Each step with its words from `first` on, cut where a phase begins."""
    phases: list[list[tuple[dict, str]]] = []
    for step, words in list(zip(steps, told, strict=True))[first - 1 :]:
        if "phase" in step or not phases:
            phases.append([])
        phases[-1].append((step, words))
    return phases
