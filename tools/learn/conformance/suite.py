# SPDX-License-Identifier: Apache-2.0
"""What each suite of the conformance gate takes and returns.

    def run(binaries: Binaries, progress: Progress) -> SuiteResult

in learn/conformance/<suite>.py. A suite runs the same case against the C++
driver and the Go driver, and puts each case that disagreed into one of two
boxes: `documented` when a row of tests/conformance/differences.toml covers it,
`differences` when none does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

# done, total: called as often as the suite likes.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Binaries:
    """The folders where the drivers are; a suite names its own programs."""

    cpp: Path  # build/release/bin
    go: Path   # build/conformance/bin

    def ours(self, name: str) -> Path:
        """`wire` → build/release/bin/conformance_wire."""
        return self.cpp / f"conformance_{name}"

    def theirs(self, name: str) -> Path:
        """`wire` → build/conformance/bin/wire."""
        return self.go / name


@dataclass(frozen=True)
class Difference:
    """One case on which the two disagree, and no row allows it."""

    case: str    # how to run it again: a seed, or a case's name
    text: str    # one line: what differs
    ours: str
    theirs: str
    script: str = ""  # the smallest input that still shows it


@dataclass
class SuiteResult:
    """What one suite saw; `documented` counts the uses of each row by its id."""

    cases: int = 0
    operations: int = 0
    differences: list[Difference] = field(default_factory=list)
    documented: Counter[str] = field(default_factory=Counter)
