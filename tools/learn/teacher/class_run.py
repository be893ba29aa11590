# SPDX-License-Identifier: Apache-2.0
"""A class is graded: every submission of a folder, as many at once as there are processors.

    DIR/grades/STUDENT.json     the grade, with `run`: the digests of pack and submission
    DIR/grades/.lock            held by a run; the kernel drops it however the run ends
    DIR/grades/.part/           grade files that are being written

A run may be killed at any moment and started again. A grade whose digests are those of
the pack and of the submission is kept; everything else is graded. A grade file comes
into its place by one rename, so there is never half of one, and a run that is alone in
its folder (the lock) marks nothing twice.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from learn.gate import ENVIRONMENT, GREEN
from learn.run import bounded
from learn.run.bounded import Limits
from learn.say import say
from learn.teacher.class_files import (
    GRADES,
    SCHEMA,
    ClassError,
    Pack,
    Submission,
    grade_file,
    pack_of,
    read_grade,
    submissions,
)

LOCK, PART = ".lock", ".part"
# The grader has limits of its own, a second for each; this is for a grader that hangs.
GRADER = Limits(seconds=1800.0, output=1 << 20)

# Called when a submission is done: its student, the grade, whether it was kept.
Tell = Callable[[str, dict[str, Any], bool], None]


@dataclass
class Result:
    """What a run did. `errors` are faults of the grader or the machine: nobody has a mark
    there, and the next run grades them again."""

    students: int = 0
    graded: int = 0
    kept: int = 0
    errors: list[str] = field(default_factory=list)
    without_submission: list[str] = field(default_factory=list)
    at_once: int = 1
    seconds: float = 0.0
    processor_seconds: float = 0.0  # of each that was graded now, in the mean

    def exit_code(self) -> int:
        return ENVIRONMENT if self.errors else GREEN

    def to_json(self) -> str:
        return json.dumps({"check": "grade", "ok": not self.errors, **asdict(self)},
                          ensure_ascii=False)  # fmt: skip


def run(folder: Path, pack_folder: Path, tell: Tell = lambda *_: None,
        begin: Callable[[int], None] = lambda _: None, at_once: int = 0,
        limits: Limits = GRADER) -> Result:  # fmt: skip
    """Grades what is not graded yet. Raises ClassError before anything is marked."""
    pack = pack_of(pack_folder)
    handed_in = submissions(folder, pack)
    with _alone(folder):
        begin(len(handed_in))
        return _graded(folder, pack, handed_in, tell, at_once or processors(), limits)


def processors() -> int:
    return len(os.sched_getaffinity(0))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other run over this folder goes on; what a killed one has begun is gone."""
    (folder / GRADES).mkdir(exist_ok=True)
    with (folder / GRADES / LOCK).open("w") as lock:
        try:
            # A lock of this process: a child that a killed run has just forked does not have it.
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as problem:
            raise ClassError(say("class.busy", folder=folder)) from problem
        part = folder / GRADES / PART
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        try:
            yield
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _graded(folder: Path, pack: Pack, handed_in: list[Submission], tell: Tell, at_once: int,
            limits: Limits) -> Result:  # fmt: skip
    began = time.monotonic()
    result = Result(students=len(handed_in), at_once=at_once)
    result.without_submission = _without(folder, handed_in)
    waiting = []
    for one in handed_in:
        if grade := _kept(grade_file(folder, one.student), one, pack):
            result.kept += 1
            tell(one.student, grade, True)
        else:
            waiting.append(one)
    if waiting:
        _prepare(pack, limits)
    used = _processor_seconds()
    for student, grade in _each(folder, pack, waiting, at_once, limits):
        result.graded += grade["status"] == "ok"
        result.errors += [student] if grade["status"] != "ok" else []
        tell(student, grade, False)
    result.errors.sort()
    result.seconds = round(time.monotonic() - began, 3)
    each = (_processor_seconds() - used) / max(1, len(waiting))
    result.processor_seconds = round(each, 3)
    return result


