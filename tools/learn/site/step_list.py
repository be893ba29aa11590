# SPDX-License-Identifier: Apache-2.0
"""A few steps of a recording beside the prose that tells of them.

    {{ steps("echo", "accept") }}      the steps of one phase, by its English name
    {{ steps("echo", 13, 21) }}        the steps 13 to 21; one number is one step

A list that works without a script: each line leads to the step in the figure of
{{ trace("echo") }}, which the page must show as well. Before its fork a "what if" has
the steps of the run that it leaves.
"""

from __future__ import annotations

import html
import re

from learn.record import mermaid


class NoSuchSteps(Exception):
    """What was asked for is not in the record; says which message, and what there is."""

    def __init__(self, key: str, there_is: str) -> None:
        self.key, self.there_is = key, there_is
        super().__init__(key)


def target(name: str, number: int) -> str:
    """The id of a step on a page, and what the player reads in the address."""
    return f"trace={name}&step={number}"


def address(trace: dict, number: int) -> str:
    """The target that shows this step of the record."""
    other = trace.get("what_if")
    return target(other["of"] if other and number < other["fork"] else trace["id"], number)


def slug(phase: dict[str, str]) -> str:
    """`Request and answer` is written request-and-answer."""
    return re.sub(r"[^a-z0-9]+", "-", phase["en"].lower()).strip("-")


def phases(trace: dict) -> dict[str, list[dict]]:
    """The steps of each phase, by its slug. Steps before the first phase have none."""
    found: dict[str, list[dict]] = {}
    current = ""
    for step in trace["steps"]:
        current = slug(step["phase"]) if "phase" in step else current
        if current:
            found.setdefault(current, []).append(step)
    return found


def chosen(trace: dict, asked: tuple[str | int, ...]) -> list[dict]:
    """The steps that a directive asks for; raises NoSuchSteps."""
    by_phase = phases(trace)
    if len(asked) == 1 and isinstance(asked[0], str):
        if asked[0] not in by_phase:
            raise NoSuchSteps("no_phase", ", ".join(by_phase) or "–")
        return by_phase[asked[0]]
    count = len(trace["steps"])
    numbers = [number for number in asked if isinstance(number, int)]
    if not asked or len(asked) > 2 or len(numbers) != len(asked):
        raise NoSuchSteps("steps_unreadable", ", ".join(by_phase))
    first, last = numbers[0], numbers[-1]
    if not 1 <= first <= last <= count:
        raise NoSuchSteps("no_range", f"1–{count}")
    return trace["steps"][first - 1 : last]


def ran_in(traces: dict[str, dict], functions: list[str], label: str) -> list[str]:
    """For a caption: of each recording the steps in which the functions run.

    The player finds its way back by the first link's data-ran. A "what if" is left
    out: it is reached from the run that it leaves.
    """
    told = []
    own = [trace for _, trace in sorted(traces.items()) if "what_if" not in trace]
    for trace in own:
        found = {function: links for function in functions if (links := _links(trace, function))}
        named = len(found) > 1
        parts = [f"{html.escape(function)} {links}" if named else links
                 for function, links in found.items()]
        if parts:
            title = f"{trace['id']}: " if len(own) > 1 else ""
            told.append(label + title + "; ".join(parts))
    return told


def _links(trace: dict, function: str) -> str:
    steps = [step["n"] for step in trace["steps"] if step["fn"] == function]
    mark = f' data-ran="{html.escape(function)}"'
    return ", ".join(
        f'<a href="#{html.escape(target(trace["id"], n))}"{"" if i else mark}>{n}</a>'
        for i, n in enumerate(steps)
    )


def functions_of(piece, index) -> list[str]:
    """As a recording names them: the functions whose bodies the piece shows."""
    inside = [
        symbol for symbol in index.in_file(piece.file)
        if symbol.kind == "function" and symbol.is_definition
        and piece.start <= symbol.start and symbol.end <= piece.end
    ]  # fmt: skip
    return list(dict.fromkeys(index.spoken(symbol) for symbol in inside))


def block(trace: dict, language: str, asked: tuple[str | int, ...], label: str) -> str:
    """The HTML of the directive, on one line."""
    lanes = {lane["id"]: lane[language] for lane in trace["lanes"]}
    items = "".join(
        _item(address(trace, step["n"]), step, lanes, language) for step in chosen(trace, asked)
    )
    return (
        f'<nav class="trace-near" markdown="0" aria-label="{html.escape(label)}">'
        f"<ul>{items}</ul></nav>"
    )


def _item(to: str, step: dict, lanes: dict[str, str], language: str) -> str:
    other = step.get("to_lane")
    lane = lanes[step["lane"]] + (f" → {lanes[other]}" if other in lanes else "")
    sentence = step.get("text", {}).get(language, "")
    return (
        f'<li><a href="#{html.escape(to)}"><b>{step["n"]}</b>'
        f" <code>{html.escape(mermaid.label(step))}</code></a>"
        f" <small>{html.escape(lane)}</small> <span>{html.escape(sentence)}</span></li>"
    )
