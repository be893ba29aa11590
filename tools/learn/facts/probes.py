# SPDX-License-Identifier: Apache-2.0
"""Runs the probes: small Go programs that show what the original does.

Each runs in a process of its own, on loopback only, because a probe may set what
is global in the original, or kill one of its pollers. One that cannot run here
prints "skip: " and why; that is counted and is no fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from learn.run import bounded

# The slowest probe takes less than a second.
LIMITS = replace(bounded.OURS, seconds=20.0, output=bounded.MB)
SKIP = "skip: "


def run(program: Path, names: Iterable[str]) -> dict[str, str]:
    """What each prints, trimmed; how it failed, when it did."""
    names = list(names)
    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(names, pool.map(lambda name: one(program, name), names), strict=True))


def one(program: Path, name: str) -> str:
    ended = bounded.run([program, name], LIMITS, apart=True)
    if ended.why:
        return f"{ended.output}ended by the limit of {ended.why}"
    if ended.status:
        return f"{ended.output}{bounded.how(ended.status)}: {ended.errors.strip()[:300]}"
    return ended.output.strip()
