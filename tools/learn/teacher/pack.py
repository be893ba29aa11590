# SPDX-License-Identifier: Apache-2.0
"""Makes the pack of a lab: pack.json, the grader, and the sources that its parts need.

What students hand in is no part of it, so a file that is missing is missing; what other
parts need of the same names is there, as it is in the library.
"""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader import ideas, rules
from grader import pack as packs
from learn import paths
from learn.exercise import cut, judge
from learn.index import Index
from learn.teacher import units
from learn.teacher.expect import Known, alone, patient
from learn.teacher.lab import Lab, LabPart
from learn.teacher.steps import QUIET, Steps
from learn.teacher.units import Units

GRADER = paths.TOOLS / "grader"
PRELUDE = paths.TOOLS / "learn" / "exercise" / "prelude.h"
COMMAND = ["g++", "-std=c++23", "-O0", "-pthread", "-w", "-fdiagnostics-color=never"]
LIMITS = {"seconds": 10, "memory_mb": 1024, "processes": 64, "output_mb": 4, "file_mb": 16}
SEED_MOST = 10**9


@dataclass(frozen=True)
class Made:
    """A pack in its folder, and what the project knows of its parts."""

    lab: Lab
    folder: Path
    seed: int
    known: list[Known]


def make(lab: Lab, folder: Path, seed: int | None = None, steps: Steps = QUIET) -> Made:
    """Writes the pack into `folder`, which is new. Raises ExerciseError."""
    seed = random.SystemRandom().randrange(1, SEED_MOST) if seed is None else seed
    index = cut.index_of(lab.root)
    steps.begin(sum(1 + len(part.exercise.mutants) for part in lab.parts))
    built = [units.of(part, index) for part in lab.parts]
    known = [_known(part, seed, index, steps) for part in lab.parts]
    folder.mkdir(parents=True)
    digests: dict[str, str] = {}
    for one in built:
        for name in one.needed:
            _copy(one.file(lab.root, name), folder / "source" / name)
        digests.update({unit: one.digest(lab.root, unit) for unit in one.reads})
    _copy(PRELUDE, folder / "source" / "prelude.h")
    copy_grader(folder / "grader")
    table = {
        "schema": packs.SCHEMA, "lab": lab.short, "title": lab.title, "seed": seed,
        "compiler": {"command": COMMAND, "include": list(units.INCLUDE), "prelude": "prelude.h",
                     "libraries": ["-lgtest"]},
        "digests": dict(sorted(digests.items())),
        "parts": [_part(*row, index, steps) for row in zip(lab.parts, built, known, strict=True)],
        "report": [{"name": one.name, "points": one.points} for one in lab.report],
    }  # fmt: skip
    text = json.dumps(table, ensure_ascii=False, indent=1) + "\n"
    (folder / "pack.json").write_text(text, "utf-8")
    return Made(lab, folder, seed, known)


def copy_grader(target: Path) -> None:
    for name in grader_files():
        _copy(GRADER / name, target / name)


def grader_files() -> list[Path]:
    """The files of tools/grader, and no others that lie there."""
    return [file.relative_to(GRADER) for file in sorted(GRADER.rglob("*"))
            if file.suffix in (".py", ".cpp", ".json") and "__pycache__" not in file.parts]


def _known(part: LabPart, seed: int, index: Index, steps: Steps) -> Known:
    steps.step(part.exercise.id)
    return Known(part, seed, index)


def _part(part: LabPart, built: Units, known: Known, index: Index,
          steps: Steps) -> dict[str, Any]:  # fmt: skip
    exercise = part.exercise
    allowed = {word for name, text in (*known.reference.items(), *known.starter.items())
               for word in rules.words(name, text)}  # fmt: skip
    return {
        "exercise": exercise.id, "name": exercise.title,
        "points": part.points, "hidden_points": part.hidden_points,
        "private_points": part.private_points,
        "files": built.files, "inner": exercise.inner,
        "sources": built.sources, "program": built.program, "own": built.own,
        "tests": known.expected.names, "counted": known.expected.counted,
        "hidden": known.expected.hidden, "private": known.expected.private,
        "allowed": sorted(allowed),
        "ideas": _ideas(known, index, steps), "limits": LIMITS,
    }  # fmt: skip


def _ideas(known: Known, index: Index, steps: Steps) -> list[dict[str, Any]]:
    """How the tests fail with each mutant that the judge tells apart."""
    found = []
    for mutant in known.exercise.mutants:
        steps.step(mutant.name)
        with alone(known.exercise):
            got = judge.judge_mutant(known.exercise, mutant, index, patient())
        failing = [o for o in got.outcomes if o.status != "passed"]
        if got.verdict == judge.RED and failing:
            found.append({"mutant": mutant.name,
                          "marks": sorted([o.test, o.status] for o in failing),
                          "said": ideas.digest([(o.test, o.message) for o in failing]),
                          "help": mutant.help})
    return found


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
