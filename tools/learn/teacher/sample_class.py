# SPDX-License-Identifier: Apache-2.0
"""A class of submissions that nobody wrote: for tests of scale, and to try a lab out.

    PYTHONPATH=tools python -m learn.teacher.sample_class DIR --count 200 [--seed 1] EXERCISE…

Each student's answer to each exercise is one of KINDS, in these shares. What each is
stands in DIR/.sample.json, which no run over the class looks at.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from learn.exercise import catalogue, cut, wild, workspace
from learn.exercise.model import Exercise, Mutant
from learn.exercise.tree import write_files
from learn.index import Index

# Of a hundred answers.
KINDS = {"reference": 30, "mutant": 40, "wild": 15, "starter": 10, "missing": 5}
TRUTH = ".sample.json"


@dataclass(frozen=True)
class Answer:
    student: str
    exercise: str
    kind: str  # one of KINDS
    what: str = ""  # the mutant's name, or the fault


def write(folder: Path, exercises: list[Exercise], count: int, seed: int) -> list[Answer]:
    """Writes the folders of `count` students; the same ones for the same seed."""
    made: list[Answer] = []
    for exercise in exercises:
        index = cut.index_of(exercise.root)
        for answer, files in _answers(exercise, index, count, seed):
            home = folder / answer.student
            home.mkdir(parents=True, exist_ok=True)
            write_files(home / exercise.id, workspace.local(exercise, files))
            made.append(answer)
    text = json.dumps([asdict(answer) for answer in made], ensure_ascii=False, indent=1)
    (folder / TRUTH).write_text(text + "\n", "utf-8")
    return made


def _answers(exercise: Exercise, index: Index, count: int,
             seed: int) -> Iterator[tuple[Answer, dict[str, str]]]:  # fmt: skip
    chosen = random.Random(f"{seed} {exercise.id}")
    kinds = _kinds(chosen, count)
    reference = cut.solution(exercise, index)
    mutants = [mutant for mutant in exercise.mutants if mutant.changes]
    wanted = kinds.count("wild")
    faults = wild.faults([exercise], index, wanted, chosen.randrange(1 << 30)) if wanted else []
    for number, kind in enumerate(kinds, 1):
        student, what = f"student-{number:03}", ""
        files = dict(reference)
        if kind == "wild" and not faults:
            kind = "mutant"  # of a build, or there are fewer faults than students
        if kind == "mutant":
            mutant: Mutant = chosen.choice(mutants)
            what = mutant.name
            files |= cut.mutated(exercise, mutant, index)
        elif kind == "wild":
            fault = faults.pop()
            what = str(fault)
            files |= cut.mutated(exercise, fault.mutant(number), index)
        elif kind == "starter":
            files = cut.starter(exercise, index, chosen.choice(("en", "zh")))
        elif kind == "missing":
            files = {}
        yield Answer(student, exercise.id, kind, what), files


def _kinds(chosen: random.Random, count: int) -> list[str]:
    """Each kind at least once where there are students enough."""
    kinds = [kind for kind, share in KINDS.items()
             for _ in range(max(1, count * share // 100))][:count]  # fmt: skip
    kinds += ["mutant"] * (count - len(kinds))
    chosen.shuffle(kinds)
    return kinds


def main() -> None:
    given = argparse.ArgumentParser(prog="sample_class")
    given.add_argument("folder", type=Path)
    given.add_argument("exercises", nargs="+")
    given.add_argument("--count", type=int, default=200)
    given.add_argument("--seed", type=int, default=1)
    asked = given.parse_args()
    exercises = [catalogue.find(name) for name in asked.exercises]
    made = write(asked.folder, exercises, asked.count, asked.seed)
    print(f"{asked.folder}: {len(made)} answers")


if __name__ == "__main__":
    main()
