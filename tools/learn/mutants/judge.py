# SPDX-License-Identifier: Apache-2.0
"""One mutant before its judges: the compiler, then one test program after the other.

The first that notices ends it. A test that fails must fail again, and pass on the real library:
one that does not has a reason of its own, and the judging goes on as if it had passed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from learn.mutants import running
from learn.mutants.bench import Bench, Program
from learn.mutants.draw import Mutant
from learn.mutants.patch import Patch, Refused

KILLED, SURVIVED, REFUSED = "killed", "survived", "does not compile"
BY_LOCKS = "thread-safety"  # Clang's annotations, which the preset clang makes errors
# Faults that only two threads can show: ThreadSanitizer is asked, and every stress test.
RACES = ("remove lock", "memory order")


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
    usual: Callable[[str], dict[str, float]]  # of a program: test -> seconds. Raises Unsound

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
        order = self.order(patch, mutant)
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

    def order(self, patch: Patch, mutant: Mutant) -> list[Program]:
        """Model tests of the changed code, the folder's own tests, those of the others, what is
        made fastest first, and then the stress tests: the folder's own, and all for a race.

        A model test calls nothing of a layer: it is asked only about what it compiles itself."""
        races = mutant.operator in RACES

        def instance(program: Program) -> bool:
            return bool(self.bench.affected(patch.file, program.objects))

        def judges(program: Program) -> bool:
            own = program.folder == mutant.folder
            if program.kind == "model":
                return instance(program)
            return patch.touches(program) and (program.kind == "test" or own or races)

        def rank(program: Program) -> tuple:
            own = program.folder == mutant.folder
            kind = ("model", "test", "stress").index(program.kind)
            place = 2 if not own and kind < 2 else (0, 1, 3)[kind]
            return (place, not own, len(patch.anew(program)) if not own else 0,
                    len(program.objects), program.name)  # fmt: skip

        return sorted(filter(judges, self.bench.programs.values()), key=rank)

    def _killed(self, patch: Patch, program: Program, only: str = "*") -> Verdict | None:
        usual = self.usual(program.name)
        made, environment = patch.make(program), patch.environment()
        done = running.run(made, environment, usual, only)
        if not done.how:
            return None
        by = program.kind if self.bench.variant == "plain" else self.bench.variant
        verdict = Verdict(KILLED, by, program.name, done.failed, done.how,
                          program.kind == "model")  # fmt: skip
        if "." not in done.failed or self._is_sure(done, made, environment, usual, program):
            return verdict
        rest = f"{only}-{done.failed}" if "-" not in only else f"{only}:{done.failed}"
        return self._killed(patch, program, rest)

    def _is_sure(self, done: running.Run, made: Path, environment: dict[str, str],
                 usual: dict[str, float], program: Program) -> bool:  # fmt: skip
        """The test fails once more with the mutant, and passes without: else the machine or
        another program made it fail."""
        real = self.bench.home / "bin" / program.name
        if running.run(real, dict(os.environ), usual, done.failed).how:
            return False
        return done.how == "hangs" or any(
            running.run(made, environment, usual, done.failed).how
            for _ in range(running.ATTEMPTS))  # fmt: skip
