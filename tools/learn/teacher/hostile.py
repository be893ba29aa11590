# SPDX-License-Identifier: Apache-2.0
"""Submissions that want marks, or to do harm. Each is the starter of one part with a file
of hostile/ at its end, or a submission that no student's editor would write.

    what must hold     the marks are those of what has really passed; nothing runs on;
                       nothing is written outside its folder; nothing secret is told
"""

from __future__ import annotations

import io
import os
import re
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from learn.exercise.model import ExerciseError
from learn.teacher.expect import Known

FOLDER = Path(__file__).with_name("hostile")
# What only a wall keeps away. Where the kernel allows none, as in many containers, the
# platform's own wall around the container is the one that counts.
NEEDS = {"calls_home": "net", "reads_other_processes": "pid"}
_HOLE = re.compile(r"check\(false, \"exercise [^\"]*\"\);")


@dataclass(frozen=True)
class World:
    """What a hostile submission would like to reach."""

    token: str  # a name that nothing else has: of files that it leaves, of what it prints
    pack: Path
    beside: Path  # another student's work
    port: int  # of a server on this machine
    process: int


@dataclass(frozen=True)
class Hostile:
    name: str
    write: Callable[[Path], Path]  # into a folder; returns what is handed in
    tenths: int


def every(known: list[Known], world: World, walls: tuple[str, ...]) -> list[Hostile]:
    """`known`: the parts of the pack, of which one is attacked. `walls`: what the kernel
    allows here."""
    target = _target(known)
    found = [Hostile(file.stem, _code(known, target, file, world), 0)
             for file in sorted(FOLDER.glob("*.cpp"))
             if NEEDS.get(file.stem, "") in ("", *walls)]  # fmt: skip
    if _has_hole(target):
        found.append(Hostile("hangs_in_each_test", lambda to: _hanging(known, target, to), 0))
    rest = sum(one.most for one in known if one is not target)
    whole = rest + target.most
    more: list[tuple[str, Callable[[Path], Path], int]] = [
        ("brings_tests_of_its_own", lambda to: _with_more(known, to), whole),
        ("misses_a_file", lambda to: _without(known, target, to), rest),
        ("is_a_link", lambda to: _linked(known, target, world, to), rest),
        ("has_a_linked_folder", lambda to: _linked_folder(known, target, to), rest),
        ("has_a_pipe", lambda to: _pipe(known, target, to), rest),
        ("is_very_large", lambda to: _large(known, target, to), rest),
        ("climbs_out_of_a_tar", lambda to: _tar(known, world, to), 0),
        ("links_in_a_zip", lambda to: _zip(known, to), 0),
        ("is_no_archive", _noise, 0),
    ]
    return found + [Hostile(*one) for one in more]


def _target(known: list[Known]) -> Known:
    """The first part whose code runs in the process of its tests, if there is one; one
    that has holes before others."""
    fitting = [one for one in known if any(name.endswith(".cpp") for name in one.starter)]
    if not fitting:
        raise ExerciseError("no part of the lab has a .cpp file that a submission may replace")
    return min(fitting, key=lambda one: (one.exercise.program, not _has_hole(one)))


def _has_hole(one: Known) -> bool:
    return any(_HOLE.search(text) for text in one.starter.values())


def written(known: list[Known], answers: dict[str, dict[str, str]], to: Path) -> Path:
    """The files of each exercise under the names by which they are handed in."""
    for one in known:
        for name, text in answers.get(one.exercise.id, {}).items():
            file = to / one.exercise.id / name.removeprefix(one.exercise.inner)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
    return to


def _code(known: list[Known], target: Known, file: Path, world: World) -> Callable[[Path], Path]:
    def write(to: Path) -> Path:
        tests = ", ".join(f'"{name}"' for name in
                          target.expected.bring_marks)  # fmt: skip
        given = {"TOKEN": f'"{world.token}"', "PACK": f'"{world.pack}"', "TESTS": tests,
                 "BESIDE": f'"{world.beside}"', "PORT": world.port, "PID": world.process}
        head = "".join(f"#define HARM_{name} {text}\n" for name, text in given.items())
        body = file.read_text("utf-8")
        if "HARM_PACK \"/pack.json\"\n" in body:  # an include wants a name
            body = body.replace("HARM_PACK \"/pack.json\"", f'"{world.pack}/pack.json"')
        name = next(name for name in target.starter if name.endswith(".cpp"))
        files = {**target.starter, name: f"{target.starter[name]}\n{head}{body}"}
        return written(known, {target.exercise.id: files}, to)

    return write


