# SPDX-License-Identifier: Apache-2.0
"""A learner at work: prepare once, then a verdict for every save."""

from __future__ import annotations

import time
from collections.abc import Iterator

from learn.exercise import judge, workspace
from learn.exercise.judge import Verdict
from learn.exercise.model import Exercise, ExerciseError
from learn.exercise.objects import prune
from learn.exercise.tree import write_files

_DEBOUNCE_MS, _STEP_MS = 60, 20  # an editor writes a file in several steps


def prepare(exercise: Exercise) -> float:
    """Compiles the library, the tests and the known wrong ideas; the seconds it took."""
    began = time.monotonic()
    judge.patterns(exercise)
    if workspace.is_started(exercise):
        verdict_on_yours(exercise)
    prune(judge.STORE)
    return time.monotonic() - began


def verdict_of(exercise: Exercise) -> Verdict:
    """What the tests say of the learner's files now."""
    workspace.need_started(exercise)
    verdict = verdict_on_yours(exercise)
    if verdict.verdict == judge.GREEN:
        workspace.record(exercise, green=True)
        return verdict
    if not verdict.failing:
        return verdict
    return judge.recognised(exercise, verdict, judge.patterns(exercise))


def verdict_on_yours(exercise: Exercise) -> Verdict:
    """On the files that have holes and on no other: what else lies there is not looked at."""
    handed_in = judge.STORE / exercise.id / "yours"
    files = workspace.handed_in(exercise)
    if handed_in.is_dir():
        for old in [f for f in handed_in.rglob("*") if f.is_file()]:
            if str(old.relative_to(handed_in)) not in files:
                old.unlink()
    write_files(handed_in, files)
    return judge.judge(exercise, handed_in, "yours", shown=workspace.folder(exercise))


def verdicts(exercise: Exercise) -> Iterator[Verdict]:
    """One verdict at once, then one for each save, until interrupted."""
    from watchfiles import watch

    folder = workspace.need_started(exercise)
    yield verdict_of(exercise)
    for _ in watch(folder, debounce=_DEBOUNCE_MS, step=_STEP_MS, raise_interrupt=False):
        try:
            yield verdict_of(exercise)
        except ExerciseError as problem:  # a file is gone; an editor may be replacing it
            yield Verdict(judge.COMPILER, compiler=str(problem))
