# SPDX-License-Identifier: Apache-2.0
"""One mutant before its judges: the compiler, then one test program after the other.

The first that notices ends it. A test that fails must fail again: one that failed once and then
passes has a reason of its own, and goes on as if it had passed.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from learn.mutants import running
from learn.mutants.bench import Bench, Program
from learn.mutants.draw import Mutant
from learn.mutants.patch import Patch, Refused

KILLED, SURVIVED, REFUSED = "killed", "survived", "does not compile"
BY_LOCKS = "thread-safety"  # Clang's annotations, which the preset clang makes errors
# What a sanitizer's bench is asked about; the rest is not its business.
TSAN_OPERATORS = ("remove lock", "memory order")


@dataclass
class Verdict:
    """What became of a mutant."""

    state: str
    by: str = ""  # test, stress, model, thread-safety, asan, tsan
    program: str = ""
    test: str = ""
    how: str = ""  # failed, crashed, hangs
    model: bool = False  # a model test kills it, whatever else does

    def as_dict(self) -> dict:
        return asdict(self)


@dataclass
class Judge:
    """The bench, and how long each test takes on the real library."""

    bench: Bench
    usual: dict[str, dict[str, float]]  # program -> test -> seconds

    def judge(self, mutant: Mutant, place: Path, hint: tuple[str, str] = ("", "")) -> Verdict:
        """`hint`: the program and the test that killed it on an earlier tree."""
        patch = Patch(self.bench, place, mutant.file, mutant.text(self.bench.root))
        patch.write()
        try:
            return self._judged(patch, mutant, hint)
        except Refused as problem:
            if problem.by_locks:
                return Verdict(KILLED, BY_LOCKS, how="refused")
            return Verdict(REFUSED, how=str(problem)[:300])
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _judged(self, patch: Patch, mutant: Mutant, hint: tuple[str, str]) -> Verdict:
        order = self.order(patch, mutant.folder)
        first = self.bench.programs.get(hint[0])
        if first and first in order and first.kind != "model":
            models = [program for program in order if program.kind == "model"]
            for program, only in [*((model, "*") for model in models[:1]), (first, hint[1])]:
                verdict = self._killed(patch, program, only)
                if verdict:
                    return verdict
        for program in order:
            verdict = self._killed(patch, program)
            if verdict:
                return verdict
        return Verdict(SURVIVED)

    def order(self, patch: Patch, folder: str) -> list[Program]:
        """Those that the file went into: model tests of the changed code itself, the folder's
        own, and then the rest, what is made fastest first."""
        file = patch.file

        def rank(program: Program) -> tuple:
            own = program.folder == folder
            instance = bool(self.bench.affected(file, program.objects))
            models = program.kind == "model"
            place = 0 if own and models and instance else 1 if own and not models else 2
            return (place, len(patch.anew(program)) if place == 2 else 0,
                    program.kind == "stress", sum(self.usual.get(program.name, {}).values()))

        return sorted(filter(patch.touches, self.bench.programs.values()), key=rank)

    def _killed(self, patch: Patch, program: Program, only: str = "*") -> Verdict | None:
        usual = self.usual.get(program.name, {})
        made, environment = patch.make(program), patch.environment()
        done = running.run(made, environment, usual, only)
        if not done.how:
            return None
        by = program.kind if self.bench.variant == "plain" else self.bench.variant
        verdict = Verdict(KILLED, by, program.name, done.failed, done.how,
                          program.kind == "model")  # fmt: skip
        if done.how == "hangs" or "." not in done.failed:
            return verdict
        for _ in range(running.ATTEMPTS):
            if running.run(made, environment, usual, done.failed).how:
                return verdict
        rest = f"{only}-{done.failed}" if "-" not in only else f"{only}:{done.failed}"
        return self._killed(patch, program, rest)
