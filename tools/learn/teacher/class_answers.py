# SPDX-License-Identifier: Apache-2.0
"""What a student handed in, as text that may be shown; and what everybody was given."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

from grader import submission
from learn import paths
from learn.exercise import catalogue, cut, workspace
from learn.exercise.model import LANGUAGES, Exercise, ExerciseError
from learn.index import IndexUnavailable
from learn.teacher.class_files import ClassError, places
from learn.teacher.cpp_tokens import words
from learn.teacher.similarity import Answer


def plain(text: str) -> str:
    """`text` without what turns the direction of writing round, rings or erases: each such
    character is shown by its number."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
                   else f"\\u{ord(c):04x}" for c in text.replace("\r\n", "\n"))


def of_class(folder: Path, grades: list[dict[str, Any]], exercise: str) -> list[Answer]:
    """Each student's files of an exercise, of those that the grader has read; who has none
    is left out. They are read as the grader reads them: out of archives, never by a link."""
    try:
        there = places(folder)
    except ClassError:
        return []  # grade files alone
    found = []
    for grade in grades:
        names = [name for name in grade.get("files", ())
                 if name.startswith(f"{exercise}/") and ".." not in name.split("/")]
        place = there.get(grade["student"])
        texts = submission.read(place, names) if place and names else {}
        if texts:
            files = {name.removeprefix(f"{exercise}/"): plain(text.decode("utf-8", "replace"))
                     for name, text in sorted(texts.items())}
            found.append(Answer(grade["student"], files))
    return found


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


def reference(exercise: Exercise | None) -> dict[str, str]:
    """The real files under the names by which they are handed in; none if unknown."""
    if exercise is None:
        return {}
    try:
        return workspace.local(exercise, cut.solution(exercise, cut.index_of(exercise.root)))
    except (ExerciseError, IndexUnavailable):
        return {}


def same_text(answers: list[Answer], files: dict[str, str]) -> list[str]:
    """Whose answer is these files, but for comments and layout."""
    wanted = {name: words(text) for name, text in files.items()}
    return [answer.student for answer in answers if files and answer.files.keys() == files.keys()
            and all(words(text) == wanted[name] for name, text in answer.files.items())]


def minutes_to_green(folder: Path, student: str, exercise: str) -> float | None:
    """From `start` to the first green, where the student handed in exercises.json too,
    which ./learn keeps beside a workspace. It is theirs, and may say anything; what is no
    plain file, or lies behind a link, is not opened."""
    names = ["exercises.json", ".learn/exercises.json"]
    home = folder / student
    found = submission.read(home, names) if home.is_dir() else {}
    for name in filter(found.__contains__, names):
        try:
            told = json.loads(found[name])["exercises"][exercise]
            minutes = (float(told["first_green"]) - float(told["started"])) / 60
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            continue
        if 0 <= minutes < 1e6:
            return minutes
    return None
