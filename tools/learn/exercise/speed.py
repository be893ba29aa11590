# SPDX-License-Identifier: Apache-2.0
"""How long a learner waits: real edits, the real command, the clock on the wall.

Each cycle writes one of the learner's files anew (a wrong idea or the right
one, never the same text twice) and runs `./learn run` to its end. The learner's
own workspace is not touched.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

from learn import paths
from learn.exercise import cut, judge, workspace
from learn.exercise.model import Exercise, ExerciseError
from learn.exercise.objects import prune
from learn.exercise.tree import write_files
from learn.run import bounded
from learn.run.bounded import Limits

CYCLES = 6


def measure(exercises: list[Exercise], cycles: int = CYCLES) -> tuple[float, float]:
    """(p50, p95) of the seconds from an edit to its verdict, `cycles` for each exercise."""
    seconds: list[float] = []
    for exercise in exercises:
        seconds += _cycles(exercise, cycles)
    prune(judge.STORE)
    seconds.sort()
    return seconds[len(seconds) // 2], seconds[min(len(seconds) - 1, int(len(seconds) * 0.95))]


def sample(exercises: list[Exercise]) -> list[Exercise]:
    """Three that are far apart in the book: of what is compiled and run with a learner's
    file there is little, more, and most."""
    cut_from = [e for e in exercises if e.kind in ("fill", "fix")]
    return [cut_from[len(cut_from) * k // 3] for k in range(min(3, len(cut_from)))]


def _cycles(exercise: Exercise, cycles: int) -> list[float]:
    home = judge.STORE / "speed"
    shutil.rmtree(home, ignore_errors=True)
    right = cut.solution(exercise, cut.index_of(exercise.root))
    write_files(home / exercise.id, workspace.local(exercise, right))
    _verdict(exercise, home)  # compiles what `./learn start` compiles
    seconds = []
    for number, files in enumerate(_edits(exercise, cycles)):
        stamped = {name: f"{text}// edit {number}\n" for name, text in files.items()}
        began = time.monotonic()
        write_files(home / exercise.id, workspace.local(exercise, stamped))
        _verdict(exercise, home)
        seconds.append(time.monotonic() - began)
    shutil.rmtree(home)
    return seconds


def _edits(exercise: Exercise, cycles: int) -> list[dict[str, str]]:
    """One changed file each: the wrong ideas in turn, and the right files between them."""
    index = cut.index_of(exercise.root)
    right = [{name: text} for name, text in cut.solution(exercise, index).items()]
    wrong = [cut.mutated(exercise, mutant, index) for mutant in exercise.mutants]
    pool = [edit for pair in zip(wrong, right * len(wrong), strict=False) for edit in pair] + right
    return [pool[number % len(pool)] for number in range(cycles)]


def _verdict(exercise: Exercise, home: Path) -> None:
    run = bounded.run(
        [sys.executable, "-m", "learn", "run", exercise.id, "--json", "--quick"],
        Limits(seconds=120.0), cwd=exercise.root,
        env={**os.environ, "LEARN_WORKSPACE": str(home), "PYTHONPATH": str(paths.TOOLS)},
    )  # fmt: skip
    if run.status not in (0, 1):
        words = " ".join(run.output.split())[:300]
        raise ExerciseError(f"exercises/{exercise.id}: no verdict while timing: {words}")
