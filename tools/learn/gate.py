# SPDX-License-Identifier: Apache-2.0
"""What every gate returns: a verdict, its figures, and one line for each problem.

    def run(options) -> GateResult      in learn/gates/<name>.py

A gate that could not run has not passed: say so with `blocked()`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

GREEN, RED, USAGE, TIMEOUT, ENVIRONMENT = 0, 1, 2, 3, 4


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong: where, what, and what to do about it."""

    file: str
    line: int
    text: str
    mend: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        head = f"{where}: {self.text}" if where else self.text
        return f"{head} — {self.mend}" if self.mend else head


@dataclass
class GateResult:
    """The verdict of one gate."""

    check: str
    ok: bool
    figures: dict = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    could_not_run: bool = False

    def __post_init__(self) -> None:
        if self.could_not_run:
            self.ok = False

    def exit_code(self) -> int:
        if self.could_not_run:
            return ENVIRONMENT
        return GREEN if self.ok else RED

    def to_json(self) -> str:
        return json.dumps(
            {
                "check": self.check,
                "ok": self.ok,
                "figures": self.figures,
                "problems": [asdict(problem) for problem in self.problems],
            },
            ensure_ascii=False,
        )


def verdict(check: str, figures: dict, problems: list[Problem]) -> GateResult:
    """Green when there is no problem."""
    return GateResult(check, not problems, figures, problems)


def blocked(check: str, text: str, mend: str) -> GateResult:
    """A gate that could not run, and why."""
    return GateResult(check, False, {}, [Problem("", 0, text, mend)], could_not_run=True)
