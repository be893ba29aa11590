# SPDX-License-Identifier: Apache-2.0
"""What a part is built from: its units, all that they include, and what a learner's files
can change. Read from the texts, so that a pack has no file that nobody needs.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from learn.exercise import cut
from learn.exercise.model import ExerciseError
from learn.exercise.tree import Tree
from learn.index import Index
from learn.teacher.lab import LabPart

INCLUDE = ("src", "tests")
_INCLUDED = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Units:
    """By name from the top of the tree. `reads`: of each unit, all files that it includes.
    `private`: where a file lies that is not of the tree."""

    files: list[str]
    sources: list[str]
    program: list[str]
    reads: dict[str, set[str]] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)  # of the library: an answer may use them
    private: dict[str, Path] = field(default_factory=dict)

    @property
    def own(self) -> list[str]:
        """The units that a submission can change."""
        mine = set(self.files)
        return [unit for unit in self.reads if mine & {unit, *self.reads[unit]}]

    @property
    def needed(self) -> set[str]:
        """What must be there for the compiler, without what students hand in."""
        every = set(self.reads).union(*self.reads.values(), self.headers)
        return every - set(self.files)

    def digest(self, root: Path, unit: str) -> str:
        """Of the unit and of all that it includes."""
        digest = hashlib.sha256()
        for name in (unit, *sorted(self.reads[unit])):
            digest.update(f"{name}\0".encode() + self.file(root, name).read_bytes() + b"\0")
        return digest.hexdigest()

    def file(self, root: Path, name: str) -> Path:
        return self.private.get(name, root / name)


def of(part: LabPart, index: Index) -> Units:
    """The units of an exercise with the hidden tests."""
    exercise, private = part.exercise, {**part.private, **part.private_headers}
    root = exercise.root
    tests = [str(path.relative_to(root)) for path in exercise.tests()]
    tests += [*part.hidden, *part.private]
    answer = [name for name in (exercise.own_files if exercise.inner else [])
              if name.endswith(".cpp")]  # fmt: skip
    library = Tree(root).sources(exercise.folder)
    program = [*library, *answer] if exercise.program else []
    sources = [*library, *tests] if exercise.program else [*library, *answer, *tests]
    every = list(dict.fromkeys([*sources, *program]))
    reads = {unit: closure(root, unit, exercise.inner, private) for unit in every}
    headers = [str(file.relative_to(root)) for file in sorted((root / "src").rglob("*.h"))]
    return Units(cut.files(exercise, index), sources, program, reads, headers, private)


def closure(root: Path, unit: str, inner: str, private: dict[str, Path]) -> set[str]:
    """Every file that `unit` includes, directly or through others."""
    found: set[str] = set()
    waiting = [unit]
    while waiting:
        name = waiting.pop()
        file = private.get(name, root / name)
        for wanted in _INCLUDED.findall(file.read_text("utf-8", "replace")):
            beside = str(PurePosixPath(name).parent / wanted)
            target = beside if beside in private else _resolved(root, name, wanted, inner)
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found - {unit}


def _resolved(root: Path, name: str, wanted: str, inner: str) -> str:
    """As a compiler looks: beside the file, then in the folders of the includes."""
    for top in (str(PurePosixPath(name).parent), *INCLUDE, *([inner] if inner else [])):
        path = (root / top / wanted).resolve()
        if path.is_file() and path.is_relative_to(root.resolve()):
            return str(path.relative_to(root.resolve()))
    raise ExerciseError(f"{name}: includes {wanted}, which is not there; mend the include")
