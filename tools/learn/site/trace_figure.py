# SPDX-License-Identifier: Apache-2.0
"""A recorded sequence as a figure: the SVG inline, and the same steps as a list.

Inline, so that the picture takes the colours of the page; on one line, because a
blank line would end the block for Markdown. The list is what a screen reader reads.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from learn.say import area_messages

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


def steps(recording: Path, language: str) -> list[str]:
    """One line of text for each step: who, what, where, and what came of it."""
    trace = json.loads(recording.read_text(encoding="utf-8"))
    lanes = {lane["id"]: lane[language] for lane in trace["lanes"]}
    return [_step_text(step, lanes, language) for step in trace["steps"]]


def _step_text(step: dict, lanes: dict[str, str], language: str) -> str:
    target = step.get("to_lane")
    call = step["fn"] + (f" = {step['ret']}" if "ret" in step else "")
    parts = [lanes[step["lane"]] + (f" → {lanes.get(target, target)}" if target else ""), call]
    if "file" in step:
        parts.append(f"{step['file']}:{step['line']}")
    if sentence := step.get("text", {}).get(language):
        parts.append(sentence)
    return " · ".join(parts)


def figure(name: str, language: str, traces: Path) -> str:
    """The HTML of {{ trace("name") }}."""
    recording = traces / f"{name}.json"
    if not recording.is_file():
        raise UnknownTrace(name, traces)
    from learn.record import diagrams

    label = text("trace_label", language, name=name)
    svg = one_line_svg(diagrams.svg(name, language).read_text(encoding="utf-8"), label)
    items = "".join(f"<li>{html.escape(step)}</li>" for step in steps(recording, language))
    return (
        f'<figure class="trace" markdown="0"><div class="trace-picture" tabindex="0" role="group"'
        f' aria-label="{html.escape(text("trace_scroll", language))}">{svg}</div>'
        f"<figcaption>{text('trace_caption', language)}</figcaption>"
        f'<details class="trace-steps"><summary>{text("trace_steps", language)}</summary>'
        f"<ol>{items}</ol></details></figure>"
    )
