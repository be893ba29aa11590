# SPDX-License-Identifier: Apache-2.0
"""What a pack must answer, as the project's own judge says: which tests there are, which
of them the starter passes, and what known answers get.

The judge builds with another compiler and reads its results in another way than the
grader. Where the two agree on every mark, neither of them has made it up.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass

from grader import score, tests
from learn.exercise import cut, judge
from learn.exercise.judge import Verdict
from learn.exercise.model import Exercise, ExerciseError, Mutant
from learn.exercise.tree import write_files
from learn.index import Index
from learn.teacher.lab import Lab, LabPart

REFERENCE, STARTER = "reference", "starter"
PROVED = 2  # mutants of each lab


_LOCKS: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def alone(exercise: Exercise) -> threading.Lock:
    """For the judge, who keeps one program of each name: two packs may ask him at once."""
    return _LOCKS[exercise.id]


@dataclass(frozen=True)
class Expected:
    """Of one part. `names` and `hidden` are all tests, `counted` those that bring marks."""

    names: list[str]
    counted: list[str]
    hidden: list[str]


@dataclass(frozen=True)
class Answer:
    """Something that may be handed in, and the points that it must get for each part."""

    name: str
    files: dict[str, dict[str, str]]  # of each exercise, by name from the top of the tree
    tenths: list[int]


class Known:
    """What the judge says of one part, for one seed."""

    def __init__(self, part: LabPart, seed: int, index: Index) -> None:
        self.part, self.seed, self.index = part, seed, index
        self.exercise: Exercise = part.exercise
        self.reference = cut.solution(self.exercise, index)
        self.starter = cut.starter(self.exercise, index, "en")
        right, first = self.judged(REFERENCE, None), self.judged(STARTER, self.starter)
        if right.verdict != judge.GREEN:
            raise ExerciseError(f"exercises/{self.exercise.id}: the real source is "
                                f"{right.verdict} with the hidden tests: "
                                f"{', '.join(sorted(right.failing)) or right.compiler[:300]}")
        own = {outcome.test for outcome in self.judged(REFERENCE, None, hidden=False).outcomes}
        passed = {o.test for o in first.outcomes if o.status == tests.PASSED}
        order = [outcome.test for outcome in right.outcomes]
        self.expected = Expected(
            [name for name in order if name in own],
            [name for name in order if name in own and name not in passed],
            [name for name in order if name not in own and name not in passed])
        if not self.expected.counted:
            raise ExerciseError(f"exercises/{self.exercise.id}: its starter passes every test")
        if part.hidden and not self.expected.hidden:
            raise ExerciseError(f"exercises/{self.exercise.id}: its starter passes every hidden "
                                "test; ask for what is cut out")

    def judged(self, label: str, files: dict[str, str] | None, hidden: bool = True) -> Verdict:
        """Remembered by content. `files` of None is the real source."""
        overlay = None
        if files is not None:
            overlay = judge.STORE / self.exercise.id / "labs" / label
            write_files(overlay, files)
        more = tuple(self.part.hidden) if hidden else ()
        with alone(self.exercise):
            return judge.judge(self.exercise, overlay, f"lab-{label}{'' if hidden else '-own'}",
                               remember=True, more=more,
                               env={"LAB_SEED": str(self.seed)} if more else {})  # fmt: skip

    def mutated(self, mutant: Mutant) -> dict[str, str]:
        """What one would hand in who has this idea: the real files with it."""
        changed = {**self.reference, **cut.mutated(self.exercise, mutant, self.index)}
        return {name: text for name, text in changed.items() if name in self.reference}

    def may_prove(self, mutant: Mutant) -> bool:
        """Its marks are the same on every machine: no test runs out of time."""
        inside = set(cut.mutated(self.exercise, mutant, self.index)) <= set(self.reference)
        if not inside:
            return False
        got = self.judged(f"mutant-{mutant.name}", self.mutated(mutant))
        return all(outcome.status != tests.TIMEOUT for outcome in got.outcomes)

    def tenths(self, label: str, files: dict[str, str] | None) -> int:
        """The points of an answer, in tenths."""
        passed = [tests.Result(o.test, tests.PASSED) for o in self.judged(label, files).outcomes
                  if o.status == tests.PASSED]  # fmt: skip
        return (score.tenths(self.part.points, passed, self.expected.counted)
                + score.tenths(self.part.hidden_points, passed, self.expected.hidden))

    @property
    def most(self) -> int:
        return 10 * (self.part.points + self.part.hidden_points)


def answers(lab: Lab, known: list[Known]) -> list[Answer]:
    """The reference, the starter, and two mutants: each in one part, the rest is right."""
    right = {one.exercise.id: one.reference for one in known}
    found = [Answer(REFERENCE, right, [one.most for one in known]),
             Answer(STARTER, {one.exercise.id: one.starter for one in known}, [0] * len(known))]
    for place, mutant in _chosen(lab, known):
        one, label = known[place], f"mutant-{mutant.name}"
        files = one.mutated(mutant)
        tenths = [part.most for part in known]
        tenths[place] = one.tenths(label, files)
        found.append(Answer(label, {**right, one.exercise.id: files}, tenths))
    return found


def _chosen(lab: Lab, known: list[Known]) -> list[tuple[int, Mutant]]:
    """The wrong ideas of the lab first; one of each part, as far as there are."""
    named = [idea.mutant for idea in lab.wrong_ideas]
    pools = []
    for place, one in enumerate(known):
        order = sorted(one.exercise.mutants,
                       key=lambda m: f"{one.exercise.id}/{m.name}" not in named)
        pools.append([(place, mutant) for mutant in order])
    found: list[tuple[int, Mutant]] = []
    while len(found) < PROVED and any(pools):
        for pool in pools:
            while pool and len(found) < PROVED:
                place, mutant = pool.pop(0)
                if known[place].may_prove(mutant):
                    found.append((place, mutant))
                    break
    return found
