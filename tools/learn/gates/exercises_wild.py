# SPDX-License-Identifier: Apache-2.0
"""`./learn check exercises --wild N`: N faults that nobody designed, judged as a learner's.

What is green is listed: it does the same as the real body, or a test is missing. It is
for authors and not part of `./learn test`, for only a person can tell the two apart.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from learn.exercise import catalogue, cut, guards, judge, wild
from learn.exercise.tests import NothingRan
from learn.exercise.toolchain import WORKERS
from learn.gate import GateResult, Problem

SEED = 1


def run(root: Path, part: str, count: int, seed: int = SEED) -> GateResult:
    index = cut.index_of(root)
    exercises = [e for e in catalogue.load_all(root) if part in e.id]
    faults = wild.faults(exercises, index, count, seed)

    def judged(pair: tuple[int, wild.Wild]) -> str:
        number, fault = pair
        try:
            mutant = fault.mutant(number)
            verdict = judge.judge_mutant(fault.exercise, mutant, index).verdict
            overlay = judge.STORE / fault.exercise.id / "mutants" / mutant.name
            if verdict == judge.GREEN and guards.failing(fault.exercise, overlay):
                return judge.RED  # a learner is told so after green
            return verdict
        except NothingRan:
            return judge.RED

    with ThreadPoolExecutor(WORKERS) as pool:
        verdicts = list(pool.map(judged, enumerate(faults)))
    counts = Counter(verdicts)
    figures = {"made": len(faults), "compiled": len(faults) - counts[judge.COMPILER],
               "refused": counts[judge.RED] + counts[judge.TIMEOUT], "green": counts[judge.GREEN]}
    mend = "if it does not do the same, write the test that it fails"
    problems = [Problem(f"exercises/{fault.exercise.id}", 0, str(fault), mend)
                for fault, verdict in zip(faults, verdicts, strict=True)
                if verdict == judge.GREEN]  # fmt: skip
    return GateResult("exercises", not problems, figures, problems)
