# SPDX-License-Identifier: Apache-2.0
"""After green: the folder's own tests, with the learner's files in the library.

An exercise's tests ask for what it is about. The rest of a function that is rewritten
must go on as well, and for that there are tests already: those of its folder. They take
longer than a verdict may, so they run when it is told.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from learn.exercise import judge, tests
from learn.exercise.model import Exercise
from learn.exercise.objects import Workshop
from learn.exercise.tests import Outcome
from learn.exercise.tree import Tree
from learn.run import bounded

# A thousand threads, of which each maps its stack, are one test of gopool.
LIMITS = replace(bounded.SANITIZED, seconds=30.0, output=4 * bounded.MB, processes=2000)
# These take minutes, read a file of the tree, or measure what a program at -O0 has not.
LEFT_OUT = ("stress", "model", "machine", "memory")


def files(exercise: Exercise) -> list[Path]:
    """The sources of the folder's tests that the verdict has not run."""
    if exercise.kind not in ("fill", "fix"):
        return []
    folder = exercise.root / "tests" / exercise.folder
    found = [f for f in sorted(folder.glob("*_test.cpp")) if f not in exercise.tests()]
    return [f for f in found if not any(word in f.stem for word in LEFT_OUT)]


def failing(exercise: Exercise, overlay: Path | None, shown: Path | None = None) -> list[Outcome]:
    """Those that fail; empty: nothing is broken. Raises DoesNotCompile."""
    sources = [str(file.relative_to(exercise.root)) for file in files(exercise)]
    if not sources:
        return []
    tree = Tree(exercise.root, overlay, shown, exercise.inner)
    program = judge.STORE / exercise.id / "bin" / "guards"
    Workshop(judge.STORE).program(tree, [*tree.sources(), *sources], program)
    outcomes = tests.run(program, LIMITS, own=f"{shown}/" if shown else "")
    return [replace(one, message=tree.as_shown(one.message)) for one in outcomes
            if one.status in tests.BAD]  # fmt: skip
