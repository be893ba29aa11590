# SPDX-License-Identifier: Apache-2.0
"""Recording to a trace, and recording again to compare.

    bench = Bench.of_project()       builds the -Og programs, loads the symbol index
    bench.record("echo")             a fresh trace, not written anywhere
    bench.compare("echo", n=3)       n fresh ones against the committed one
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from learn import paths
from learn.gate import Problem
from learn.record import branch, session, trace
from learn.record import scenario as scenarios
from learn.record.errors import EnvironmentRefuses, RecordError
from learn.say import say


@dataclass
class Comparison:
    """How n recordings of one scenario compare."""

    recordings: int = 0
    differing: int = 0
    seconds: float = 0.0
    problems: list[Problem] = field(default_factory=list)


@dataclass
class Bench:
    """What a recording needs: a tree, its programs, its symbol index."""

    root: Path
    index: object
    program: Callable[[str], Path]  # the name of a program -> its -Og build

    @classmethod
    def of_project(cls) -> Bench:
        from learn import index
        from learn.run import build

        @functools.cache
        def built(name: str) -> Path:
            try:
                return build.build("record", name) / name
            except build.BuildError as problem:
                raise RecordError(str(problem), f"build/logs/{problem.log}") from None

        try:
            return cls(paths.ROOT, index.load(), built)
        except index.IndexUnavailable as problem:
            raise EnvironmentRefuses(str(problem), problem.mend) from None

    def record(self, name: str) -> dict:
        scenario = scenarios.load(name, self.root)
        scenario.plan(self.index, self.root)  # a wrong name is found before a long build
        binary = self.program(scenario.program)
        events = session.record(scenario, binary, self.index, self.root)
        base = trace.read(scenario.what_if, self.root) if scenario.what_if else None
        return trace.build(events, scenario, base)

    def compare(self, name: str, n: int) -> Comparison:
        """Against the committed trace, and among themselves; the lines as well."""
        committed = trace.read(name, self.root)
        result = Comparison()
        mend, file = f"./learn record {name}", f"diagrams/traces/{name}.json"
        first, began = None, time.monotonic()
        for k in range(1, n + 1):
            fresh = self.record(name)
            result.recordings = k
            if found := trace.differences(committed, fresh):
                key, against = "record.differs", found
            elif first and (found := trace.differences(first, fresh)):
                key, against = "record.differs_among", found
            else:
                against = []
            first = first or fresh
            if against:
                result.differing += 1
                what = "; ".join(text for _, text in against)
                result.problems.append(Problem(file, 0, say(key, k=k, n=n, what=what), mend))
        result.seconds = (time.monotonic() - began) / n
        if not result.differing:
            stale = trace.moved_lines(committed, first) or trace.stale_lines(committed, self.index)
            result.problems += [Problem(file, 0, what, mend) for what in stale]
            result.problems += [Problem(file, 0, what, mend) for what in self.strays(committed)]
        return result

    def strays(self, committed: dict) -> list[str]:
        """Of a what-if: what it should share with its base, and does not."""
        if "what_if" not in committed:
            return []
        return branch.strays(committed, trace.read(committed["what_if"]["of"], self.root))
