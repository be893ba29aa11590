# SPDX-License-Identifier: Apache-2.0
"""A learner at work: prepare once, then a verdict for every save."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from learn.exercise import answers, compiler, explore, guards, judge, sanitizer, tests, workspace
from learn.exercise.judge import Verdict
from learn.exercise.model import Exercise, ExerciseError
from learn.exercise.objects import prune
from learn.exercise.tests import Outcome
from learn.exercise.toolchain import DoesNotCompile
from learn.exercise.tree import write_files
from learn.say import language, say

_DEBOUNCE_MS, _STEP_MS = 60, 20  # an editor writes a file in several steps


def prepare(exercise: Exercise) -> float:
    """Compiles the library, the tests and the known wrong ideas; the seconds it took."""
    began = time.monotonic()
    if exercise.kind == "explore":
        explore.remembered(exercise)
        return time.monotonic() - began
    judge.patterns(exercise)
    if workspace.is_started(exercise):
        verdict_on_yours(exercise)
    prune(judge.STORE)
    return time.monotonic() - began


def verdict_of(exercise: Exercise) -> Verdict:
    """What the tests say of the learner's files now."""
    workspace.need_started(exercise)
    workspace.remember_current(exercise)
    verdict = _answered(exercise) if exercise.kind == "explore" else verdict_on_yours(exercise)
    if verdict.verdict == judge.GREEN:
        workspace.record_green(exercise)
        return verdict
    if not verdict.failing or exercise.kind == "explore":
        return verdict
    return judge.recognised(exercise, verdict, judge.patterns(exercise))


def _answered(exercise: Exercise) -> Verdict:
    sheet = workspace.handed_in(exercise)[answers.FILE]
    return explore.verdict(exercise, sheet, explore.remembered(exercise), language())


def verdict_on_yours(exercise: Exercise, variant: str = "plain") -> Verdict:
    """On the files that are cut and on no other: what else lies there is not looked at."""
    handed_in = _handed_in(exercise)
    files = workspace.handed_in(exercise)
    if handed_in.is_dir():
        for old in [f for f in handed_in.rglob("*") if f.is_file()]:
            if str(old.relative_to(handed_in)) not in files:
                old.unlink()
    write_files(handed_in, files)
    return judge.judge(exercise, handed_in, "yours", shown=workspace.folder(exercise),
                       variant=variant)  # fmt: skip


def _handed_in(exercise: Exercise) -> Path:
    """Where the judge finds the learner's files, and no other."""
    return judge.STORE / exercise.id / "yours"


@dataclass(frozen=True)
class Closer:
    """What the sanitizers saw, and which of the folder's own tests fail. Both are empty
    when that is nothing."""

    clean: bool
    sentences: list[str]
    broken: list[Outcome] = field(default_factory=list)


def wants_a_closer_look(exercise: Exercise, verdict: Verdict) -> bool:
    """Green may hide a memory error; a crash has a place that only a sanitizer can name."""
    if exercise.kind == "explore":
        return False
    crashed = any(o.status == tests.CRASHED and not o.is_hole for o in verdict.outcomes)
    return verdict.verdict == judge.GREEN or crashed


def look_closer(exercise: Exercise) -> Closer:
    """The learner's files once more, under AddressSanitizer and UBSan, and then in the
    folder's own tests. Green is taken back when the tests pass only by luck, or when
    something else is broken."""
    verdict = verdict_on_yours(exercise, "asan")
    if verdict.verdict == judge.GREEN:
        return _guarded(exercise)
    workspace.record(exercise, green=False)
    folder = workspace.folder(exercise)
    found = [sanitizer.finding(o.message, folder) for o in verdict.outcomes]
    sentences = dict.fromkeys(one.sentence() for one in found if one)
    return Closer(False, list(sentences))


def _guarded(exercise: Exercise) -> Closer:
    folder = workspace.folder(exercise)
    try:
        broken = guards.failing(exercise, _handed_in(exercise), folder)
    except DoesNotCompile as problem:  # another part of the library uses what was changed
        said = "\n".join(compiler.lines(str(problem), folder))
        broken = [Outcome(say("exercise.rest_of_the_library"), tests.FAILED, said)]
    if broken:
        workspace.record(exercise, green=False)
    return Closer(not broken, [], broken)


def verdicts(exercise: Exercise, begin: Callable[[], None] = lambda: None) -> Iterator[Verdict]:
    """One verdict at once, then one for each save, until interrupted. `begin` is called
    before each."""
    from watchfiles import watch

    folder = workspace.need_started(exercise)
    begin()
    yield verdict_of(exercise)
    for _ in watch(folder, debounce=_DEBOUNCE_MS, step=_STEP_MS, raise_interrupt=False):
        begin()
        try:
            yield verdict_of(exercise)
        except ExerciseError as problem:  # a file is gone; an editor may be replacing it
            yield Verdict(judge.COMPILER, compiler=str(problem))
