# SPDX-License-Identifier: Apache-2.0
"""Runs a test program, to its end or to the first test that fails or stands still.

A test stands still when it takes many times what it takes on the real library; how long the
whole program takes does not matter, so a busy machine makes no verdict.
"""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from learn.run.bounded import MB, Kept, Limits

LIMITS = Limits(memory=4096 * MB, file=256 * MB, processes=64)
STANDS_STILL_S, TIMES = 20.0, 10.0  # the longer one of this and so many times the usual
ATTEMPTS = 3  # to see a failure again
_LINE = re.compile(r"^\[( RUN      |       OK |  FAILED  |  SKIPPED )\] ([\w./]+)(?:.*\((\d+) ms\))?")


@dataclass
class Run:
    """How it ended: `failed` names the test, `how` is failed, crashed, hangs; empty if green."""

    failed: str = ""
    how: str = ""
    seconds: dict[str, float] = field(default_factory=dict)  # of each test that passed


def run(program: Path, environment: dict[str, str], usual: dict[str, float], only: str = "*") -> Run:
    """`usual` has the seconds of each test on the real library."""
    command = [program, "--gtest_fail_fast", "--gtest_color=no", f"--gtest_filter={only}"]
    folder = Path(environment.get("TMPDIR", "/tmp"))
    with Kept(command, LIMITS, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
              stderr=subprocess.DEVNULL, env=environment, cwd=folder) as kept:  # fmt: skip
        done = _followed(kept, usual)
        if done.how:
            return done
        status = kept.end()
    if status:  # it ended between two tests, or after the last
        return Run(done.failed or "the end of the program", "crashed", done.seconds)
    return Run(seconds=done.seconds)


def _followed(kept: Kept, usual: dict[str, float]) -> Run:
    """Reads what the program says. A test that has begun and never ends is in `failed`."""
    seconds: dict[str, float] = {}
    test, rest = "", b""
    deadline = time.monotonic() + STANDS_STILL_S * 2
    with selectors.DefaultSelector() as selector:
        selector.register(kept.process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                if time.monotonic() >= deadline:
                    return Run(test or "the start of the program", "hangs", seconds)
                continue
            more = os.read(kept.process.stdout.fileno(), 1 << 16)
            if not more:
                return Run(test, "crashed" if test else "", seconds)
            *lines, rest = (rest + more).split(b"\n")
            for line in lines:
                match = _LINE.match(line.decode("utf-8", "replace"))
                if not match:
                    continue
                kind = match[1].strip()
                if kind == "FAILED" and match[2] == test:
                    return Run(test, "failed", seconds)
                test = match[2] if kind == "RUN" else ""
                if kind == "OK":
                    seconds[match[2]] = int(match[3] or 0) / 1000
                limit = max(STANDS_STILL_S, TIMES * usual.get(test, 0.0))
                deadline = time.monotonic() + limit
