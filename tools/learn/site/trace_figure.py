# SPDX-License-Identifier: Apache-2.0
"""A recorded sequence as a figure: the player, and what stands there without it.

Without a script, and on paper, that is the SVG and the same steps as a list. The
picture is inline, so that it takes the colours of the page; and all is on one line,
because a blank line would end the block for Markdown.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from learn.record import mermaid
from learn.say import area_messages
from learn.site import bundle, player
from learn.site.step_list import target

_XML_HEAD = re.compile(r"^\s*(<\?xml[^>]*\?>|<!DOCTYPE[^>]*>)\s*", re.DOTALL)
_SVG_TAG = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_OWN = re.compile(r'\s(?:role|aria-[\w-]+|width|height|style)="[^"]*"')
_WIDTH = re.compile(r'viewBox="[-\d.]+\s+[-\d.]+\s+([\d.]+)\s')


class UnknownTrace(Exception):
    """No recording of that name; carries the ones there are."""

    def __init__(self, name: str, traces: Path) -> None:
        self.candidates = sorted(path.stem for path in traces.glob("*.json"))
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
    width = _WIDTH.search(tag.group(0))
    size = f' style="--drawn: {float(width.group(1)):.0f}px"' if width else ""
    opened = _OWN.sub("", tag.group(0))[:-1]
    return f'{opened}{size} role="img" aria-label="{html.escape(label)}">{body[tag.end() :]}'


def read(name: str, traces: Path) -> dict:
    """The recording of that name."""
    recording = traces / f"{name}.json"
    if not recording.is_file():
        raise UnknownTrace(name, traces)
    return json.loads(recording.read_text(encoding="utf-8"))


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


def figure(name: str, language: str, sources, to_root: str = "") -> str:
    """The HTML of {{ trace("name") }}; `sources` is what the page's directives use.

    The script stands right behind, so that the player is there before the browser
    lays out what follows, and the page does not jump.
    """
    trace = read(name, sources.traces)
    from learn.record import diagrams

    label = text("trace_label", language, name=name)
    svg = one_line_svg(diagrams.svg(name, language).read_text(encoding="utf-8"), label)
    items = "".join(
        f'<li id="{html.escape(target(name, number))}">{html.escape(step)}</li>'
        for number, step in enumerate(steps(trace, language), 1)
    )
    return (
        f'<figure class="trace" markdown="0"><trace-player record="{name}" lang="{language}">'
        f"{player.script(trace, language, sources.index, sources.root)}"
        f'<div class="trace-picture" tabindex="0" role="group"'
        f' aria-label="{html.escape(text("trace_scroll", language))}">{svg}</div>'
        f'<details class="trace-steps"><summary>{text("trace_steps", language)}</summary>'
        f"<ol>{items}</ol></details></trace-player>"
        f'<script src="{to_root}{bundle.NAME}"></script>'
        f"<figcaption>{text('trace_caption', language)}</figcaption></figure>"
    )