def _kept(file: Path, one: Submission, pack: Pack) -> dict[str, Any] | None:
    """The grade of the same files by the same pack. An error is no grade."""
    try:
        grade = read_grade(file)
    except ClassError:
        return None
    same = grade.get("run") == _made_from(one, pack)
    return grade if same and grade["status"] == "ok" else None


def _made_from(one: Submission, pack: Pack) -> dict[str, str]:
    return {"pack": pack.digest, "submission": one.digest}


def _without(folder: Path, handed_in: list[Submission]) -> list[str]:
    """Grade files whose student has no folder any more; they stay where they are."""
    names = {one.student for one in handed_in}
    found = {file.stem for file in (folder / GRADES).glob("*.json")}
    return sorted(name for name in found - names if not name.startswith("."))


def _prepare(pack: Pack, limits: Limits) -> None:
    """Compiles what no submission changes; two runs with one pack do it one after another."""
    lock = os.open(pack.folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = _grader(pack, limits, "--prepare")
    finally:
        os.close(lock)
    if ended.status or ended.why:
        raise ClassError(say("class.not_prepared", why=_last_line(ended)))


def _each(folder: Path, pack: Pack, waiting: list[Submission], at_once: int,
          limits: Limits) -> Iterator[tuple[str, dict[str, Any]]]:  # fmt: skip
    """(student, grade) as they are done; begun in order, stored before they are told."""
    stopped = threading.Event()

    def one(submission: Submission) -> dict[str, Any]:
        grade = _grade(folder, pack, submission, limits)
        if not stopped.is_set():
            _store(folder, submission.student, grade)
        return grade

    started: dict[Future[dict[str, Any]], str] = {}
    pool = ThreadPoolExecutor(at_once)
    try:
        for submission in waiting:
            started[pool.submit(one, submission)] = submission.student
        for done in bounded.each_done(started):
            yield started[done], done.result()
    finally:  # at Ctrl-C or a full disk there is still something to end
        stopped.set()
        pool.shutdown(wait=False, cancel_futures=True)
        bounded.end_all_until(started)


def _grade(folder: Path, pack: Pack, one: Submission, limits: Limits) -> dict[str, Any]:
    """What the grader says of one submission. Whatever goes wrong with the grader itself
    is an error and no mark."""
    out = (folder / GRADES / PART / f"{one.student}.json").resolve()
    ended = _grader(pack, limits, f"--submission={one.place}", f"--student={one.student}",
                    f"--out={out}")  # fmt: skip
    try:
        grade = read_grade(out)
        named = grade.get("student"), grade.get("lab"), grade.get("seed")
        if grade["status"] == "ok" and named != (one.student, pack.lab, pack.seed):
            raise ClassError(say("class.of_another", student=one.student))
    except ClassError as problem:
        said = str(problem) if out.is_file() else _last_line(ended)
        grade = {"schema": SCHEMA, "lab": pack.lab, "student": one.student, "seed": pack.seed,
                 "status": "error", "error": said}  # fmt: skip
    return grade | {"run": _made_from(one, pack)}


def _store(folder: Path, student: str, grade: dict[str, Any]) -> None:
    """Under its name in one step, and on the disk before."""
    part = folder / GRADES / PART / f"{student}.whole"
    with part.open("w", encoding="utf-8") as file:
        file.write(json.dumps(grade, ensure_ascii=False, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, grade_file(folder, student))


def _grader(pack: Pack, limits: Limits, *options: str) -> bounded.Ended:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-B", pack.folder / "grader" / "grade.py", *options]
    return bounded.run(command, limits, env=environment, cwd=pack.folder)


def _last_line(ended: bounded.Ended) -> str:
    lines = ended.output.strip().splitlines()
    return " ".join((lines[-1] if lines else ended.why or bounded.how(ended.status)).split())


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
