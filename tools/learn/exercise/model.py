# SPDX-License-Identifier: Apache-2.0
"""What an exercise consists of, read from its folder and checked.

exercises/03-mcache/1-size-classes/
    exercise.toml        below
    README.en.md  README.zh.md
    hints.en.toml  hints.zh.toml      hints = ["…", "…", "…"]: exactly three
    tests/*.cpp                       GoogleTest, built against the learner's files
    mutants/NAME.toml                 a known wrong idea, below

exercise.toml:
    kind = "fill"                     fix, build and explore come later
    folder = "mcache"                 of src/netpoll/: its sources are built, and what they need
    folder_tests = ["a_test.cpp"]     of tests/mcache/, run beside the exercise's own
    minutes = 45
    title = {en = "…", zh = "…"}
    [[holes]]
    symbol = "ThreadCache::spill"     its body is cut out of the real file
    task = {en = "…", zh = "…"}       the comment that stands in the hole
    answer = "return nullptr;"        optional: after the check, if `return {};` will not do

mutants/NAME.toml:
    symbol = "class_of"
    killed_by = "SizeClassExercise.EveryPowerOfTwo"
    body = '''…'''                    what stands between { and }
    help = {en = "…", zh = "…"}       shown to a learner whose tests fail alike
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from learn import paths
from learn.say import say

LANGUAGES = ("en", "zh")
KINDS_LATER = ("fix", "build", "explore")
HINTS = 3


class ExerciseError(Exception):
    """A broken or unknown exercise: one line that says which file and what to do."""


@dataclass(frozen=True)
class Hole:
    symbol: str
    task: dict[str, str]
    answer: str


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str  # its toml, from the top of the tree
    symbol: str
    killed_by: str
    body: str
    help: dict[str, str]


@dataclass(frozen=True)
class Exercise:
    id: str  # "03-mcache/1-size-classes"
    root: Path  # the tree it belongs to
    folder: str
    folder_tests: list[str]
    minutes: int
    title: dict[str, str]
    holes: list[Hole]
    mutants: list[Mutant]

    @property
    def directory(self) -> Path:
        return self.root / "exercises" / self.id

    def hints(self, language: str) -> list[str]:
        return _toml(self.directory / f"hints.{language}.toml", self.root)["hints"]

    def readme(self, language: str) -> Path:
        return self.directory / f"README.{language}.md"

    def tests(self) -> list[Path]:
        """The exercise's own and the folder's, all of them GoogleTest sources."""
        folder = self.root / "tests" / self.folder
        return [*sorted((self.directory / "tests").glob("*.cpp")),
                *(folder / name for name in self.folder_tests)]  # fmt: skip


def load_all(root: Path = paths.ROOT) -> list[Exercise]:
    """Every exercise of the tree, in the order of the chapters."""
    return [load(f.parent, root) for f in sorted((root / "exercises").glob("*/*/exercise.toml"))]


def find(name: str, root: Path = paths.ROOT) -> Exercise:
    """By id, or by any part of it that only one exercise has: 03, 03/1, size-classes."""
    everything = load_all(root)
    exact = [e for e in everything if e.id == name.strip("/")]
    found = exact or [e for e in everything if _leads_to(name.strip("/"), e.id)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(e.id for e in found or everything) or say("exercise.none")
    key = "exercise.ambiguous" if found else "exercise.unknown"
    raise ExerciseError(say(key, name=name, listed=listed))


def load(directory: Path, root: Path = paths.ROOT) -> Exercise:
    """Reads and checks one exercise; an ExerciseError names the file and the mend."""
    file = directory / "exercise.toml"
    table = _toml(file, root)
    kind = _field(table, "kind", str, file, root)
    if kind in KINDS_LATER:
        raise _error(file, root, f"kind {kind} is not built yet; use fill")
    if kind != "fill":
        raise _error(file, root, f"kind {kind} is unknown; use fill")
    exercise = Exercise(
        id=str(directory.relative_to(root / "exercises")),
        root=root,
        folder=_field(table, "folder", str, file, root),
        folder_tests=_field(table, "folder_tests", list, file, root),
        minutes=_field(table, "minutes", int, file, root),
        title=_both(table, "title", file, root),
        holes=[_hole(entry, file, root) for entry in _field(table, "holes", list, file, root)],
        mutants=[_mutant(f, root) for f in sorted((directory / "mutants").glob("*.toml"))],
    )
    _check_files(exercise)
    return exercise


def _check_files(exercise: Exercise) -> None:
    root = exercise.root
    wanted = [exercise.readme(language) for language in LANGUAGES]
    for path in [*wanted, *exercise.tests(), root / "src" / "netpoll" / exercise.folder]:
        if not path.exists():
            raise _error(path, root, "is missing; write it, or mend exercise.toml")
    for language in LANGUAGES:
        file = exercise.directory / f"hints.{language}.toml"
        if len(_field(_toml(file, root), "hints", list, file, root)) != HINTS:
            raise _error(file, root, f"must have exactly {HINTS} hints")


def _hole(entry: dict, file: Path, root: Path) -> Hole:
    symbol = _field(entry, "symbol", str, file, root)
    return Hole(symbol, _both(entry, "task", file, root), entry.get("answer", "return {};"))


def _mutant(file: Path, root: Path) -> Mutant:
    table = _toml(file, root)
    words = [_field(table, key, str, file, root) for key in ("symbol", "killed_by", "body")]
    # Help may lack a language here: the gate says so, for all mutants at once.
    return Mutant(file.stem, str(file.relative_to(root)), *words, dict(table.get("help", {})))


def _leads_to(name: str, identity: str) -> bool:
    parts, wanted = identity.split("/"), name.split("/")
    if len(wanted) == len(parts):
        return all(p.startswith(w) for p, w in zip(parts, wanted, strict=True))
    return len(wanted) == 1 and any(
        name == word or word.startswith(name + "-") or word.endswith("-" + name) for word in parts
    )


def _toml(file: Path, root: Path) -> dict:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as problem:
        raise _error(file, root, f"cannot be read ({problem.strerror}); write it") from problem
    except ValueError as problem:
        raise _error(file, root, f"is not TOML: {problem}") from problem


def _field(table: dict, key: str, kind: type, file: Path, root: Path):
    if not isinstance(table.get(key), kind):
        raise _error(file, root, f"needs {key}, a {kind.__name__}")
    return table[key]


def _both(table: dict, key: str, file: Path, root: Path) -> dict[str, str]:
    texts = _field(table, key, dict, file, root)
    for language in LANGUAGES:
        if not texts.get(language):
            raise _error(file, root, f"{key} has no {language} text; write it")
    return texts


def _error(file: Path, root: Path, text: str) -> ExerciseError:
    return ExerciseError(f"{file.relative_to(root)}: {text}")
