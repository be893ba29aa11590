# SPDX-License-Identifier: Apache-2.0
"""A state machine as a picture: {{ machine("fd_state") }}.

diagrams/machines/NAME.tsv has every arrow, and a C++ test makes every step of the
class and compares. NAME.toml says how the picture is worded. An arrow that leads back
to its own state is in the table below the picture, and is drawn only if `draw_loops`
names its event.
"""

from __future__ import annotations

import csv
import html
import tomllib
from dataclasses import dataclass
from pathlib import Path

from learn.site import graph
from learn.site.graph import words


@dataclass(frozen=True)
class Arrow:
    """One row of the table."""

    start: str
    event: str
    answer: str
    to: str
    text: dict[str, str]  # by language


@dataclass(frozen=True)
class Machine:
    name: str
    arrows: list[Arrow]
    look: dict  # NAME.toml

    def label(self, event: str, language: str) -> str:
        told = self.look["events"][event]
        return told.get("label") or told[language]


class UnknownMachine(Exception):
    """No machine of that name; carries the ones there are."""

    def __init__(self, name: str, folder: Path) -> None:
        self.candidates = sorted(path.stem for path in folder.glob("*.tsv"))
        super().__init__(name)


def read(name: str, root: Path) -> Machine:
    folder = root / "diagrams" / "machines"
    table = folder / f"{name}.tsv"
    if not table.is_file():
        raise UnknownMachine(name, folder)
    look = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
    lines = [line for line in table.read_text(encoding="utf-8").splitlines()
             if line and not line.startswith("#")]
    arrows = [
        Arrow(row["from"], row["event"], row["answer"], row["to"],
              {"en": row["en"], "zh": row["zh"]})
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    ]
    return Machine(name, arrows, look)


def dot(machine: Machine, language: str) -> str:
    """The picture for Graphviz. Arrows between the same two states are one, with several
    lines of words."""
    look = machine.look
    lines = []
    for state, told in look["states"].items():
        rounds = ', peripheries=2' if state in look["end"] else ""
        text = graph.quoted(f"{state}\n{told[language]}")
        lines.append(f"  {state} [label={text}{rounds}];")
    lines.append(f'  begin__ [shape=point, label=""];\n  begin__ -> {look["start"]};')
    for (start, to), labels in _drawn(machine, language).items():
        text = "\n".join(f" {label} " for label in labels)  # off the line that it is beside
        lines.append(f"  {start} -> {to} [label={graph.quoted(text)}];")
    return graph.source(lines, rankdir=look.get("direction", "TB"))


def _drawn(machine: Machine, language: str) -> dict[tuple[str, str], list[str]]:
    look = machine.look
    drawn: dict[tuple[str, str], list[str]] = {}
    for arrow in machine.arrows:
        if arrow.start == arrow.to and arrow.event not in look.get("draw_loops", []):
            continue
        label = machine.label(arrow.event, language)
        if arrow.answer in look.get("shown_answers", []):
            label += f" → {arrow.answer}"
        labels = drawn.setdefault((arrow.start, arrow.to), [])
        if label not in labels:
            labels.append(label)
    return drawn


def figure(name: str, language: str, sources) -> str:
    """The HTML of the directive, on one line."""
    machine = read(name, sources.root)
    title = machine.look["title"][language]
    label = words("machine_label", language, title=title)
    caption = words("machine_caption", language, test=f"<code>{machine.look['test']}</code>")
    return graph.figure(
        graph.svg(dot(machine, language), label),
        words("scroll", language, title=title),
        words("machine_table", language, count=len(machine.arrows)),
        table(machine, language),
        caption,
    )


def table(machine: Machine, language: str) -> str:
    """Every arrow in words: the picture for those who do not see it."""
    head = words("machine_head", language).split("|")
    rows = [
        [f"<code>{arrow.start}</code>", html.escape(machine.label(arrow.event, language)),
         html.escape(arrow.answer), f"<code>{arrow.to}</code>", html.escape(arrow.text[language])]
        for arrow in machine.arrows
    ]
    return graph.table(head, rows)
