# SPDX-License-Identifier: Apache-2.0
"""The learner's side: files under workspace/ and progress under .learn/.

    workspace/03-mcache/1-size-classes/src/netpoll/mcache/size_class.h      yours to edit
    .learn/exercises.json     {"current": id, "exercises": {id: {hints, green, base, started,
                              first_green}}}

`base` is what the real files were when the exercise was started. The two times are
seconds since 1970; a teacher's report takes from them how long it took.

LEARN_WORKSPACE moves both elsewhere, as checks do that must not touch yours.
"""

from __future__ import annotations

import contextlib
import difflib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from learn import paths
from learn.exercise import catalogue, cut
from learn.exercise.model import HINTS, Exercise, ExerciseError
from learn.exercise.tree import write_file, write_files
from learn.say import say


def top() -> Path:
    return Path(os.environ.get("LEARN_WORKSPACE", paths.ROOT / "workspace"))


def folder(exercise: Exercise) -> Path:
    return top() / exercise.id


def files(exercise: Exercise) -> list[Path]:
    """The files that a learner edits; none before `start`. Kept old ones are not listed."""
    return sorted(f for f in folder(exercise).rglob("*") if f.suffix in (".h", ".cpp", ".toml"))


def is_started(exercise: Exercise) -> bool:
    return bool(files(exercise))


def start(exercise: Exercise, language: str) -> list[Path]:
    """Writes the files with their holes; never over what is there."""
    if is_started(exercise):
        raise ExerciseError(say("exercise.already_started", id=exercise.id))
    write_files(folder(exercise), _fresh(exercise, language))
    record(exercise, base=_base(exercise), started=int(time.time()))
    remember_current(exercise)
    return files(exercise)


def reset(exercise: Exercise, language: str) -> list[Path]:
    """Fresh files; the old ones stay beside them as NAME.bak-1, -2 …; returns those."""
    fresh = _fresh(exercise, language)
    kept = []
    for path in files(exercise):
        number = 1
        while (backup := path.with_name(f"{path.name}.bak-{number}")).exists():
            number += 1
        os.replace(path, backup)
        kept.append(backup)
    write_files(folder(exercise), fresh)
    record(exercise, base=_base(exercise))
    remember_current(exercise)
    return kept


def changed_since_start(exercise: Exercise) -> list[str]:
    """The real files that an update of the project has changed under a started exercise.
    The learner's own are left as they are."""
    base = progress(exercise).get("base", {})
    return [name for name, digest in _base(exercise).items() if base.get(name, digest) != digest]


def _base(exercise: Exercise) -> dict[str, str]:
    names = cut.files(exercise, cut.index_of(exercise.root))
    real = [exercise.root / name for name in names]
    return {name: hashlib.sha256(file.read_bytes()).hexdigest()
            for name, file in zip(names, real, strict=True) if file.is_file()}  # fmt: skip


def _fresh(exercise: Exercise, language: str) -> dict[str, str]:
    """The files to begin with, {path from the folder: text}."""
    return local(exercise, cut.starter(exercise, cut.index_of(exercise.root), language))


def local(exercise: Exercise, files: dict[str, str]) -> dict[str, str]:
    """Files of the tree under the names that they have in the workspace."""
    return {name.removeprefix(exercise.inner): text for name, text in files.items()}


def need_started(exercise: Exercise) -> Path:
    if not is_started(exercise):
        raise ExerciseError(say("exercise.not_started", id=exercise.id))
    return folder(exercise)


def handed_in(exercise: Exercise) -> dict[str, str]:
    """The learner's text of each file that is cut; one that is missing is told."""
    found = {}
    for name in cut.files(exercise, cut.index_of(exercise.root)):
        file = need_started(exercise) / name.removeprefix(exercise.inner)
        try:
            found[name] = file.read_text("utf-8", "replace")
        except OSError as problem:
            told = say("exercise.file_gone", file=paths.relative(file), id=exercise.id)
            raise ExerciseError(told) from problem
    return found


def solution_diff(exercise: Exercise) -> str:
    """From the learner's files to the real ones."""
    return difference(exercise, cut.solution(exercise, cut.index_of(exercise.root)))


def difference(exercise: Exercise, right: dict[str, str]) -> str:
    """From the learner's files to the `right` ones."""
    lines: list[str] = []
    written = handed_in(exercise)
    for name, text in right.items():
        yours = written[name]
        lines += difflib.unified_diff(
            yours.splitlines(True), text.splitlines(True), f"yours/{name}", name
        )
    return "".join(lines)


def open_parts(exercise: Exercise) -> list[str]:
    """The holes or questions that still stand as they were handed out."""
    text = "\n".join(f.read_text("utf-8", "replace") for f in files(exercise))
    return [part for part in exercise.parts
            if f'fill in {part}"' in text or f'{part} = ""' in text]  # fmt: skip


def may_see_solution(exercise: Exercise) -> bool:
    return progress(exercise)["green"] or hints_given(exercise) >= HINTS


def hints_given(exercise: Exercise) -> int:
    """Of all parts together."""
    return sum(progress(exercise)["hints"].values())


def next_hint(exercise: Exercise, part: str, language: str) -> tuple[int, str]:
    """(its number, the hint); the last one again when all are given."""
    given = progress(exercise)["hints"]
    number = min(given.get(part, 0) + 1, HINTS)
    record(exercise, hints={**given, part: number})
    return number, catalogue.hints(exercise, language)[part][number - 1]


def hint_again(exercise: Exercise, part: str, number: int, language: str) -> str:
    """A hint that was given before."""
    given = progress(exercise)["hints"].get(part, 0)
    if not 1 <= number <= given:
        raise ExerciseError(say("exercise.hint_not_given", number=number, given=given,
                                id=exercise.id))
    return catalogue.hints(exercise, language)[part][number - 1]


def current() -> str | None:
    """The exercise that was started, run or watched last."""
    return _state().get("current")


def current_or_error() -> str:
    if not (name := current()):
        raise ExerciseError(say("exercise.which"))
    return name


def progress(exercise: Exercise) -> dict:
    """{"hints": {part: how many were given}, "green": bool}."""
    state = {"hints": {}, "green": False, **_state()["exercises"].get(exercise.id, {})}
    if isinstance(state["hints"], int):  # as older versions wrote it
        state["hints"] = {catalogue.WHOLE: state["hints"]}
    return state


def record(exercise: Exercise, **news: object) -> None:
    with _alone():
        state = _state()
        state["exercises"][exercise.id] = {**progress(exercise), **news}
        _write(state)


def record_green(exercise: Exercise) -> None:
    """The time of the first one stays."""
    first = progress(exercise).get("first_green", int(time.time()))
    record(exercise, green=True, first_green=first)


def remember_current(exercise: Exercise) -> None:
    with _alone():
        _write({**_state(), "current": exercise.id})


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Two terminals: nobody reads between another's reading and writing."""
    lock = _state_file().with_suffix(".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _state_file() -> Path:
    moved = "LEARN_WORKSPACE" in os.environ
    return (top() if moved else paths.STATE) / "exercises.json"


def _state() -> dict:
    try:
        state = json.loads(_state_file().read_text("utf-8"))
    except (OSError, ValueError):  # none yet, or spoilt by hand: progress starts again
        state = {}
    return {**state, "exercises": state.get("exercises", {})}


def _write(state: dict) -> None:
    write_file(_state_file(), json.dumps(state, indent=2, sort_keys=True) + "\n")
