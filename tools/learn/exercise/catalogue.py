# SPDX-License-Identifier: Apache-2.0
"""The exercises of a tree, read and checked. model.py says what their files hold."""

from __future__ import annotations

import tomllib
from pathlib import Path

from learn import paths, shape
from learn.exercise.model import (
    HINTS,
    LANGUAGES,
    Body,
    Edit,
    Exercise,
    ExerciseError,
    Hole,
    Mutant,
    Question,
)
from learn.say import say

KINDS = ("fill", "fix", "build", "explore")
STARS = (1, 2, 3)
WHOLE = ""  # the part of hints that are about the whole exercise
# The types of what the files hold; what must be there is asked for where it is read.
_CHANGE = dict.fromkeys(("symbol", "body", "file", "find", "replace"), str)
EXERCISE = {
    **dict.fromkeys(("kind", "folder", "measure", "preset"), str),
    **{name: [str] for name in ("prerequisites", "folder_tests", "support", "programs")},
    **dict.fromkeys(("title", "after", "story"), shape.BOTH),
    "minutes": int, "stars": int, "program": bool,
    "holes": [{"symbol": str, "task": shape.BOTH, "answer": str}], "planted": [_CHANGE],
    "questions": [{"name": str, "ask": shape.BOTH, "within": shape.NUMBER,
                   "percent": shape.NUMBER}],
}  # fmt: skip
HINTS_FILE = {"hints": ([str], {...: [str]})}
MUTANT = {**_CHANGE, "edits": [_CHANGE], "killed_by": str, "help": shape.BOTH, "origin": str,
          "answer": (str, *shape.NUMBER)}  # fmt: skip


def load_all(root: Path = paths.ROOT) -> list[Exercise]:
    """Every exercise of the tree, in the order of the chapters."""
    return [load(folder, root) for folder in folders(root)]


def whole(root: Path = paths.ROOT) -> tuple[list[Exercise], list[ExerciseError]]:
    """Those that can be read, and what is wrong with the others: one that an author has
    not finished must not stop a learner."""
    sound, broken = [], []
    for folder in folders(root):
        try:
            sound.append(load(folder, root))
        except ExerciseError as problem:
            broken.append(problem)
    return sound, broken


def folders(root: Path) -> list[Path]:
    """Of all exercises, finished or not."""
    return [file.parent for file in sorted((root / "exercises").glob("*/*/exercise.toml"))]


def chapter(name: str, root: Path = paths.ROOT) -> dict:
    """What chapters/NAME/chapter.toml says."""
    return _toml(root / "chapters" / name / "chapter.toml", root, {})


def find(name: str, root: Path = paths.ROOT) -> Exercise:
    """By id, or by any part of it that only one exercise has: 03, 03/1, size-classes."""
    everything, broken = whole(root)
    exact = [e for e in everything if e.id == name.strip("/")]
    found = exact or [e for e in everything if _leads_to(name.strip("/"), e.id)]
    if len(found) == 1:
        return found[0]
    for problem in broken:
        if name.strip("/") in str(problem):
            raise problem
    listed = ", ".join(e.id for e in found or everything) or say("exercise.none")
    key = "exercise.ambiguous" if found else "exercise.unknown"
    raise ExerciseError(say(key, name=name, listed=listed))


def hints(exercise: Exercise, language: str) -> dict[str, list[str]]:
    """{part: its three hints}; the only part is WHOLE where they are not told apart."""
    file = exercise.hints_file(language)
    found = _toml(file, exercise.root, HINTS_FILE).get("hints")
    parts = {WHOLE: found} if isinstance(found, list) else found
    if not isinstance(parts, dict) or not parts:
        raise _error(file, exercise.root, "needs hints, a list or a table of lists")
    for part, every in parts.items():
        if part != WHOLE and part not in exercise.parts:
            known = ", ".join(exercise.parts) or "none"
            raise _error(file, exercise.root, f"has hints for {part}, which is no part: {known}")
        if not isinstance(every, list) or len(every) != HINTS:
            raise _error(file, exercise.root, f"must have exactly {HINTS} hints for {part or 'it'}")
    return parts


def load(directory: Path, root: Path = paths.ROOT) -> Exercise:
    """Reads and checks one exercise; an ExerciseError names the file and the mend."""
    file = directory / "exercise.toml"
    table = _toml(file, root, EXERCISE)
    kind, name = _kind(table, file, root), str(directory.relative_to(root / "exercises"))
    built = kind != "explore"
    exercise = Exercise(
        id=name, root=root, kind=kind,
        minutes=_field(table, "minutes", int, file, root),
        stars=_stars(table, file, root),
        prerequisites=_field(table, "prerequisites", list, file, root),
        title=_both(table, "title", file, root),
        after=_both(table, "after", file, root),
        folder=_field(table, "folder", str, file, root) if built else "",
        folder_tests=_field(table, "folder_tests", list, file, root) if built else [],
        support=table.get("support", []),
        holes=[_hole(entry, file, root)
               for entry in _entries(table, "holes", kind == "fill", file, root)],
        planted=[_change(entry, file, root)
                 for entry in _entries(table, "planted", kind == "fix", file, root)],
        story=_both(table, "story", file, root) if kind == "fix" else {},
        program=bool(table.get("program", False)),
        measure="" if built else _field(table, "measure", str, file, root),
        programs=[] if built else _field(table, "programs", list, file, root),
        preset=table.get("preset", "release"),
        questions=[_question(entry, file, root)
                   for entry in _entries(table, "questions", not built, file, root)],
        mutants=[_mutant(f, root, f"exercises/{name}/solution/" if kind == "build" else "")
                 for f in sorted((directory / "mutants").glob("*.toml"))],
    )  # fmt: skip
    _check_files(exercise)
    return exercise


