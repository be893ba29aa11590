# SPDX-License-Identifier: Apache-2.0
"""Programs that are up to date already: CMake, which needs a second to say so, is not asked.

    bin = built.bring("release", "echo_server")

build/PRESET/brought/TARGET holds the mark of all that a build reads, as it was before the
last one that succeeded, and of the program that it made. A mark is names, sizes and times
of change, which is what ninja goes by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from learn import paths
from learn.run import build

# What CMake reads, from the top of the tree.
SOURCES = ("CMakeLists.txt", "CMakePresets.json", "cmake", "src", "programs", "chapters",
           "diagrams/programs", "tests", "benchmarks")  # fmt: skip
# Written anew when a package of the machine has changed, the compiler for one.
ENVIRONMENT = paths.STATE / "environment"


def bring(preset: str, *targets: str) -> Path:
    """Brings the programs of these names up to date; returns their folder. Raises BuildError."""
    folder = paths.BUILD / preset
    before = _mark([*(paths.ROOT / name for name in SOURCES), ENVIRONMENT])
    if all(_is_known(folder, target, before) for target in targets):
        return folder / "bin"
    made = build.build(preset, *targets)
    for target in targets:
        note = folder / "brought" / target
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(before + _mark([made / target]), "utf-8")
    return made


def _is_known(folder: Path, target: str, before: str) -> bool:
    program, note = folder / "bin" / target, folder / "brought" / target
    if not program.is_file() or not note.is_file():
        return False
    return note.read_text("utf-8") == before + _mark([program])


def _mark(files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for top in files:
        for file in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if file.is_file():
                stat = file.stat()
                total.update(f"{file}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    return total.hexdigest()[:16]
