# SPDX-License-Identifier: Apache-2.0
"""The labs of a tree, read and checked: labs/L3-linkbuffer/lab.toml.

    title = {en = "…", zh = "…"}
    chapters = ["05-reading"]

    [[parts]]                          two at least; a fill, a fix or a build
    exercise = "05-reading/1-peek"
    points = 5                         for the exercise's own tests
    hidden = ["hidden/peek_test.cpp"]  may be left out; from the lab's folder
    hidden_points = 3

    [[report]]                         graded by hand; may be left out
    name, points

    [[timeline]]                       90 minutes together at most
    minutes, what

    [[wrong_ideas]]                    exactly three, of the exercises of the parts
    mutant = "05-reading/1-peek/NAME"
    question
"""

from __future__ import annotations

import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from learn import paths, shape
from learn.exercise import catalogue
from learn.exercise.model import LANGUAGES, Exercise, ExerciseError

MINUTES_MOST = 90
WRONG_IDEAS = 3
PARTS_LEAST = 2
KINDS = ("fill", "fix", "build")
TYPES = {
    "title": shape.BOTH, "chapters": [str],
    "parts": [{"exercise": str, "points": int, "hidden": [str], "hidden_points": int}],
    "report": [{"name": shape.BOTH, "points": int}],
    "timeline": [{"minutes": int, "what": shape.BOTH}],
    "wrong_ideas": [{"mutant": str, "question": shape.BOTH}],
}  # fmt: skip


class LabError(ExerciseError):
    """A broken or unknown lab: one line that says which file and what to do."""


@dataclass(frozen=True)
class LabPart:
    exercise: Exercise
    points: int
    hidden: list[str]  # from the top of the tree
    hidden_points: int
    # Of the teacher's own, private.py: {name in the pack's sources: where it lies}.
    private: dict[str, Path] = field(default_factory=dict)
    private_headers: dict[str, Path] = field(default_factory=dict)
    private_points: int = 0

    @property
    def most(self) -> int:
        return self.points + self.hidden_points + self.private_points


@dataclass(frozen=True)
class Report:
    name: dict[str, str]
    points: int


@dataclass(frozen=True)
class Step:
    minutes: int
    what: dict[str, str]


@dataclass(frozen=True)
class WrongIdea:
    mutant: str  # exercise id / name
    question: dict[str, str]


@dataclass(frozen=True)
class Lab:
    name: str  # "L3-linkbuffer"
    folder: Path
    root: Path
    title: dict[str, str]
    chapters: list[str]
    parts: list[LabPart]
    report: list[Report]
    timeline: list[Step]
    wrong_ideas: list[WrongIdea]

    @property
    def short(self) -> str:
        """L3"""
        return self.name.split("-")[0]

    @property
    def minutes(self) -> int:
        return sum(step.minutes for step in self.timeline)

    @property
    def tested(self) -> int:
        """The points that the grader gives."""
        return sum(part.most for part in self.parts)

    @property
    def reported(self) -> int:
        """Those that are given by hand."""
        return sum(one.points for one in self.report)


def folders(root: Path = paths.ROOT) -> list[Path]:
    return [file.parent for file in sorted((root / "labs").glob("*/lab.toml"))]


def whole(root: Path = paths.ROOT) -> list[Lab]:
    """Those that can be read; what is wrong with the others is told by the gate `labs`."""
    found = []
    for folder in folders(root):
        with suppress(ExerciseError):
            found.append(load(folder, root))
    return found


def find(name: str, root: Path = paths.ROOT) -> Lab:
    """By its name or the beginning of it: L3."""
    wanted = name.strip("/").removeprefix("labs/")
    known = folders(root)
    found = [f for f in known if f.name == wanted or f.name.split("-")[0] == wanted]
    if len(found) != 1:
        listed = ", ".join(folder.name for folder in known) or "none"
        raise LabError(f"labs: there is no lab {name}; there are: {listed}")
    return load(found[0], root)


