# SPDX-License-Identifier: Apache-2.0
"""Judges an explore: measures on this machine, and compares with what was answered.

A question is a test: its outcome is passed or failed, and a wrong answer that is known
brings its help. The right answer is never said before it was given.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import time
from pathlib import Path

from learn import paths
from learn.exercise import answers, judge, tests
from learn.exercise.judge import Verdict
from learn.exercise.model import Exercise, ExerciseError, Question
from learn.exercise.tests import Outcome
from learn.exercise.tree import write_file
from learn.run import bounded, built
from learn.run.bounded import MB, Limits
from learn.run.build import BuildError
from learn.say import say

LIMITS = Limits(seconds=120.0, output=4 * MB, memory=2048 * MB)
MAY_NOT_TRACE = 77


class CannotMeasure(Exception):
    """Not on this machine, or not before the programs are built; says why."""


def verdict(exercise: Exercise, sheet: str, measured: dict[str, str], language: str) -> Verdict:
    """What the measured values say of the learner's sheet."""
    began = time.monotonic()
    try:
        given = answers.read(sheet)
    except answers.Unreadable as problem:
        return Verdict(judge.COMPILER, compiler=f"{answers.FILE}: error: {problem}")
    outcomes = [_outcome(exercise, question, given.get(question.name, ""), measured, language)
                for question in exercise.questions]  # fmt: skip
    return Verdict(judge.colour(outcomes), outcomes, seconds=time.monotonic() - began)


def _outcome(exercise: Exercise, question: Question, answer: str, measured: dict[str, str],
             language: str) -> Outcome:  # fmt: skip
    if not answer:
        return Outcome(question.name, tests.FAILED, f"{answers.FILE}: fill in {question.name}")
    if answers.right(question, answer, measured[question.name]):
        return Outcome(question.name, tests.PASSED)
    if answers.is_number(measured[question.name]) and not answers.is_number(answer):
        return Outcome(question.name, tests.FAILED, say("exercise.want_number", answer=answer))
    said = say("exercise.wrong_answer", answer=answer)
    for mutant in exercise.mutants:
        wrong = measured.get(mutant.answer, mutant.answer)
        if mutant.killed_by == question.name and answers.right(question, answer, wrong):
            said += "\n" + mutant.help[language].strip("\n")
            break
    return Outcome(question.name, tests.FAILED, said)


def remembered(exercise: Exercise) -> dict[str, str]:
    """The values of this machine, measured once as long as nothing has changed."""
    bring_programs(exercise)
    file = judge.STORE / exercise.id / f"measured-{_key(exercise)}.json"
    if file.is_file():
        return json.loads(file.read_text("utf-8"))
    values = measure(exercise)
    write_file(file, json.dumps(values))
    return values


_BUILDING = threading.Lock()


def bring_programs(exercise: Exercise) -> None:
    """Builds what the measure runs, outside its limits; no build when nothing has changed."""
    if not exercise.programs:
        return
    with _BUILDING:
        try:
            built.bring(exercise.preset, *exercise.programs)
        except BuildError as problem:
            raise CannotMeasure(str(problem)) from problem


def measure(exercise: Exercise) -> dict[str, str]:
    """Runs the measure now: {name: value}. The programs must be there: bring_programs()."""
    script = exercise.directory / exercise.measure
    command = [sys.executable, script] if script.suffix == ".py" else ["bash", script]
    ended = bounded.run(command, LIMITS, cwd=exercise.root,
                        env={**os.environ, "PYTHONPATH": str(paths.TOOLS)})  # fmt: skip
    if ended.status == MAY_NOT_TRACE:
        raise CannotMeasure(say("exercise.may_not_trace"))
    lines = [line.split(maxsplit=1) for line in ended.output.splitlines()]
    values = {line[0]: line[1] for line in lines if len(line) == 2}
    lacking = [q.name for q in exercise.questions if q.name not in values]
    if ended.why or ended.status or lacking:
        how = ended.why or bounded.how(ended.status)
        told = f"{exercise.measure} ended with {how}; it measured no {', '.join(lacking) or '–'}"
        raise ExerciseError(f"exercises/{exercise.id}: {told}: {ended.output[-500:]}")
    return values


def _program(exercise: Exercise, name: str) -> Path:
    return paths.BUILD / exercise.preset / "bin" / name


def _key(exercise: Exercise) -> str:
    """Of the measure and of the programs that it runs."""
    files = [f for f in sorted(exercise.directory.iterdir()) if f.suffix in (".sh", ".py")]
    marks = [f.read_bytes() for f in files]
    for program in exercise.programs:
        path = _program(exercise, program)
        marks.append(f"{path.stat().st_mtime_ns if path.is_file() else 0}".encode())
    return hashlib.sha256(b"\0".join(marks)).hexdigest()[:16]
