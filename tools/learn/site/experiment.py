# SPDX-License-Identifier: Apache-2.0
"""What an experiment of a chapter printed: {{ experiment("turn-pool") }}.

chapters/NN-slug/experiments.toml says what is run, what differs from run to run, and
which lines to look for; recorded/NAME.txt beside it is what a machine has printed.
`./learn check experiments` runs it again and compares.
"""

from __future__ import annotations

import html
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from learn.site.graph import words

# What differs from run to run, by the name that a list `volatile` uses; anything else
# in that list is a pattern of its own.
VOLATILE = {
    "addresses": (r"0x[0-9a-f]+", "0x…"),
    "threads": (r"^\d+(?= )|\[pid +\d+\]", "N"),
    "ports": (r"(?<=127\.0\.0\.1[: ])\d+|(?<=htons\()\d+", "N"),
    "times": (r"\d+\.\d+", "N"),
    "numbers": (r"\d+", "N"),
}
MOST_LINES = 40  # of one recording; nobody reads more


@dataclass(frozen=True)
class Experiment:
    chapter: str  # "07-poller"
    name: str
    command: str  # of bash, from the top of the tree
    needs: tuple[str, ...] = ()  # programs of the system beside bash
    seconds: float = 30.0
    keep: str = ""  # a pattern: other lines are not recorded
    look: tuple[str, ...] = ()  # patterns: the lines to look for, in this order
    shape: str = "lines"  # "lines": every line is compared; "looks": those to look for
    volatile: tuple[str, ...] = ()

    def recorded(self, root: Path) -> Path:
        return root / "chapters" / self.chapter / "recorded" / f"{self.name}.txt"

    def kept(self, printed: str) -> list[str]:
        """The lines of the output that count, without what stands at their ends."""
        lines = [line.rstrip() for line in printed.splitlines()]
        return [line for line in lines if not self.keep or re.search(self.keep, line)]

    def masked(self, line: str) -> str:
        """The line without what differs from run to run."""
        for name in self.volatile:
            pattern, instead = VOLATILE.get(name, (name, "…"))
            line = re.sub(pattern, instead, line)
        return " ".join(line.split())

    def marked(self, lines: list[str]) -> list[int]:
        """The numbers, from 1, of the lines to look for. Each pattern is looked for behind
        the line of the one before; one that is not found ends the list."""
        found: list[int] = []
        for pattern in self.look:
            after = found[-1] if found else 0
            at = next((number for number, line in enumerate(lines[after:], after + 1)
                       if re.search(pattern, line)), None)
            if at is None:
                break
            found.append(at)
        return found


class UnknownExperiment(Exception):
    """The chapter has none of that name; carries the ones there are."""

    def __init__(self, name: str, candidates: list[str]) -> None:
        self.candidates = candidates
        super().__init__(name)


def of_chapter(chapter: str, root: Path) -> dict[str, Experiment]:
    file = root / "chapters" / chapter / "experiments.toml"
    if not file.is_file():
        return {}
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: _read(chapter, name, told) for name, told in table.items()}


def _read(chapter: str, name: str, told: dict) -> Experiment:
    lists = {key: tuple(told.pop(key, ())) for key in ("needs", "look", "volatile")}
    return Experiment(chapter, name, **told, **lists)


def every(root: Path) -> list[Experiment]:
    """Of all chapters, in their order."""
    files = sorted((root / "chapters").glob("*/experiments.toml"))
    return [each for file in files for each in of_chapter(file.parent.name, root).values()]


def block(name: str, chapter: str, language: str, root: Path) -> str:
    """The Markdown of the directive, folded: the command, and what a machine printed."""
    there_are = of_chapter(chapter, root)
    if name not in there_are:
        raise UnknownExperiment(name, sorted(there_are))
    experiment = there_are[name]
    recorded = experiment.recorded(root)
    if not recorded.is_file():
        raise UnknownExperiment(name, [f"./learn check experiments --write: {name}"])
    lines = experiment.kept(recorded.read_text(encoding="utf-8"))
    command = experiment.command.strip().splitlines()
    marked = [number + len(command) for number in experiment.marked(lines)]
    title = words("experiment_printed", language, what=_what(experiment))
    high = f' {{ hl_lines="{" ".join(map(str, marked))}" }}' if marked else ""
    body = [f"```text{high}", f"$ {command[0]}", *command[1:], *lines, "```", ""]
    body += [words("experiment_marked", language), ""] if marked else []
    return "\n".join([f'??? quote "{title}"', "", *("    " + line for line in body)])


def _what(experiment: Experiment) -> str:
    """The command where it fits into a title, else the name."""
    fits = len(experiment.command) < 70 and '"' not in experiment.command
    return f"<code>{html.escape(experiment.command)}</code>" if fits else experiment.name
