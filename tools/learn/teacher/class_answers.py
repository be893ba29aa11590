# SPDX-License-Identifier: Apache-2.0
"""What a student handed in, as text that may be shown; and what everybody was given."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

from learn import paths
from learn.exercise import catalogue, cut
from learn.exercise.model import LANGUAGES, Exercise, ExerciseError
from learn.index import IndexUnavailable
from learn.teacher.similarity import Answer

FILES, BYTES = 40, 512 << 10  # of one answer, and of one file of it
_SUFFIXES = (".h", ".cpp")


def plain(text: str) -> str:
    """`text` without what turns the direction of writing round, rings or erases: each such
    character is shown by its number."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
                   else f"\\u{ord(c):04x}" for c in text.replace("\r\n", "\n"))


def of_class(folder: Path, students: list[str], exercise: str) -> list[Answer]:
    """Each student's files of an exercise; who has none is left out. Links are not followed."""
    found = []
    for student in students:
        home = folder / student / exercise
        files = [Path(top) / name for top, _, names in os.walk(home) for name in names]
        texts = {str(file.relative_to(home)): _text(file) for file in sorted(files)[:FILES]
                 if file.suffix in _SUFFIXES and file.is_file() and not file.is_symlink()}
        if texts:
            found.append(Answer(student, texts))
    return found


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return plain(opened.read(BYTES).decode("utf-8", "replace"))
    except OSError:
        return ""


def exercise_of(name: str, root: Path = paths.ROOT) -> Exercise | None:
    """None where this tree has no such exercise: a report needs only the grade files."""
    try:
        found = catalogue.find(name, root)
    except ExerciseError:
        return None
    return found if found.id == name else None


def given(exercise: Exercise | None) -> list[str]:
    """The texts of the starter in both languages, and of the reference."""
    if exercise is None:
        return []
    try:
        index = cut.index_of(exercise.root)
        every = [cut.solution(exercise, index),
                 *(cut.starter(exercise, index, language) for language in LANGUAGES)]
    except (ExerciseError, IndexUnavailable):
        return []
    return [text for files in every for text in files.values()]


def minutes_to_green(folder: Path, student: str, exercise: str) -> float | None:
    """From `start` to the first green, where the student handed in exercises.json too,
    which ./learn keeps beside a workspace. It is theirs, and may say anything."""
    for name in ("exercises.json", ".learn/exercises.json"):
        file = folder / student / name
        try:
            if file.is_symlink() or file.stat().st_size > BYTES:
                continue
            told = json.loads(file.read_text("utf-8"))["exercises"][exercise]
            minutes = (float(told["first_green"]) - float(told["started"])) / 60
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            continue
        if 0 <= minutes < 1e6:
            return minutes
    return None
