# SPDX-License-Identifier: Apache-2.0
"""What an exercise consists of. catalogue.py reads it from its folder:

exercises/03-mcache/1-size-classes/
    exercise.toml        below
    README.en.md  README.zh.md
    hints.en.toml  hints.zh.toml      below
    tests/*.cpp                       GoogleTest, built against the learner's files
    mutants/NAME.toml                 a known wrong idea, below
    start/  solution/                 of a build: what the learner begins with, and an answer

exercise.toml:
    kind = "fill"                     or "fix", "build", "explore"
    minutes = 45
    stars = 2                         how hard: 1, 2 or 3
    prerequisites = ["03-mcache"]     chapters and exercises that come first; may be []
    title = {en = "…", zh = "…"}
    after = {en = "…", zh = "…"}      shown after green: one question that only one's own
                                      run answers
All but an "explore" are built and tested:
    folder = "mcache"                 of src/netpoll/: its sources are built, and what they need
    folder_tests = ["a_test.cpp"]     of tests/mcache/, run beside the exercise's own; may be []
    support = ["model"]               optional: folders of tests/ whose sources the tests need

A "fill" has holes: bodies that are cut out of the real file.
    [[holes]]
    symbol = "ThreadCache::spill"
    task = {en = "…", zh = "…"}       the comment that stands in the hole
    answer = "return nullptr;"        optional: after the check, if `return {};` will not do

A "fix" has a bug that was shipped once, planted in the real file: a body, or an edit.
    [[planted]]
    symbol = "ThreadCache::spill"     its body is replaced
    body = '''…'''                    what stands between { and }
    [[planted]]
    file = "src/netpoll/mcache/size_class.h"
    find = "…"                        text that stands there once
    replace = "…"
    [story]                           shown once the learner is green: where it happened,
    en = "…"                          when, and what it cost
    zh = "…"

A "build" begins with the files of start/; those of solution/ have the same names.
    program = true                    they are a program of their own, which the tests start
                                      (its path is in LEARN_PROGRAM); else they are linked with
                                      the tests, which include their headers by name

An "explore" has no code: a run on the learner's machine knows the answers.
    measure = "measure.sh"            in the exercise's folder, .sh or .py; it is run in the top
                                      of the tree and prints lines `name value`. Exit status
                                      77: it may not trace here
    programs = ["echo_server"]        which it runs; they are built before
    preset = "record"                 optional: of build/PRESET/bin/; else release
    [[questions]]
    name = "calls"                    a value that the measure prints
    ask = {en = "…", zh = "…"}
    within = 0                        optional: so far off a right number may be
    percent = 10                      optional: the same, of the measured number

hints.en.toml:
    hints = ["…", "…", "…"]           exactly three; or three for each hole or question:
    [hints]                           the last part of its name is the key
    spill = ["…", "…", "…"]

mutants/NAME.toml:
    symbol, body                      as in [[planted]]; or [[edits]] with file, find, replace,
                                      where the file of a build is named as in solution/
    answer = "sent"                   of an explore instead: what one may answer wrongly, another
                                      value that the measure prints, or a number or word
    killed_by = "SizeClassExercise.EveryPowerOfTwo"      a test; of an explore a question
    help = {en = "…", zh = "…"}       shown to a learner whose tests fail alike
    origin = "netpoll #393"           optional: where this mistake was really made
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

LANGUAGES = ("en", "zh")
HINTS = 3


class ExerciseError(Exception):
    """A broken or unknown exercise: one line that says which file and what to do."""


@dataclass(frozen=True)
class Hole:
    symbol: str
    task: dict[str, str]
    answer: str


@dataclass(frozen=True)
class Body:
    """Another body for a function of the real source."""

    symbol: str
    body: str


@dataclass(frozen=True)
class Edit:
    """Other text in a file, which is named from the top of the tree."""

    file: str
    find: str
    replace: str


@dataclass(frozen=True)
class Question:
    """`within`: so far a right number may be from the measured one; `percent`: of it."""

    name: str
    ask: dict[str, str]
    within: float
    percent: float


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str  # its toml, from the top of the tree
    killed_by: str
    changes: list[Body | Edit]
    help: dict[str, str]
    answer: str = ""  # of an explore
    origin: str = ""


@dataclass(frozen=True)
class Exercise:
    id: str  # "03-mcache/1-size-classes"
    root: Path  # the tree it belongs to
    kind: str
    minutes: int
    stars: int
    prerequisites: list[str]
    title: dict[str, str]
    after: dict[str, str]
    folder: str = ""
    folder_tests: list[str] = field(default_factory=list)
    support: list[str] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)  # of a fill
    planted: list[Body | Edit] = field(default_factory=list)  # of a fix
    story: dict[str, str] = field(default_factory=dict)  # of a fix
    program: bool = False  # of a build
    measure: str = ""  # of an explore
    programs: list[str] = field(default_factory=list)  # of an explore
    preset: str = "release"  # of an explore: how they are built
    questions: list[Question] = field(default_factory=list)  # of an explore
    mutants: list[Mutant] = field(default_factory=list)

    @property
    def directory(self) -> Path:
        return self.root / "exercises" / self.id

    @property
    def inner(self) -> str:
        """Where the files that a learner hands in stand in the tree, if they have a folder
        of their own; it is left out of their names in the workspace."""
        return f"exercises/{self.id}/solution/" if self.kind == "build" else ""

    @property
    def own_files(self) -> list[str]:
        """Of a build: what a learner hands in, from the top of the tree."""
        return sorted(self.inner + file.name for file in (self.directory / "solution").iterdir())

    @property
    def parts(self) -> list[str]:
        """What hints may be about: the holes or the questions, by the last part of a name."""
        holes = [hole.symbol.split("(")[0].split("::")[-1] for hole in self.holes]
        return holes + [question.name for question in self.questions]

    def hints_file(self, language: str) -> Path:
        return self.directory / f"hints.{language}.toml"

    def readme(self, language: str) -> Path:
        return self.directory / f"README.{language}.md"

    def tests(self) -> list[Path]:
        """The exercise's own and the folder's, all of them GoogleTest sources, and what
        these need."""
        folder = self.root / "tests" / self.folder
        support = [file for name in self.support
                   for file in sorted((self.root / "tests" / name).glob("*.cpp"))
                   if not file.stem.endswith("_test")]  # fmt: skip
        return [*sorted((self.directory / "tests").glob("*.cpp")),
                *(folder / name for name in self.folder_tests), *support]  # fmt: skip