def _hanging(known: list[Known], target: Known, to: Path) -> Path:
    """Each test comes to a loop, where the starter has a hole."""
    loop = "for (volatile bool on = true; on;) {}"
    files = {name: _HOLE.sub(loop, text) for name, text in target.starter.items()}
    return written(known, {target.exercise.id: files}, to)


def _references(known: list[Known]) -> dict[str, dict[str, str]]:
    return {one.exercise.id: one.reference for one in known}


def _first(target: Known, to: Path) -> Path:
    """Where the first file of the attacked part is handed in."""
    name = min(target.reference).removeprefix(target.exercise.inner)
    return to / target.exercise.id / name


def _with_more(known: list[Known], to: Path) -> Path:
    written(known, _references(known), to)
    bad = "#include <gtest/gtest.h>\nTEST(Mine, Passes) { SUCCEED(); }\n"
    for one in known:
        for test in one.exercise.tests():
            file = to / test.relative_to(one.exercise.root)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(bad)
    for name in ("pack.json", "grader/grade.py", "grader/score.py", "source/prelude.h",
                 "sitecustomize.py", "tests/mine_test.cpp", "CMakeLists.txt"):  # fmt: skip
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        (to / name).write_text("raise SystemExit(0)\n")
    return to


def _without(known: list[Known], target: Known, to: Path) -> Path:
    written(known, _references(known), to)
    _first(target, to).unlink()
    return to


def _linked(known: list[Known], target: Known, world: World, to: Path) -> Path:
    """To another student's file, which is right."""
    written(known, _references(known), to)
    file = _first(target, to)
    theirs = world.beside / "their.cpp"
    theirs.write_bytes(file.read_bytes())
    file.unlink()
    file.symlink_to(theirs)
    return to


def _linked_folder(known: list[Known], target: Known, to: Path) -> Path:
    written(known, _references(known), to)
    folder = to / target.exercise.id
    shutil.move(folder, to / "elsewhere")
    folder.symlink_to(to / "elsewhere")
    return to


def _pipe(known: list[Known], target: Known, to: Path) -> Path:
    written(known, _references(known), to)
    file = _first(target, to)
    file.unlink()
    os.mkfifo(file)
    return to


def _large(known: list[Known], target: Known, to: Path) -> Path:
    written(known, _references(known), to)
    with _first(target, to).open("a") as file:
        file.write("// much\n" * (8 << 20))
    return to


def _tar(known: list[Known], world: World, to: Path) -> Path:
    to.mkdir(parents=True, exist_ok=True)
    archive = to / "handin.tar"
    with tarfile.open(archive, "w") as out:
        for one in known:
            for name, text in one.reference.items():
                inside = f"{one.exercise.id}/{name.removeprefix(one.exercise.inner)}"
                for path in (f"../{inside}", f"x/../{inside}", f"/x/../{inside}"):
                    _entry(out, path, text)
        for top in ("../..", "/tmp", world.beside):
            _entry(out, f"{top}/{world.token}", "harm")
    return archive


def _entry(out: tarfile.TarFile, path: str, text: str) -> None:
    entry = tarfile.TarInfo(path)
    entry.size = len(text.encode())
    out.addfile(entry, io.BytesIO(text.encode()))


def _zip(known: list[Known], to: Path) -> Path:
    """Each wanted name is a link, to where the real file may lie."""
    to.mkdir(parents=True, exist_ok=True)
    archive = to / "handin.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for one in known:
            for name in one.reference:
                inside = f"{one.exercise.id}/{name.removeprefix(one.exercise.inner)}"
                entry = zipfile.ZipInfo(inside)
                entry.external_attr = 0o120777 << 16
                out.writestr(entry, str(one.exercise.root / name))
    return archive


def _noise(to: Path) -> Path:
    to.mkdir(parents=True, exist_ok=True)
    (to / "handin.tar").write_bytes(b"ustar\0" * 1000)
    return to / "handin.tar"
