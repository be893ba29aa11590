# SPDX-License-Identifier: Apache-2.0
"""Runs a test program; every expected test gets a status, whatever the code does.

    passed failed     harness.cpp told so, with the word of this run
    crashed           the process ended in it
    timeout           it did not end in time
    not_run           the rest: it was never told to have ended

What ends the process hides nothing: the program is started again without the tests that
have had their turn. Three tests may use up their time; then the rest is not run.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import signal
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grader import run
from grader.pack import Fault, Limits
from grader.run import MB, Ended, Place
from grader.words import say

PASSED, FAILED, CRASHED, TIMEOUT, NOT_RUN = "passed", "failed", "crashed", "timeout", "not_run"
WORD = 32  # bytes
TIMEOUTS_MAX = 3
STARTS_MAX = 60
MESSAGE_MAX = 4000
_TIME = re.compile(r"[0-9]{1,9}\Z")  # milliseconds


@dataclass(frozen=True)
class Result:
    name: str
    status: str
    ms: int = 0
    message: str = ""


@dataclass(frozen=True)
class Outcome:
    """The expected tests in their order; `note`: what went wrong outside of any test."""

    results: list[Result]
    note: str = ""
    timeout: bool = False


class Forged(Exception):
    """The channel had something that the harness has not written."""


def run_tests(program: Path, expected: list[str], limits: Limits, job: Path,
              env: dict[str, str]) -> Outcome:  # fmt: skip
    """`expected`: by name; what else the program runs does not count."""
    digest = _digest(program)
    found: dict[str, Result] = {}
    note, timeouts = "", 0
    for _ in range(STARTS_MAX):
        left = [name for name in expected if name not in found]
        if not left or timeouts >= TIMEOUTS_MAX:
            break
        if _digest(program) != digest:
            return Outcome(_all(expected, {}), say("changed"))
        word = os.urandom(WORD)
        ended = _start(program, left, limits, job, env, word)
        try:
            told, current = _read(ended.frames, word, set(left))
        except Forged:
            return Outcome(_all(expected, {}), say("forged"))
        found.update((result.name, result) for result in told)
        timeouts += ended.why == "time"
        if current:
            status = TIMEOUT if ended.why == "time" else CRASHED
            found[current] = Result(current, status, 0, _reason(ended))
        elif ended.why or ended.status not in (0, 1) or not told:
            note = note or _reason(ended)
            if not told:
                break
    return Outcome(_all(expected, found), note, timeouts > 0)


def _all(expected: list[str], found: dict[str, Result]) -> list[Result]:
    return [found.get(name, Result(name, NOT_RUN)) for name in expected]


def _start(program: Path, names: list[str], limits: Limits, job: Path, env: dict[str, str],
           word: bytes) -> Ended:  # fmt: skip
    """In a folder of its own that is empty. Of the pack and the job it sees the binary."""
    with tempfile.TemporaryDirectory(prefix="run-", dir=job) as folder:
        cell = Path(folder)
        run.give(cell)
        most = run.Limits(limits.seconds * run.patience(), limits.memory_mb * MB, limits.processes,
                          limits.output_mb * MB, limits.file_mb * MB, 4 * limits.file_mb)
        command = [str(program), f"--gtest_filter={':'.join(names)}", "--gtest_color=no"]
        place = Place(cell, [program.parent], [job / "mine", job / "build", *_hidden(env)])
        seen = {key: text for key, text in env.items() if key != "PACK"}
        return run.run(command, most, place, seen, word)


def _hidden(env: dict[str, str]) -> list[Path]:
    """The pack, unless it is one of the folders that are empty anyway."""
    return [Path(env["PACK"])] if env.get("PACK") else []


def _read(frames: bytes, word: bytes, expected: set[str]) -> tuple[list[Result], str]:
    """The tests that have ended, and the one that had begun when the frames stopped."""
    results: list[Result] = []
    current, place = "", 0
    while place < len(frames):
        head = frames[place : place + WORD + 4]
        if not word.startswith(head[:WORD]):
            raise Forged
        if len(head) < WORD + 4:
            break
        size = struct.unpack("<I", head[WORD:])[0]
        body = frames[place + WORD + 4 : place + WORD + 4 + size]
        if len(body) < size:
            break
        place += WORD + 4 + size
        kind, *told = body.decode("utf-8", "replace").split("\0", 4)
        if (kind, len(told)) == ("S", 1) and told[0] and not current:
            current = told[0]
        elif (kind, len(told)) == ("E", 4) and told[0] == current != "" and _TIME.match(told[2]):
            name, status, ms, message = told
            results.append(Result(name, status, int(ms), message[:MESSAGE_MAX]))
            current = ""
        else:
            raise Forged
    names = [result.name for result in results]
    known = {PASSED, FAILED, NOT_RUN}
    if len(set(names)) < len(names) or not {result.status for result in results} <= known:
        raise Forged
    return ([result for result in results if result.name in expected],
            current if current in expected else "")  # fmt: skip


def _reason(ended: Ended) -> str:
    """Why the process ended, and the end of what it has printed."""
    if ended.why:
        said = say(ended.why)
    elif ended.status is not None and ended.status < 0:
        said = say("signal", name=signal.Signals(-ended.status).name)
    else:
        said = say("status", status=ended.status)
    return f"{said}\n{ended.output[-1500:]}".strip()


def _digest(program: Path) -> str:
    return hashlib.sha256(program.read_bytes()).hexdigest()


def sane(program: Path, job: Path, limits: Limits) -> None:
    """A test that must pass: else the machine is wrong, and no submission."""
    outcome = run_tests(program, ["Sane.Is"], dataclasses.replace(limits, seconds=60.0), job, {})
    if [result.status for result in outcome.results] != [PASSED]:
        raise Fault(f"not even a sound test passes here: {outcome.note or outcome.results}")
