# SPDX-License-Identifier: Apache-2.0
"""What a pack must answer, as the project's own judge says: which tests there are, which
of them the starter passes, and what known answers get.

The judge builds with another compiler and reads its results in another way than the
grader. Where the two agree on every mark, neither of them has made it up.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from grader import run as sandbox
from grader import score, tests
from learn.exercise import cut, judge
from learn.exercise.judge import Verdict
from learn.exercise.model import Exercise, ExerciseError, Mutant
from learn.exercise.tree import write_files
from learn.index import Index
from learn.teacher import private
from learn.teacher.lab import Lab, LabPart

REFERENCE, STARTER = "reference", "starter"
OWN, LAB = "own", "lab"  # which tests are run

_LOCKS: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def alone(exercise: Exercise) -> threading.Lock:
    """For the judge, who keeps one program of each name: two packs may ask him at once."""
    return _LOCKS[exercise.id]


def patient() -> float:
    """The seconds of a test program. As the grader has it they are more on a busy machine:
    a test that had no time to run would be taken for one that the starter fails."""
    return (judge.LIMITS["plain"].seconds or 0.0) * sandbox.patience()


@dataclass(frozen=True)
class Expected:
    """Of one part. `names` are all its own tests, `counted` those of them that bring marks,
    `hidden` the lab's, `private` the teacher's own."""

    names: list[str]
    counted: list[str]
    hidden: list[str]
    private: list[str]

    @property
    def bring_marks(self) -> list[str]:
        return [*self.counted, *self.hidden, *self.private]


@dataclass(frozen=True)
class Answer:
    """Something that may be handed in, and the points that it must get for each part."""

    name: str
    files: dict[str, dict[str, str]]  # of each exercise, by name from the top of the tree
    tenths: list[int]
    ideas: list[str | None]  # that the grade must name, in each part


class Known:
    """What the judge says of one part, for one seed."""

    def __init__(self, part: LabPart, seed: int, index: Index) -> None:
        self.part, self.seed, self.index = part, seed, index
        self.exercise: Exercise = part.exercise
        self.reference = cut.solution(self.exercise, index)
        self.starter = cut.starter(self.exercise, index, "en")
        own = {o.test for o in self.judged(REFERENCE, {}, OWN).outcomes}
        right = self._right(self.judged(REFERENCE, {}, LAB))
        lab = {outcome.test for outcome in right.outcomes} - own
        private.collisions(part, sorted(own | lab))
        if part.private:
            right = private.right(part, self.judged(REFERENCE, {}))
        first = self.judged(STARTER, self.starter)
        passed = {o.test for o in first.outcomes if o.status == tests.PASSED}
        order = [outcome.test for outcome in right.outcomes]
        self.expected = Expected(
            [name for name in order if name in own],
            [name for name in order if name in own - passed],
            [name for name in order if name in lab - passed],
            [name for name in order if name not in own | lab])
        self._something_counts(passed)

    def _right(self, said: Verdict) -> Verdict:
        if said.verdict != judge.GREEN:
            raise ExerciseError(f"exercises/{self.exercise.id}: the real source is "
                                f"{said.verdict} with the hidden tests: "
                                f"{', '.join(sorted(said.failing)) or said.compiler[:300]}")
        return said

    def _something_counts(self, passed: set[str]) -> None:
        if not self.expected.counted:
            raise ExerciseError(f"exercises/{self.exercise.id}: its starter passes every test")
        if self.part.hidden and not self.expected.hidden:
            raise ExerciseError(f"exercises/{self.exercise.id}: its starter passes every hidden "
                                "test; ask for what is cut out")
        if self.part.private:
            private.asks_for_something(self.part, self.expected.private, passed)

    def judged(self, label: str, files: dict[str, str], which: str = "") -> Verdict:
        """Remembered by content. `files` stand before the real source's. `which`: OWN for
        the exercise's own tests, LAB for the lab's hidden ones as well; else all."""
        if which == "" and not self.part.private:
            which = LAB
        more = [] if which == OWN else [*self.part.hidden]
        texts = dict(files)
        name = label + {OWN: "-own", LAB: ""}.get(which, "-private")
        overlay = judge.STORE / self.exercise.id / "labs" / name
        if which == "":
            more += self.part.private
            texts |= private.texts(self.part)
            private.without_older(overlay, texts)
        write_files(overlay, texts)
        with alone(self.exercise):
            return judge.judge(self.exercise, overlay if texts else None, f"lab-{name}",
                               remember=True, more=tuple(more), seconds=patient(),
                               env={"LAB_SEED": str(self.seed)} if more else {})  # fmt: skip

    def mutated(self, mutant: Mutant) -> dict[str, str]:
        """What one would hand in who has this idea: the real files with it."""
        changed = {**self.reference, **cut.mutated(self.exercise, mutant, self.index)}
        return {name: text for name, text in changed.items() if name in self.reference}

    def must_prove(self, mutant: Mutant) -> None:
        """Its marks are the same on every machine: no test runs out of time."""
        inside = set(cut.mutated(self.exercise, mutant, self.index)) <= set(self.reference)
        got = self.judged(f"mutant-{mutant.name}", self.mutated(mutant))
        slow = [outcome.test for outcome in got.outcomes if outcome.status == tests.TIMEOUT]
        if not inside or slow:
            why = f"{slow[0]} runs out of time with it" if slow else "it changes another file"
            raise ExerciseError(f"{mutant.file}: as a wrong idea of a lab it proves nothing: "
                                f"{why}; name another one in lab.toml")

    def tenths(self, label: str, files: dict[str, str]) -> int:
        """The points of an answer, in tenths."""
        passed = [tests.Result(o.test, tests.PASSED) for o in self.judged(label, files).outcomes
                  if o.status == tests.PASSED]  # fmt: skip
        return (score.tenths(self.part.points, passed, self.expected.counted)
                + score.tenths(self.part.hidden_points, passed, self.expected.hidden)
                + score.tenths(self.part.private_points, passed, self.expected.private))

    @property
    def most(self) -> int:
        return 10 * self.part.most


def answers(lab: Lab, known: list[Known]) -> list[Answer]:
    """The reference, the starter, and the wrong ideas: each in one part, the rest is
    right."""
    nothing: list[str | None] = [None] * len(known)
    right = {one.exercise.id: one.reference for one in known}
    first = {one.exercise.id: one.starter for one in known}
    found = [Answer(REFERENCE, right, [one.most for one in known], nothing),
             Answer(STARTER, first, [0] * len(known), nothing)]
    for place, mutant in _wrong_ideas(lab, known):
        one, label = known[place], f"mutant-{mutant.name}"
        files = one.mutated(mutant)
        tenths, ideas = [part.most for part in known], [*nothing]
        tenths[place], ideas[place] = one.tenths(label, files), mutant.name
        found.append(Answer(label, {**right, one.exercise.id: files}, tenths, ideas))
    return found


def _wrong_ideas(lab: Lab, known: list[Known]) -> Iterator[tuple[int, Mutant]]:
    for idea in lab.wrong_ideas:
        for place, one in enumerate(known):
            for mutant in one.exercise.mutants:
                if f"{one.exercise.id}/{mutant.name}" == idea.mutant:
                    one.must_prove(mutant)
                    yield place, mutant
