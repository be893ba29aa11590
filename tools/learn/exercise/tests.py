# SPDX-License-Identifier: Apache-2.0
"""Runs a GoogleTest program; every test gets a verdict, whatever the code does.

GoogleTest writes its results into a file when all tests have ended; that file
is believed, not what was printed, for a learner's own prints may stand there.
A test that ends the process leaves no such file: then the printed text says how
far the program came, that test is marked, and the program is started again
without the tests that have had their turn: a crash hides nothing. But what one
test has waited for in vain the others need not wait for as long: tests that wait
read in PATIENCE whether one has. One time limit for all; when most of it is gone
at a crash, or a test does not end, the rest is told as not run. A program that
fails after its last test (a leak, say) is not green.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from learn.exercise import stacks
from learn.run import bounded
from learn.run.bounded import Ended, Limits
from learn.say import say

TIME_LIMIT_S = bounded.LEARNER.seconds
STARTS_MAX = 60
CRASHES_SHARE = 0.6  # of the time limit: a crash later than that is the last
PATIENCE = "LEARN_PATIENCE"  # a file: tests/support/patience.h
KEPT = 4000  # characters of what a test printed, from either end
AFTER = "(after the last test)"

PASSED, FAILED, CRASHED, TIMED_OUT = "passed", "failed", "crashed", "timeout"
NOT_RUN = "not_run"  # because of a test before it
BAD = (FAILED, CRASHED, TIMED_OUT)

# GoogleTest's lines. The printed text before one may lack its line end.
RUN = re.compile(r"\[ RUN      \] (\S+)\n")
END = r"\[  (     OK|FAILED ) \] {}(?:\n|, where|$)"
HOLE = re.compile(r": fill in (\w+)")  # what an empty place says: cut.py, explore.py
PLACE = re.compile(r"^(\S+:\d+)\n")


@dataclass(frozen=True)
class Outcome:
    test: str  # "Suite.Name"
    status: str
    message: str = ""
    stood: tuple[str, ...] = ()  # `file:line (function)`, when the process was ended

    @property
    def is_hole(self) -> bool:
        """It came to a hole that is not filled: it tells nothing of what is."""
        return HOLE.search(self.message) is not None


class NothingRan(Exception):
    """The program ended without running a test."""


def run(program: Path, limits: Limits = bounded.LEARNER, env: dict[str, str] | None = None,
        own: str = "") -> list[Outcome]:  # fmt: skip
    """The outcome of each test; none runs after one that does not end in time. `env`: what
    the program finds in its environment besides ours. `own`: how the names of a learner's
    files begin."""
    with tempfile.TemporaryDirectory(prefix="learn-patience-") as folder:
        shared = {PATIENCE: os.path.join(folder, "spent"), **(env or {})}
        return _every(program, limits, shared, own)


def _every(program: Path, limits: Limits, env: dict[str, str], own: str) -> list[Outcome]:
    outcomes: list[Outcome] = []
    began = time.monotonic()
    for _ in range(STARTS_MAX):
        left = max(0.1, limits.seconds - (time.monotonic() - began))
        ended, results = _start(program, outcomes, replace(limits, seconds=left), env)
        if results is not None:
            return [*outcomes, *_finished(results, ended)]
        new, current = _read(stacks.without(ended.output))
        outcomes += new
        if current is None:
            if not outcomes:
                raise NothingRan(ended.output[-2000:] or bounded.how(ended.status))
            return [*outcomes, Outcome(AFTER, CRASHED, _reason(ended))]
        name, said = current
        stood = () if HOLE.search(said) else tuple(stacks.places(ended.output, program, own))
        if ended.why == "time":
            outcomes.append(Outcome(name, TIMED_OUT, said, stood))
            break
        reason = _reason(ended) if ended.why or not said else ""
        told = "\n".join(filter(None, (reason, said)))
        outcomes.append(Outcome(name, CRASHED, told, stood[-1:]))
        if time.monotonic() - began > CRASHES_SHARE * limits.seconds:
            break
    return outcomes + _not_run(program, outcomes, limits)


def _not_run(program: Path, done: list[Outcome], limits: Limits) -> list[Outcome]:
    """The tests that have had no turn, as the program lists them."""
    quick = replace(limits, seconds=min(5.0, limits.seconds))
    ended = bounded.run([program, "--gtest_list_tests"], quick, cwd=program.parent)
    had = {outcome.test for outcome in done}
    listed, suite = [], ""
    for line in ended.output.splitlines():
        name = line.split("#")[0].rstrip()
        if name.startswith("  "):
            listed.append(suite + name.strip())
        elif name.endswith("."):
            suite = name
    return [Outcome(name, NOT_RUN) for name in listed if name not in had]


def _start(program: Path, done: list[Outcome], limits: Limits,
           env: dict[str, str]) -> tuple[Ended, list[dict] | None]:  # fmt: skip
    """How the program ended, and GoogleTest's own results when it came to its end."""
    skip = f"--gtest_filter=-{':'.join(o.test for o in done)}" if done else "--gtest_filter=*"
    with tempfile.TemporaryDirectory(prefix="learn-tests-") as folder:
        file = Path(folder, "results.json")
        command = [program, skip, "--gtest_color=no", "--gtest_print_time=0",
                   f"--gtest_output=json:{file}"]
        ended = bounded.run(
            command, limits, cwd=program.parent,
            env={**os.environ, "TSAN_OPTIONS": "halt_on_error=1 abort_on_error=1",
                 stacks.AFTER: str(max(1, int(limits.seconds - 1))), **env},
        )  # fmt: skip
        # An assertion begins with the program's name, which says nothing to a learner.
        ended = replace(ended, output=ended.output.replace(f"{program.name}: ", ""))
        try:
            suites = json.loads(file.read_text("utf-8", "replace"))["testsuites"]
        except (OSError, ValueError, KeyError):
            return ended, None
    ended = replace(ended, output=stacks.without(ended.output))
    return ended, [test for suite in suites for test in suite["testsuite"]
                   if test.get("status") == "RUN"]  # fmt: skip


