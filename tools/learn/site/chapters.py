# SPDX-License-Identifier: Apache-2.0
"""Loads chapters/NN-slug/chapter.toml and holds it to what the tree has.

    minutes = 60
    prerequisites = ["01-blocking-echo"]          ids of chapters with a lower number
    owns = ["src/netpoll/mcache"]                         folders or files; each line has one owner
    upstream = ["LinkBuffer.Next"]                names of the symbol table
    scenarios = ["echo"]                          recordings that the chapter walks through
    exercises = ["1-size-classes"]                folders in exercises/NN-slug/

    [title]
    en = "…"
    zh = "…"

    [goals]                                       the same number in both
    en = ["…"]
    zh = ["…"]

    [[invariants]]
    id = "inv-1"                                  numbered from 1
    en = "…"
    zh = "…"

Everything is required; a list may be empty, but not goals. A chapter that is to be
written says so with `planned = true`; then title, minutes and prerequisites are enough,
it has no page, and no gate asks it for lines.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from learn import paths, upstream

LANGUAGES = ("en", "zh")
LISTS = ("prerequisites", "owns", "upstream", "scenarios", "exercises")
KEYS = {"title", "minutes", "goals", "invariants", *LISTS}
PLANNED = "planned"
ENOUGH = {"title", "minutes", "prerequisites"}  # of a planned chapter
NAME = re.compile(r"^(\d\d)-[a-z0-9]+(-[a-z0-9]+)*$")


class ChapterError(Exception):
    """One line: the file, what is wrong, what to do."""

    def __init__(self, file: str, what: str, mend: str) -> None:
        self.file, self.what, self.mend = file, what, mend
        super().__init__(f"{file}: {what}; {mend}")


@dataclass(frozen=True)
class Invariant:
    id: str
    text: dict[str, str]


@dataclass(frozen=True)
class Chapter:
    id: str  # "03-mcache"
    number: int
    title: dict[str, str]
    minutes: int
    prerequisites: list[str]
    goals: dict[str, list[str]]
    invariants: list[Invariant]
    owns: list[str]
    upstream: list[str]
    scenarios: list[str]
    exercises: list[str]
    planned: bool = False


def load_all(root: Path = paths.ROOT) -> list[Chapter]:
    """Every chapter in order; a line of src/ claimed by two of them is an error."""
    chapters = [load(f, root) for f in sorted((root / "chapters").glob("*/chapter.toml"))]
    owner: dict[str, str] = {}
    for chapter in chapters:
        for claim in chapter.owns:
            for taken, other in owner.items():
                if Path(claim).is_relative_to(taken) or Path(taken).is_relative_to(claim):
                    file = f"chapters/{chapter.id}/chapter.toml"
                    what = f"{claim} is owned by {other} too"
                    raise ChapterError(file, what, "take it out of one")
            owner[claim] = chapter.id
    return chapters


def load(file: Path, root: Path = paths.ROOT) -> Chapter:
    reader = _Reader(file, root)
    reader.check_keys()
    reader.check_pages()
    return Chapter(
        id=file.parent.name,
        number=int(reader.number),
        title=reader.both("title", reader.table),
        minutes=reader.minutes(),
        goals=reader.goals(),
        invariants=reader.invariants(),
        **{key: reader.names(key) for key in LISTS},
        planned=reader.planned,
    )


class _Reader:
    """One chapter.toml; every method either returns what is right or raises."""

    def __init__(self, file: Path, root: Path) -> None:
        self.root, self.file, self.folder = root, str(file.relative_to(root)), file.parent.name
        try:
            self.table = tomllib.loads(file.read_text("utf-8"))
        except (OSError, ValueError) as problem:
            raise self.error(f"is not TOML: {problem}", "mend that line") from problem
        match = NAME.match(self.folder)
        if not match:
            raise self.error(f"the folder {self.folder} is no NN-slug", "rename it, like 03-mcache")
        self.number = match[1]
        self.planned = self.table.get(PLANNED) is True

    def check_keys(self) -> None:
        """All that is missing at once; a planned chapter gets what it need not say."""
        if unknown := sorted(set(self.table) - KEYS - {PLANNED}):
            raise self.error(f"unknown key {unknown[0]}", f"use {' '.join(sorted(KEYS))}")
        if missing := sorted((ENOUGH if self.planned else KEYS) - set(self.table)):
            raise self.error(f"{', '.join(missing)} is missing", "write what chapters.py shows")
        if self.planned:
            empty = {"goals": {"en": ["–"], "zh": ["–"]}, "invariants": []}
            self.table = empty | {key: [] for key in LISTS} | self.table

    def check_pages(self) -> None:
        pages = [f"notes/{lang}/{self.folder}.md" for lang in LANGUAGES]
        there = [page for page in pages if (self.root / page).is_file()]
        if self.planned and there:
            raise self.error(f"planned, but {there[0]} is there", "take out planned = true")
        if not self.planned and not there:
            raise self.error(f"{pages[0]} is missing", "write it, or say planned = true")

    def error(self, what: str, mend: str) -> ChapterError:
        return ChapterError(self.file, " ".join(what.split()), mend)

    def need(self, key: str, kind: type, table: dict, name: str = ""):
        if not isinstance(table.get(key), kind):
            words = {str: "a text", int: "a number", list: "a list", dict: "a table"}
            raise self.error(f"{name or key} is missing or not {words[kind]}", f"write {key} = …")
        return table[key]

    def both(self, key: str, table: dict, kind: type = str) -> dict:
        texts = self.need(key, dict, table)
        for language in LANGUAGES:
            if not self.need(language, kind, texts, f"{key}.{language}"):
                raise self.error(f"{key}.{language} is empty", "write it")
        return {language: texts[language] for language in LANGUAGES}

    def minutes(self) -> int:
        minutes = self.need("minutes", int, self.table)
        if not 1 <= minutes <= 600:
            raise self.error(f"minutes = {minutes}", "write what a reader needs, 1 to 600")
        return minutes

    def goals(self) -> dict[str, list[str]]:
        goals = self.both("goals", self.table, list)
        for goal in (*goals["en"], *goals["zh"]):
            if not isinstance(goal, str) or not goal.strip():
                raise self.error(f"goals has an entry that is no text: {goal!r}", "write a text")
        if len(goals["en"]) != len(goals["zh"]):
            raise self.error("goals.en and goals.zh differ in number", "write each goal in both")
        return goals

    def invariants(self) -> list[Invariant]:
        entries = self.need("invariants", list, self.table)
        for number, entry in enumerate(entries, 1):
            if not isinstance(entry, dict) or entry.get("id") != f"inv-{number}":
                raise self.error(f"invariant {number} has no id inv-{number}", "number them from 1")
            for language in LANGUAGES:
                self.need(language, str, entry, f"inv-{number}.{language}")
        return [Invariant(e["id"], {lang: e[lang] for lang in LANGUAGES}) for e in entries]

    def names(self, key: str) -> list[str]:
        names = self.need(key, list, self.table)
        for name in names:
            if not isinstance(name, str) or not name:
                raise self.error(f"{key} has an entry that is no name: {name!r}", "write a text")
            getattr(self, f"check_{key}")(name)
        if len(set(names)) < len(names):
            raise self.error(f"{key} names something twice", "take one out")
        return names

    def check_prerequisites(self, name: str) -> None:
        if not NAME.match(name) or name >= self.folder:
            raise self.error(f"prerequisite {name} is no earlier chapter", "write its id, NN-slug")

    def check_owns(self, name: str) -> None:
        if not name.startswith("src/") or not (self.root / name).exists():
            raise self.error(f"owns {name}, which does not exist", "name a folder or file of src/")

    def check_upstream(self, name: str) -> None:
        try:
            upstream.find(name)
        except upstream.UnknownUpstream as problem:
            raise self.error(str(problem), "take a name of notes/upstream/") from problem

    def check_scenarios(self, name: str) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            what = f"scenario {name} is no name of a recording"
            raise self.error(what, "write it like half-packet")

    def check_exercises(self, name: str) -> None:
        home = f"exercises/{self.folder}/{name}"
        if not (self.root / home / "exercise.toml").is_file():
            raise self.error(f"{home} has no exercise.toml", "write the exercise, or mend the name")
