# SPDX-License-Identifier: Apache-2.0
"""A learner at work: prepare once, then a verdict for every save."""

from __future__ import annotations

import time
from collections.abc import Iterator

from learn.exercise import judge, workspace
from learn.exercise.judge import Verdict
from learn.exercise.model import Exercise
from learn.exercise.objects import prune

_DEBOUNCE_MS, _STEP_MS = 60, 20  # an editor writes a file in several steps


def prepare(exercise: Exercise) -> float:
    """Compiles the library, the tests and the known wrong ideas; the seconds it took."""
    began = time.monotonic()
    judge.patterns(exercise)
    if workspace.is_started(exercise):
        judge.judge(exercise, workspace.folder(exercise), "yours")
    prune(judge.STORE)
    return time.monotonic() - began


def verdict_of(exercise: Exercise) -> Verdict:
    """What the tests say of the learner's files now."""
    verdict = judge.judge(exercise, workspace.need_started(exercise), "yours")
    if verdict.verdict == judge.GREEN:
        workspace.record(exercise, green=True)
        return verdict
    if not verdict.failing:
        return verdict
    return judge.recognised(exercise, verdict, judge.patterns(exercise))


def verdicts(exercise: Exercise) -> Iterator[Verdict]:
    """One verdict at once, then one for each save, until interrupted."""
    from watchfiles import watch

    folder = workspace.need_started(exercise)
    yield verdict_of(exercise)
    for _ in watch(folder, debounce=_DEBOUNCE_MS, step=_STEP_MS, raise_interrupt=False):
        yield verdict_of(exercise)