def load(folder: Path, root: Path = paths.ROOT) -> Lab:
    """Reads and checks one lab; a LabError names the file and the mend."""
    reader = Reader(folder / "lab.toml", root)
    table = reader.table
    lab = Lab(
        name=folder.name, folder=folder, root=root, title=reader.both(table, "title"),
        chapters=[reader.known_chapter(name) for name in reader.field(table, "chapters", list)],
        parts=[reader.part(entry) for entry in reader.entries("parts", PARTS_LEAST)],
        report=[Report(reader.both(entry, "name"), reader.count(entry, "points", 1))
                for entry in reader.entries("report", 0)],
        timeline=[Step(reader.count(entry, "minutes", 1), reader.both(entry, "what"))
                  for entry in reader.entries("timeline", 1)],
        wrong_ideas=[WrongIdea(reader.field(entry, "mutant", str), reader.both(entry, "question"))
                     for entry in reader.entries("wrong_ideas", WRONG_IDEAS)],
    )  # fmt: skip
    _check(lab, reader)
    return lab


def _check(lab: Lab, reader: Reader) -> None:
    names = [part.exercise.id for part in lab.parts]
    if len(set(names)) < len(names):
        raise reader.error(f"names an exercise twice: {', '.join(names)}")
    if len(lab.wrong_ideas) != WRONG_IDEAS:
        raise reader.error(f"has {len(lab.wrong_ideas)} wrong_ideas; name exactly {WRONG_IDEAS}")
    known = {f"{part.exercise.id}/{mutant.name}" for part in lab.parts
             for mutant in part.exercise.mutants}  # fmt: skip
    for idea in lab.wrong_ideas:
        if idea.mutant not in known:
            raise reader.error(f"knows no mutant {idea.mutant}; name one of a part's exercise")
    if lab.minutes > MINUTES_MOST:
        told = f"takes {lab.minutes} minutes, {MINUTES_MOST} at most"
        raise reader.error(f"{told}; shorten its timeline")


class Reader:
    """One file; what is wrong in it is one line."""

    def __init__(self, file: Path, root: Path) -> None:
        self.file, self.root = file, root
        try:
            self.table: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
        except OSError as problem:
            raise self.error(f"cannot be read ({problem.strerror}); write it") from problem
        except ValueError as problem:
            raise self.error(f"is not TOML: {problem}") from problem
        if wrong := shape.problem(self.table, TYPES):
            raise self.error(wrong)

    def error(self, text: str) -> LabError:
        return LabError(" ".join(f"{self.file.relative_to(self.root)}: {text}".split()))

    def field(self, table: dict[str, Any], key: str, kind: type) -> Any:
        if not isinstance(table.get(key), kind) or isinstance(table[key], bool):
            raise self.error(f"needs {key}, a {kind.__name__}")
        return table[key]

    def count(self, table: dict[str, Any], key: str, least: int) -> int:
        number = self.field(table, key, int)
        if number < least:
            raise self.error(f"{key} is {number}; {least} at least")
        return int(number)

    def both(self, table: dict[str, Any], key: str) -> dict[str, str]:
        texts = self.field(table, key, dict)
        for language in LANGUAGES:
            if not str(texts.get(language, "")).strip():
                raise self.error(f"{key} has no {language} text; write it")
        return dict(texts)

    def entries(self, key: str, least: int) -> list[dict[str, Any]]:
        found = self.table.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise self.error(f"{key} must be tables, [[{key}]]")
        if len(found) < least:
            raise self.error(f"has {len(found)} {key}; {least} at least")
        return found

    def known_chapter(self, name: str) -> str:
        if not (self.root / "chapters" / name / "chapter.toml").is_file():
            raise self.error(f"names chapter {name}, which does not exist; mend the name")
        return name

    def part(self, entry: dict[str, Any]) -> LabPart:
        name = self.field(entry, "exercise", str)
        folder = self.root / "exercises" / name
        if not (folder / "exercise.toml").is_file():
            raise self.error(f"names exercise {name}, which does not exist; mend the name")
        exercise = catalogue.load(folder, self.root)
        if exercise.kind not in KINDS:
            raise self.error(f"{name} is an {exercise.kind}, which no machine grades; use another")
        hidden = [str((self.file.parent / one).relative_to(self.root))
                  for one in entry.get("hidden", [])]  # fmt: skip
        for one in hidden:
            if not (self.root / one).is_file():
                raise self.error(f"names {one}, which does not exist; write it")
        if bool(hidden) != bool(entry.get("hidden_points", 0)):
            raise self.error(f"{name} has hidden tests or hidden_points; it needs both or none")
        hidden_points = self.count(entry, "hidden_points", 1) if hidden else 0
        return LabPart(exercise, self.count(entry, "points", 1), hidden, hidden_points)
