# SPDX-License-Identifier: Apache-2.0
"""Hidden tests of the teacher's own: `./learn teacher pack LAB --private DIR`.

    DIR/private.toml
        [[parts]]
        exercise = "05-reading/1-peek"   a part of the lab
        tests = ["my_peek_test.cpp"]     GoogleTest, in DIR
        points = 2                       on top of those of the lab

They lie in the pack as source/private/…, and in nothing that a student gets. A header of
DIR may be included by its name, those of src/ and tests/ as hidden tests do it. They find
the seed as hidden tests do.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from learn.exercise import judge
from learn.exercise.judge import Verdict
from learn.say import say
from learn.teacher.lab import Lab, LabError, LabPart, Reader

FOLDER = "private"  # of a pack's sources
TABLE = "private.toml"
_TEST = re.compile(r"^[ \t]*(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.MULTILINE)


def added(lab: Lab, folder: Path, layout: str) -> Lab:
    """The lab with the tests of `folder`. Raises LabError."""
    folder = folder.resolve()
    if layout == "actions":
        raise LabError(say("private.actions"))
    if not (folder / TABLE).is_file():
        raise LabError(say("private.none", folder=folder))
    reader = Reader(folder / TABLE, folder.parent)
    of_part: dict[str, dict[str, Any]] = {}
    for entry in reader.entries("parts", 1):
        name = reader.field(entry, "exercise", str)
        known = [part.exercise.id for part in lab.parts]
        if name not in known or name in of_part:
            key = "private.twice" if name in of_part else "private.no_part"
            raise reader.error(say(key, name=name, lab=lab.short, known=", ".join(known)))
        of_part[name] = entry
    parts = [_with(part, of_part[part.exercise.id], reader) if part.exercise.id in of_part
             else part for part in lab.parts]  # fmt: skip
    return replace(lab, parts=parts)


def _with(part: LabPart, entry: dict[str, Any], reader: Reader) -> LabPart:
    folder = reader.file.parent
    names = reader.field(entry, "tests", list)
    if not names:
        raise reader.error(say("private.no_tests", name=part.exercise.id))
    for name in names:
        plain = isinstance(name, str) and Path(name).name == name and name.endswith(".cpp")
        if not plain or not (folder / name).is_file():
            raise reader.error(say("private.no_file", name=name, folder=folder))
    tests = {f"{FOLDER}/{name}": folder / name for name in names}
    headers = {f"{FOLDER}/{file.name}": file for file in sorted(folder.glob("*.h"))}
    return replace(part, private=tests, private_points=reader.count(entry, "points", 1),
                   private_headers=headers)  # fmt: skip


def collisions(part: LabPart, names: list[str]) -> None:
    """Two tests of one name cannot be told apart: an error that names the file."""
    seen = dict.fromkeys(names, "")
    for file in part.private.values():
        for suite, test in _TEST.findall(file.read_text("utf-8", "replace")):
            whole = f"{suite}.{test}"
            if whole in seen:
                where = seen[whole] or part.exercise.id
                raise LabError(say("private.collides", file=file, test=whole, where=where))
            seen[whole] = file.name


def texts(part: LabPart) -> dict[str, str]:
    given = {**part.private, **part.private_headers}
    return {name: file.read_text("utf-8", "replace") for name, file in given.items()}


def without_older(overlay: Path, wanted: dict[str, str]) -> None:
    """Removes the teacher's files of an earlier pack: they could still be included."""
    for file in (overlay / FOLDER).glob("*"):
        if f"{FOLDER}/{file.name}" not in wanted:
            file.unlink()


def right(part: LabPart, said: Verdict) -> Verdict:
    """What the real source gets with the teacher's tests too; an error if that is not
    green."""
    if said.verdict == judge.COMPILER:
        lines = [line for line in said.compiler.splitlines() if "error:" in line]
        told = " ".join((lines or said.compiler.splitlines() or [""])[0].split())
        raise _error(part, "does_not_compile", told)
    if said.verdict != judge.GREEN:
        raise _error(part, "reference_fails", ", ".join(sorted(said.failing)) or said.verdict)
    return said


def asks_for_something(part: LabPart, names: list[str], passed: set[str]) -> None:
    """There are tests, and the starter passes none of them."""
    if not names:
        raise _error(part, "no_test", "")
    if given := sorted(passed & set(names)):
        raise _error(part, "starter_passes", ", ".join(given))


def _error(part: LabPart, key: str, what: str) -> LabError:
    files = ", ".join(str(file) for file in part.private.values())
    return LabError(say(f"private.{key}", files=files, what=what))
