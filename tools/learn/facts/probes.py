# SPDX-License-Identifier: Apache-2.0
"""Runs the probes: small Go programs that show what the original does.

Each runs in a process of its own, on loopback only, because a probe may set what
is global in the original, or kill one of its pollers. One that cannot run here
prints "skip: " and why; that is counted and is no fault.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LIMIT = 20  # seconds for one probe; the slowest takes less than one
SKIP = "skip: "


def run(program: Path, names: Iterable[str]) -> dict[str, str]:
    """What each prints, trimmed; how it failed, when it did."""
    names = list(names)
    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(names, pool.map(lambda name: one(program, name), names), strict=True))


def one(program: Path, name: str) -> str:
    try:
        done = subprocess.run([program, name], capture_output=True, text=True, check=False,
                              timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return f"no end after {LIMIT} s"
    if done.returncode:
        return f"{done.stdout}exit status {done.returncode}: {done.stderr.strip()[:300]}"
    return done.stdout.strip()
