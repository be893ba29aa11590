# SPDX-License-Identifier: Apache-2.0
"""What a compiler said, cut to what helps: the first error that is the learner's.

An error is shown with its notes, for they have the reason, and with the lines around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from learn import paths
from learn.say import say

_HEAD = re.compile(r"^(?P<file>[^\s:]+):(?P<line>\d+)(?::\d+)?: "
                   r"(?P<kind>fatal error|error|warning|note): (?P<text>.*)$")  # fmt: skip
_AROUND = 1  # lines before and after the one that is meant
_NOTES = 3


@dataclass
class Said:
    """One diagnostic: what is told, where, and the notes that belong to it."""

    file: str
    line: int
    kind: str
    text: str
    notes: list[Said] = field(default_factory=list)


def errors(output: str) -> list[Said]:
    return [said for said in _read(output) if "error" in said.kind]


def warnings(output: str, folder: Path) -> list[Said]:
    """Those in a learner's files, each once."""
    mine = [s for s in _read(output) if s.kind == "warning" and _is_in(s.file, folder)]
    return list({(s.file, s.line, s.text): s for s in mine}.values())


def lines(output: str, folder: Path) -> list[str]:
    """The first error in a file below `folder`, or that a note says comes from one; or
    else the first of all. What is no diagnostic (a linker's complaint) is shown as it is."""
    every = errors(output)
    if not every:
        return [line for line in output.splitlines() if "undefined" in line] or output.splitlines()
    mine = [said for said in every if _is_in(said.file, folder)]
    caused = [s for s in every if any(_is_in(note.file, folder) for note in s.notes)]
    chosen = (mine or caused or every)[0]
    told = _told(chosen, folder)
    if not mine:
        told = [say("exercise.error_elsewhere"), *told]
    more = len({(s.file, s.line, s.text) for s in every}) - 1
    return told + ([say("exercise.more_errors", count=more)] if more else [])


def brief(said: Said, folder: Path) -> str:
    return f"{_name(said.file, folder)}:{said.line}: {said.text}"


def _told(said: Said, folder: Path) -> list[str]:
    notes = sorted(said.notes, key=lambda note: not _is_in(note.file, folder))[:_NOTES]
    told = [brief(said, folder), *_around(said)]
    for note in notes:
        told += [brief(note, folder), *(_around(note) if _is_in(note.file, folder) else [])]
    return told


def _around(said: Said) -> list[str]:
    """The line that is meant, and its neighbours, as they stand in the file now."""
    try:
        text = Path(said.file).read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    first, last = max(1, said.line - _AROUND), min(len(text), said.line + _AROUND)
    return [f"{'>' if number == said.line else ' '} {number:4} | {text[number - 1]}"
            for number in range(first, last + 1)]  # fmt: skip


def _read(output: str) -> list[Said]:
    """Each diagnostic once a line; a note belongs to what stands before it."""
    found: list[Said] = []
    for line in output.splitlines():
        if not (match := _HEAD.match(line)):
            continue
        said = Said(match["file"], int(match["line"]), match["kind"], match["text"])
        if said.kind != "note":
            found.append(said)
        elif found:
            found[-1].notes.append(said)
    return found


def _is_in(file: str, folder: Path) -> bool:
    return Path(file).is_relative_to(folder)


def _name(file: str, folder: Path) -> str:
    return paths.relative(Path(file)) if _is_in(file, folder) else file
