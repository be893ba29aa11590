# SPDX-License-Identifier: Apache-2.0
"""The pages of a lab as Markdown, with what is made from its facts put in.

    {{ timeline }}       a table of minutes, from lab.toml
    {{ demo }}           what the demonstration prints, demo.txt; in a fence as it stands
    {{ wrong_ideas }}    each with its help, from the mutant, and its question, from lab.toml

A directive stands on a line of its own; in a fence only {{ demo }} is one. Each function
is pure: it is given what it shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from learn.exercise.model import Mutant
from learn.say import area_messages
from learn.teacher.lab import Lab

KINDS = ("handout", "teacher")
_DIRECTIVE = re.compile(r"^\{\{ *(\w+) *\}\}$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")


class PageError(ValueError):
    """One line: file:line, what is wrong, what to do."""


@dataclass(frozen=True)
class Facts:
    """All that a page of a lab may show."""

    lab: Lab
    demo: str  # what demo.sh prints


def facts(lab: Lab) -> Facts:
    file = lab.folder / "demo.txt"
    return Facts(lab, file.read_text("utf-8") if file.is_file() else "")


def page(about: Facts, kind: str, language: str) -> str:
    """The text of handout.LANG.md or teacher.LANG.md, expanded. Raises PageError."""
    file = about.lab.folder / f"{kind}.{language}.md"
    name = str(file.relative_to(about.lab.root))
    try:
        return expand(file.read_text("utf-8"), about, language, name)
    except OSError as problem:
        raise PageError(f"{name}: {_words('unreadable', language)}") from problem


def expand(text: str, about: Facts, language: str, name: str = "") -> str:
    lines, fence = [], ""
    for number, line in enumerate(text.split("\n"), 1):
        match = _FENCE.match(line)
        if match and not fence:
            fence = match[1]
        elif match and match[1].startswith(fence):
            fence = ""
        directive = _DIRECTIVE.match(line.strip())
        if fence:
            shown = directive and directive[1] == "demo"
            lines.append(about.demo.rstrip("\n") if shown else line)
            continue
        if directive and directive[1] not in DIRECTIVES:
            told = _words("no_directive", language, name=directive[1], known=", ".join(DIRECTIVES))
            raise PageError(f"{name}:{number}: {told}")
        lines.append(DIRECTIVES[directive[1]](about, language) if directive else line)
    return "\n".join(lines)


def timeline(about: Facts, language: str) -> str:
    rows = [[_words("minute", language), _words("long", language), _words("what", language)],
            ["---:", "---:", "---"]]  # fmt: skip
    at = 0
    for step in about.lab.timeline:
        rows.append([f"{at}–{at + step.minutes}", str(step.minutes), step.what[language]])
        at += step.minutes
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
                     for row in rows)  # fmt: skip


def demo(about: Facts, language: str) -> str:
    shown = f"$ labs/{about.lab.name}/demo.sh\n{about.demo}".rstrip("\n")
    # A fence that is longer than any in it.
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown}\n{fence}"


def wrong_ideas(about: Facts, language: str) -> str:
    """A list: what the idea does, as a learner is told, and what to ask."""
    entries = []
    for number, idea in enumerate(about.lab.wrong_ideas, 1):
        mutant = _mutant(about.lab, idea.mutant)
        told = [f"{number}. `{idea.mutant}`", " ".join(mutant.help[language].split()),
                f"**{_words('ask', language)}** {' '.join(idea.question[language].split())}"]
        entries.append("\n\n    ".join(told))
    return "\n\n".join(entries)


def _mutant(lab: Lab, name: str) -> Mutant:
    """lab.toml was checked: it is a mutant of one of the parts."""
    return next(mutant for part in lab.parts for mutant in part.exercise.mutants
                if f"{part.exercise.id}/{mutant.name}" == name)


def _words(key: str, language: str, **values: object) -> str:
    """In the page's language, not the person's."""
    return area_messages("lab_page")[key][language].format(**values)


DIRECTIVES: dict[str, Callable[[Facts, str], str]] = {
    "timeline": timeline, "demo": demo, "wrong_ideas": wrong_ideas}
