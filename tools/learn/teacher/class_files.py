# SPDX-License-Identifier: Apache-2.0
"""The folder of a class: what was handed in, and the grade files beside it.

    DIR/STUDENT/05-reading/1-peek/…     what a student handed in
    DIR/STUDENT.zip, DIR/STUDENT.tar.gz the same, not unpacked; nothing here unpacks it.
                                        It may also lie alone in DIR/STUDENT/
    DIR/grades/STUDENT.json             the grade file, whole or not there

A name that begins with a dot is no student. A link, or an archive of another kind, is
refused: nobody would notice that it was left out.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from learn.say import say

GRADES = "grades"
SCHEMA = "annotated-netpoll/grade/1"
PACK_SCHEMA = "annotated-netpoll/pack/1"
READ = 16 << 20  # bytes of one file that its digest looks at; its size counts too
_ARCHIVES = (".tar.gz", ".tar.bz2", ".tar.xz", ".zip", ".tar", ".tgz")
_OTHER_ARCHIVES = (".gz", ".xz", ".bz2", ".7z", ".rar", ".zst")


class ClassError(ValueError):
    """One line: what is wrong with a folder, a pack or a grade file, and what to do."""


@dataclass(frozen=True)
class Pack:
    folder: Path
    lab: str
    seed: int
    exercises: list[str]
    digest: str  # of all that decides a mark


@dataclass(frozen=True)
class Submission:
    student: str
    place: Path  # a folder, or an archive
    digest: str  # of the files of the pack's exercises, or of the archive


def pack_of(folder: Path) -> Pack:
    """The pack in `folder`, unpacked."""
    try:
        said = json.loads((folder / "pack.json").read_text("utf-8"))
        exercises = [part["exercise"] for part in said["parts"]]
        schema, lab, seed = said["schema"], said["lab"], said["seed"]
    except (OSError, ValueError, LookupError, TypeError) as problem:
        raise ClassError(say("class.no_pack", folder=folder)) from problem
    if schema != PACK_SCHEMA or not (folder / "grader" / "grade.py").is_file():
        raise ClassError(say("class.no_pack", folder=folder))
    files = [folder / "pack.json", *(folder / "grader").rglob("*.py"),
             *(folder / "source").rglob("*")]  # fmt: skip
    return Pack(folder.resolve(), str(lab), int(seed), exercises, _digest(folder, files))


def submissions(folder: Path, pack: Pack) -> list[Submission]:
    """Every student's, in the order of their names."""
    found = []
    for student, home in places(folder).items():
        files = [Path(top) / name for exercise in pack.exercises
                 for top, folders, names in os.walk(home / exercise)
                 for name in [*names, *(f for f in folders if (Path(top) / f).is_symlink())]]
        digest = _digest(home, files) if home.is_dir() else _digest(folder, [home])
        found.append(Submission(student, home.resolve(), digest))
    return found


def places(folder: Path) -> dict[str, Path]:
    """{student: the folder or the archive}; what may be a submission and is none is an
    error."""
    if not folder.is_dir():
        raise ClassError(say("class.no_folder", folder=folder))
    found: dict[str, Path] = {}
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        if entry.name.startswith(".") or entry.name == GRADES:
            continue
        student = _student(entry)
        if entry.is_symlink() or (not student and entry.name.lower().endswith(_OTHER_ARCHIVES)):
            raise ClassError(say("class.not_a_folder", name=ascii(entry.name)))
        if not entry.name.isprintable():  # a line end, or bytes that are no text
            raise ClassError(say("class.not_a_name", name=ascii(entry.name)))
        if student in found:
            raise ClassError(say("class.twice", student=student))
        if student:
            found[student] = _as_it_came(Path(entry.path))
    if not found:
        raise ClassError(say("class.empty", folder=folder))
    return dict(sorted(found.items()))


def _as_it_came(place: Path) -> Path:
    """A folder; or the archive, where one lies in it and nothing else."""
    inside = [file for file in place.iterdir() if file.name[0] != "."] if place.is_dir() else []
    alone = inside[0] if len(inside) == 1 else place
    whole = alone.is_file() and not alone.is_symlink()
    return alone if whole and alone.name.lower().endswith(_ARCHIVES) else place


def _student(entry: os.DirEntry[str]) -> str:
    """Whose submission it is; of a file that is no archive nobody's."""
    if entry.is_dir():
        return entry.name
    ends = (end for end in _ARCHIVES if entry.name.lower().endswith(end))
    return entry.name[: -len(next(ends, entry.name))]


def grade_file(folder: Path, student: str) -> Path:
    return folder / GRADES / f"{student}.json"


def read_grade(file: Path) -> dict[str, Any]:
    """A grade file, of which only the outside is looked at."""
    try:
        grade = json.loads(file.read_text("utf-8"))
        if grade["schema"] != SCHEMA or grade["status"] not in ("ok", "error"):
            raise ValueError(grade["schema"])
        if grade["status"] == "ok":
            score, most = float(grade["score"]), float(grade["max"])
            if not 0 <= score <= most or not isinstance(grade["parts"], list):
                raise ValueError(score)
    except (OSError, ValueError, LookupError, TypeError) as problem:
        raise ClassError(say("class.no_grade", file=file)) from problem
    return dict(grade)


def grades(folder: Path) -> list[dict[str, Any]]:
    """Every grade file of a class, at least one; its name says whose it is."""
    files = sorted(file for file in (folder / GRADES).glob("*.json")
                   if not file.name.startswith("."))  # fmt: skip
    if not files:
        raise ClassError(say("class.no_grades", folder=folder))
    return [read_grade(file) | {"student": file.stem} for file in files]


def _digest(top: Path, files: list[Path]) -> str:
    """Of names, kinds and contents. What is no plain file is never opened."""
    total = hashlib.sha256()
    for file in sorted(set(files)):
        name = os.fsencode(file.relative_to(top))
        total.update(b"\0".join((name, _content(file), b"")))
    return total.hexdigest()


def _content(file: Path) -> bytes:
    try:
        mode = file.lstat()
        if stat.S_ISLNK(mode.st_mode):
            return b"link to " + os.fsencode(os.readlink(file))
        if not stat.S_ISREG(mode.st_mode):
            return b"no file"
        with file.open("rb") as opened:
            start = hashlib.sha256(opened.read(READ)).hexdigest()
        return f"{mode.st_size} {start}".encode()
    except OSError as problem:
        return f"unreadable {problem.errno}".encode()
