# SPDX-License-Identifier: Apache-2.0
"""Runs a test program, to its end or to the first test that fails or stands still.

A test stands still when it takes many times what it takes on the real library, and none of its
threads waits for the processor; or when it has used the processor for that long. So a busy
machine makes no verdict.
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
STANDS_STILL_S, TIMES = 10.0, 10.0  # the longer one of this and so many times the usual
PATIENCE = 12  # so many times that, at most, for a test that gets no processor
LOOKS, LOOK_S = 10, 0.1
ATTEMPTS = 3  # to see a failure again
_TICK = os.sysconf("SC_CLK_TCK")
_LINE = re.compile(r"^\[( RUN      |       OK |  FAILED  |  SKIPPED )\] ([\w./]+)"
                   r"(?:.*\((\d+) ms\))?")  # fmt: skip


@dataclass
class Run:
    """How it ended: `failed` names the test, `how` is failed, crashed, hangs; empty if green."""

    failed: str = ""
    how: str = ""
    seconds: dict[str, float] = field(default_factory=dict)  # of each test that passed


def run(program: Path, environment: dict[str, str], usual: dict[str, float], only: str = "*",
        stands: float | None = None) -> Run:
    """`usual` has the seconds of each test on the real library; `stands` are those after which
    a test stands still."""
    command = [program, "--gtest_fail_fast", "--gtest_color=no", f"--gtest_filter={only}"]
    folder = Path(environment.get("TMPDIR", "/tmp"))
    with Kept(command, LIMITS, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
              stderr=subprocess.DEVNULL, env=environment, cwd=folder) as kept:  # fmt: skip
        done = _Followed(kept, usual, stands or STANDS_STILL_S).to_the_end()
        if done.how:
            return done
        status = kept.end()
    if status:  # it ended between two tests, or after the last
        return Run(done.failed or "the end of the program", "crashed", done.seconds)
    return Run(seconds=done.seconds)


class _Followed:
    """Reads what the program says, test by test."""

    def __init__(self, kept: Kept, usual: dict[str, float], stands: float) -> None:
        self.process, self.usual, self.stands = kept.process, usual, stands
        self.seconds: dict[str, float] = {}
        self.test = ""
        self._begin()

    def to_the_end(self) -> Run:
        """A test that has begun and never ends is in `failed`."""
        rest = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while True:
                if not selector.select(max(0.1, self.deadline - time.monotonic())):
                    if time.monotonic() >= self.deadline and self._stands_still():
                        return Run(self.test or "the start of the program", "hangs", self.seconds)
                    continue
                more = os.read(self.process.stdout.fileno(), 1 << 16)
                if not more:
                    return Run(self.test, "crashed" if self.test else "", self.seconds)
                *lines, rest = (rest + more).split(b"\n")
                for line in lines:
                    if self._fails(line.decode("utf-8", "replace")):
                        return Run(self.test, "failed", self.seconds)

    def _fails(self, line: str) -> bool:
        match = _LINE.match(line)
        if not match:
            return False
        kind = match[1].strip()
        if kind == "FAILED" and match[2] == self.test:
            return True
        self.test = match[2] if kind == "RUN" else ""
        if kind == "OK":
            self.seconds[match[2]] = int(match[3] or 0) / 1000
        self._begin()
        return False

    def _begin(self) -> None:
        self.limit = max(self.stands, TIMES * self.usual.get(self.test, 0.0))
        self.began = time.monotonic()
        self.deadline = self.began + self.limit
        self.used: float | None = None  # of the processor, when the deadline was first reached

    def _stands_still(self) -> bool:
        """At the deadline. False moves it."""
        if time.monotonic() - self.began >= self.limit * PATIENCE:
            return True
        waits, used = 0, 0.0
        for _ in range(LOOKS):
            used, runnable = threads(self.process.pid)
            waits += runnable
            time.sleep(LOOK_S)
        self.used = used if self.used is None else self.used
        if not waits or used - self.used >= self.limit:
            return True
        self.deadline = time.monotonic() + self.limit / 4
        return False


def threads(top: int) -> tuple[float, bool]:
    """Of all below the process `top`: the seconds of the processor that they have used, and
    whether one of them runs or would if it could."""
    used, runnable, waiting = 0.0, False, [top]
    while waiting:
        pid = waiting.pop()
        try:
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
                fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
                if pid != top:
                    used += (int(fields[11]) + int(fields[12])) / _TICK
                    runnable = runnable or fields[0] == "R"
        except OSError:
            continue  # it has just ended
    return used, runnable
