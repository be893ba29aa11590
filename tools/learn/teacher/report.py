# SPDX-License-Identifier: Apache-2.0
"""./learn teacher report: a class on one page of HTML, without network or script.

    DIR/grades/*.json    what the table says
    DIR/STUDENT/…        what is compared by similarity.py

The page is made by Jinja with every value escaped: a student chooses names, messages and
code. A policy in its head forbids scripts and requests as well.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from learn.exercise.model import Exercise
from learn.say import language, say
from learn.teacher import class_answers, similarity
from learn.teacher.class_files import grades
from learn.teacher.similarity import Pair, Span
from learn.teacher.template import render

VERDICTS = ("green", "red", "does_not_compile", "timeout", "missing")
PAIRS = 30  # shown; the rest is counted
TESTS = 3  # that fail most often
AROUND = 1  # lines shown before and after what matches


@dataclass(frozen=True)
class Line:
    number: int
    text: str
    same: bool


@dataclass(frozen=True)
class Excerpt:
    file: str
    lines: list[Line]


@dataclass(frozen=True)
class Shown:
    """A pair as the page shows it: the stretches beside one another."""

    exercise: str
    one: str
    other: str
    shared: int
    percent: int
    regions: list[tuple[Excerpt, Excerpt]]


@dataclass
class Row:
    """One exercise."""

    id: str
    name: str
    graded: int = 0
    green: int = 0
    mean: float = 0.0
    max: float = 0.0
    verdicts: dict[str, int] = field(default_factory=dict)
    idea: str = ""
    idea_count: int = 0
    idea_help: str = ""
    failing: list[tuple[str, int]] = field(default_factory=list)
    minutes: float | None = None  # the median, of `told` students
    told: int = 0
    as_reference: list[str] = field(default_factory=list)  # students

    @property
    def percent(self) -> int:
        return round(100 * self.green / self.graded) if self.graded else 0


@dataclass
class Report:
    labs: list[str]
    students: int
    graded: int
    errors: list[tuple[str, str]]  # student, what the grader said
    mean: float | None
    median: float | None
    max: float
    rows: list[Row]
    pairs: list[Shown] = field(default_factory=list)
    more_pairs: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The figures, for machines; the pairs without their text."""
        return {
            "labs": self.labs, "students": self.students, "graded": self.graded,
            "errors": [student for student, _ in self.errors],
            "mean": self.mean, "median": self.median, "max": self.max,
            "exercises": [
                {"id": row.id, "graded": row.graded, "green": row.green,
                 "mean": round(row.mean, 2), "max": row.max, "verdicts": row.verdicts,
                 "idea": row.idea or None, "idea_count": row.idea_count,
                 "failing": row.failing, "minutes_to_green": row.minutes,
                 "as_reference": row.as_reference} for row in self.rows],
            "pairs": [{"exercise": p.exercise, "students": [p.one, p.other],
                       "shared": p.shared, "percent": p.percent} for p in self.pairs],
            "more_pairs": self.more_pairs,
        }  # fmt: skip


def page(report: Report) -> str:
    return render("report.html", "report", report=report, verdicts=VERDICTS,
                  title=say("report.title", labs=", ".join(report.labs)))  # fmt: skip


def of(folder: Path, find: Callable[[str], Exercise | None] = class_answers.exercise_of) -> Report:
    """`find` knows the exercises of the tree; what it does not know is reported without
    helps, and compared without what was given. Raises ClassError."""
    every = grades(folder)
    fine = [grade for grade in every if grade["status"] == "ok"]
    names: dict[str, str] = {}
    for grade in fine:
        for part in grade["parts"]:
            names.setdefault(part["id"], _name(part))
    scores = [float(grade["score"]) for grade in fine]
    report = Report(
        labs=sorted({str(grade.get("lab", "")) for grade in every}),
        students=len(every), graded=len(fine),
        errors=[(_plain(grade.get("student")), _plain(grade.get("error")))
                for grade in every if grade["status"] != "ok"],
        mean=round(statistics.fmean(scores), 2) if scores else None,
        median=round(statistics.median(scores), 2) if scores else None,
        max=max((float(grade["max"]) for grade in fine), default=0.0),
        rows=[_row(id_, name, fine, folder, find(id_)) for id_, name in sorted(names.items())],
    )  # fmt: skip
    shown: list[tuple[str, Pair]] = []
    for row in report.rows:
        exercise, answers = find(row.id), class_answers.of_class(folder, fine, row.id)
        same = class_answers.same_text(answers, class_answers.reference(exercise))
        row.as_reference = list(map(_plain, same))
        found = similarity.pairs(answers, class_answers.given(exercise))
        shown += [(row.id, pair) for pair in found]
    shown.sort(key=lambda entry: -entry[1].shared)
    report.more_pairs = max(0, len(shown) - PAIRS)
    report.pairs = [_shown(id_, pair) for id_, pair in shown[:PAIRS]]
    return report


def _name(part: dict[str, Any]) -> str:
    names = part.get("name")
    return _plain(names.get(language(), part["id"]) if isinstance(names, dict) else part["id"])


def _plain(text: object) -> str:
    return class_answers.plain(str(text or ""))


def _row(id_: str, name: str, fine: list[dict[str, Any]], folder: Path,
         exercise: Exercise | None) -> Row:  # fmt: skip
    parts = [(grade["student"], part) for grade in fine for part in grade["parts"]
             if part["id"] == id_]  # fmt: skip
    verdicts = Counter(str(part["verdict"]) for _, part in parts)
    ideas = Counter(str(part["idea"]) for _, part in parts if part.get("idea"))
    failing = Counter(str(test["name"]) for _, part in parts if part["verdict"] != "missing"
                      for test in part.get("tests", ()) if test["status"] != "passed")
    times = [class_answers.minutes_to_green(folder, student, id_) for student, _ in parts]
    told = [minutes for minutes in times if minutes is not None]
    idea, count = next(iter(_most(ideas, 1)), ("", 0))
    return Row(
        id=id_, name=name, graded=len(parts), green=verdicts["green"],
        mean=statistics.fmean(float(part["score"]) for _, part in parts),
        max=max(float(part["max"]) for _, part in parts),
        verdicts={verdict: verdicts[verdict] for verdict in VERDICTS},
        idea=_plain(idea), idea_count=count, idea_help=_help(exercise, idea),
        failing=[(_plain(test), times) for test, times in _most(failing, TESTS)],
        minutes=round(statistics.median(told), 1) if told else None, told=len(told),
    )  # fmt: skip


def _most(counted: Counter[str], count: int) -> list[tuple[str, int]]:
    """The most frequent, and of equals the first by name: the same in every run."""
    return sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))[:count]


def _help(exercise: Exercise | None, idea: str) -> str:
    mutants = exercise.mutants if exercise else []
    return next((one.help.get(language(), "") for one in mutants if one.name == idea), "")


def _shown(id_: str, pair: Pair) -> Shown:
    regions = [(_excerpt(pair.one.files, one), _excerpt(pair.other.files, other))
               for one, other in pair.regions]
    return Shown(id_, _plain(pair.one.student), _plain(pair.other.student), pair.shared,
                 round(100 * pair.share), regions)  # fmt: skip


def _excerpt(files: dict[str, str], span: Span) -> Excerpt:
    lines = files[span.file].split("\n")
    first, last = max(1, span.first - AROUND), min(len(lines), span.last + AROUND)
    return Excerpt(_plain(span.file), [Line(number, lines[number - 1],
                                            span.first <= number <= span.last)
                                       for number in range(first, last + 1)])  # fmt: skip
