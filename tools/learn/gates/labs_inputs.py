# SPDX-License-Identifier: Apache-2.0
"""What the proof of a lab depends on: the files that its pack holds, and the tools that
make the pack and prove it, found by what they import.

A page, the slides or the report of a class are none of it: editing one proves no pack again.
"""

from __future__ import annotations

import ast
import functools
import threading
from collections.abc import Iterable
from pathlib import Path

from learn import paths
from learn.index import Index
from learn.teacher import pack, units
from learn.teacher.lab import Lab

# What does the work; what these import comes with them. Nobody imports the last one, which
# is a program.
MODULES = ("learn.teacher.prove", "learn.teacher.pack", "learn.run.keeper")
# What they read that is no module.
BESIDE = ("tools/learn/exercise", "tools/learn/teacher/hostile")
_READ = (".h", ".cpp")
# Labs are proved side by side, and Python 3.11 counts the depth of all threads' trees as one.
_PARSING = threading.Lock()


def of(lab: Lab, index: Index) -> set[Path]:
    """Every file that a proof of `lab` reads. Raises ExerciseError."""
    found = {lab.folder / "lab.toml", lab.root / "src" / "CMakeLists.txt", *tools()}
    for part in lab.parts:
        built = units.of(part, index)
        names = {*built.files, *built.sources, *built.program, *built.needed}
        found |= {built.file(lab.root, name) for name in names}
        own = part.exercise.directory.rglob("*")
        found |= {file for file in own if file.is_file() and file.suffix != ".md"
                  and not file.name.startswith("hints.")}  # fmt: skip
    return found


@functools.cache
def tools() -> frozenset[Path]:
    found = set(modules(MODULES))
    found |= {paths.TOOLS / "grader" / name for name in pack.grader_files()}
    for top in BESIDE:
        found |= {file for file in (paths.ROOT / top).rglob("*") if file.suffix in _READ}
    return frozenset(found)


def modules(names: Iterable[str], top: Path = paths.TOOLS) -> set[Path]:
    """The files of these modules and of all that they import, wherever they do so."""
    found: dict[str, Path] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        file = _file(top, name)
        if name in found or file is None:
            continue
        found[name] = file
        waiting += _imported(file)
    return set(found.values())


def _file(top: Path, name: str) -> Path | None:
    """None of a module that is not ours, and of a name in one."""
    base = top.joinpath(*name.split("."))
    ours = [base.with_suffix(".py"), base / "__init__.py"]
    return next((file for file in ours if file.is_file()), None)


def _imported(file: Path) -> list[str]:
    found = []
    with _PARSING:
        parsed = ast.parse(file.read_text("utf-8"), filename=str(file))
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            found += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
            # `from learn.index import cache` means a module when there is one of that name.
            found += [f"{node.module}.{one.name}" for one in node.names]
    return found