def _finished(results: list[dict], ended: Ended) -> list[Outcome]:
    """The outcomes of a program that ran all its tests, and what came after them."""
    outcomes = [_outcome(test, ended.output) for test in results]
    failed = any(outcome.status != PASSED for outcome in outcomes)
    if ended.why or ended.status not in (0, 1) or (ended.status and not failed):
        status = TIMED_OUT if ended.why == "time" else CRASHED
        after = ended.output.rpartition("[  PASSED  ]")[2].partition("\n")[2]
        outcomes.append(Outcome(AFTER, status, _words(after) or _reason(ended)))
    return outcomes


def _outcome(test: dict, output: str) -> Outcome:
    name = f"{test['classname']}.{test['name']}"
    if not test.get("failures"):
        return Outcome(name, PASSED)
    told = [PLACE.sub(r"\1: Failure\n", f["failure"]) for f in test["failures"]]
    printed = output.partition(f"[ RUN      ] {name}\n")[2]
    if match := re.search(END.format(re.escape(name)), printed):
        printed = printed[: match.start()]  # a learner's own prints help a learner
    whole = all(failure.split("\n", 1)[0] in printed for failure in told)
    return Outcome(name, FAILED, _words(printed if whole else "\n".join(told)))


def _read(output: str) -> tuple[list[Outcome], tuple[str, str] | None]:
    """Of a program that broke off: the finished tests, and the one that did not finish."""
    outcomes: list[Outcome] = []
    starts = list(RUN.finditer(output))
    for number, start in enumerate(starts):
        last = number + 1 == len(starts)
        said = output[start.end() : None if last else starts[number + 1].start()]
        end = re.search(END.format(re.escape(start[1])), said)
        if end:
            failed = "OK" not in end[1]
            words = _words(said[: end.start()]) if failed else ""
            outcomes.append(Outcome(start[1], FAILED if failed else PASSED, words))
        elif last:
            return outcomes, (start[1], _words(said))
    return outcomes, None


def _reason(ended: Ended) -> str:
    """Why it ended: the limit that it met, or its exit status."""
    return say(f"exercise.limit_{ended.why}") if ended.why else bounded.how(ended.status)


def _words(text: str) -> str:
    """Without empty lines; of a very long text the beginning and the end."""
    if len(text) > 2 * KEPT:
        text = f"{text[:KEPT]}\n…\n{text[-KEPT:]}"
    return "\n".join(line for line in text.splitlines() if line.strip())