def _check_files(exercise: Exercise) -> None:
    root = exercise.root
    wanted = [exercise.readme(language) for language in LANGUAGES]
    wanted += [root / "tests" / name for name in exercise.support]
    wanted += [exercise.directory / exercise.measure, root / "src/netpoll" / exercise.folder]
    for path in [*wanted, *exercise.tests()]:
        if not path.exists():
            raise _error(path, root, "is missing; write it, or mend exercise.toml")
    parts = [list(hints(exercise, language)) for language in LANGUAGES]
    if parts[0] != parts[1]:
        file = exercise.hints_file(LANGUAGES[1])
        raise _error(file, root, "has hints for other parts than the other language")
    if exercise.kind == "build":
        start, solution = (_names(exercise.directory / name) for name in ("start", "solution"))
        if start != solution or not start:
            raise _error(exercise.directory, root, "start/ and solution/ must have the same files")


def _names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()} if folder.is_dir() else set()


def _kind(table: dict, file: Path, root: Path) -> str:
    kind, known = _field(table, "kind", str, file, root), ", ".join(KINDS)
    if kind not in KINDS:
        raise _error(file, root, f"kind {kind} is unknown; use one of {known}")
    return kind


def _entries(table: dict, key: str, wanted: bool, file: Path, root: Path) -> list[dict]:
    """The tables [[key]]: at least one where the kind wants them, else none."""
    if not wanted and key in table:
        raise _error(file, root, f"has {key}, which its kind does not know")
    entries = _field(table, key, list, file, root) if wanted else []
    if wanted and not entries:
        raise _error(file, root, f"needs {key}, one at least")
    return entries


def _hole(entry: dict, file: Path, root: Path) -> Hole:
    symbol = _field(entry, "symbol", str, file, root)
    return Hole(symbol, _both(entry, "task", file, root), entry.get("answer", "return {};"))


def _stars(table: dict, file: Path, root: Path) -> int:
    stars = _field(table, "stars", int, file, root)
    if stars not in STARS:
        raise _error(file, root, f"stars is {stars}; use 1, 2 or 3")
    return stars


def _question(entry: dict, file: Path, root: Path) -> Question:
    return Question(_field(entry, "name", str, file, root), _both(entry, "ask", file, root),
                    float(entry.get("within", 0)), float(entry.get("percent", 0)))  # fmt: skip


def _change(entry: dict, file: Path, root: Path, inner: str = "") -> Body | Edit:
    if "symbol" in entry:
        return Body(*(_field(entry, key, str, file, root) for key in ("symbol", "body")))
    name, find, replace = (
        _field(entry, key, str, file, root) for key in ("file", "find", "replace"))
    return Edit(inner + name, find, replace)


def _mutant(file: Path, root: Path, inner: str) -> Mutant:
    table = _toml(file, root, MUTANT)
    changes = [_change(entry, file, root, inner) for entry in table.get("edits", [])]
    if "symbol" in table or not (changes or "answer" in table):
        changes.append(Body(*(_field(table, key, str, file, root) for key in ("symbol", "body"))))
    killed_by = _field(table, "killed_by", str, file, root)
    # Help may lack a language here: the gate says so, for all mutants at once.
    return Mutant(file.stem, str(file.relative_to(root)), killed_by, changes,
                  dict(table.get("help", {})), str(table.get("answer", "")),
                  table.get("origin", ""))  # fmt: skip


def _leads_to(name: str, identity: str) -> bool:
    parts, wanted = identity.split("/"), name.split("/")
    if len(wanted) == len(parts):
        return all(p.startswith(w) for p, w in zip(parts, wanted, strict=True))
    return len(wanted) == 1 and any(
        name == word or word.startswith(name + "-") or word.endswith("-" + name) for word in parts
    )


def _toml(file: Path, root: Path, types: dict) -> dict:
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except OSError as problem:
        raise _error(file, root, f"cannot be read ({problem.strerror}); write it") from problem
    except ValueError as problem:
        raise _error(file, root, f"is not TOML: {problem}") from problem
    if wrong := shape.problem(table, types):
        raise _error(file, root, wrong)
    return table


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
    name = file.relative_to(root) if file.is_relative_to(root) else file
    return ExerciseError(" ".join(f"{name}: {text}".split()))
