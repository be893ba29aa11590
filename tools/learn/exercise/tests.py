# SPDX-License-Identifier: Apache-2.0
"""Runs a GoogleTest program; every test gets a verdict, whatever the code does.

A test that ends the process is marked and the program started again without the
tests that have had their turn: a crash hides nothing. One time limit for all.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

TIME_LIMIT_S = 10.0
STARTS_MAX = 60

PASSED, FAILED, CRASHED, TIMED_OUT = "passed", "failed", "crashed", "timeout"

RUN = re.compile(r"^\[ RUN      \] (\S+)")
END = re.compile(r"^\[  (     OK|FAILED ) \] ?(\S+)")


@dataclass(frozen=True)
class Outcome:
    test: str  # "Suite.Name"
    status: str
    message: str = ""


class NothingRan(Exception):
    """The program ended without running a test."""


def run(program: Path, limit: float = TIME_LIMIT_S) -> list[Outcome]:
    """The outcome of each test; stops at the first that does not end in time."""
    outcomes: list[Outcome] = []
    deadline = time.monotonic() + limit
    for _ in range(STARTS_MAX):
        text, status = _start(program, outcomes, deadline - time.monotonic())
        new, unfinished = _read(text)
        outcomes += new
        if unfinished is None:
            if status not in (0, 1):
                raise NothingRan(text[-2000:] or f"exit status {status}")
            return outcomes
        name, said = unfinished
        if status is None:
            return [*outcomes, Outcome(name, TIMED_OUT, said)]
        outcomes.append(Outcome(name, CRASHED, said or _how(status)))
    return outcomes


def _start(program: Path, done: list[Outcome], seconds: float) -> tuple[str, int | None]:
    """All that the program printed, and its exit status; None when its time was up."""
    skip = f"--gtest_filter=-{':'.join(o.test for o in done)}" if done else "--gtest_filter=*"
    command = [str(program), skip, "--gtest_color=no", "--gtest_print_time=0"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True, preexec_fn=_no_core, cwd=program.parent,
        env={**os.environ, "TSAN_OPTIONS": "halt_on_error=1 abort_on_error=1"},
    ) as process:  # fmt: skip
        try:
            out, _ = process.communicate(timeout=max(seconds, 0.1))
            return out.decode("utf-8", "replace"), process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, _ = process.communicate()
            return out.decode("utf-8", "replace"), None


def _no_core() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(text: str) -> tuple[list[Outcome], tuple[str, str] | None]:
    """The finished tests of one run, and the one that did not finish with its words."""
    outcomes: list[Outcome] = []
    current, said = None, []
    for line in text.splitlines():
        if match := RUN.match(line):
            current, said = match[1], []
        elif current and (match := END.match(line)) and match[2].rstrip(",") == current:
            if "OK" in match[1]:
                outcomes.append(Outcome(current, PASSED))
            else:
                outcomes.append(Outcome(current, FAILED, _words(said)))
            current = None
        elif current:
            said.append(line)
    return outcomes, (current, _words(said)) if current else None


def _words(lines: list[str]) -> str:
    return "\n".join(line for line in lines if line.strip())


def _how(status: int) -> str:
    if status < 0:
        return f"ended by {signal.Signals(-status).name}"
    return f"ended with exit status {status}"
