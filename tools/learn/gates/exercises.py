# SPDX-License-Identifier: Apache-2.0
"""Every exercise proves itself.

The starter is red; the real source is green, under the sanitizers too; every
known wrong idea is killed by the test that it names and helps in both
languages; and a verdict comes soon after an edit. Outcomes are remembered by
content, the speed never is.
"""

from __future__ import annotations

from pathlib import Path

from learn import paths
from learn.exercise import catalogue, cut, judge, speed
from learn.exercise.judge import Verdict
from learn.exercise.model import LANGUAGES, Exercise, ExerciseError, Mutant
from learn.exercise.objects import VARIANTS, NoCompiler
from learn.exercise.tests import NothingRan
from learn.exercise.tree import write_files
from learn.gate import GateResult, Problem, blocked, verdict
from learn.index import Index
from learn.index.symbol import IndexUnavailable

P50_S, P95_S = 2.0, 3.0
COUNTED = ("exercises", "starters_red", "solutions_green", "mutants", "killed", "helped")


def run(options: object) -> GateResult:
    """The gate over the whole tree."""
    return prove(paths.ROOT)


def prove(
    root: Path, variants: tuple[str, ...] = tuple(VARIANTS), timed: bool = True
) -> GateResult:
    """The gate over any tree; `variants` of flags that the real source must pass."""
    figures = dict.fromkeys(COUNTED, 0)
    problems: list[Problem] = []
    try:
        exercises = catalogue.load_all(root)
        index = cut.index_of(root)
        for exercise in exercises:
            problems += _exercise(exercise, index, variants, figures)
        if timed and exercises and not problems:
            problems += _speed(exercises[0], figures)
    except ExerciseError as broken:
        problems.append(Problem("exercises", 0, str(broken), ""))
    except (NoCompiler, IndexUnavailable) as missing:
        return blocked("exercises", str(missing), "./learn doctor")
    if not problems and not exercises:
        problems.append(Problem("exercises", 0, "there is no exercise", "write one"))
    return verdict("exercises", figures, problems)


def _exercise(
    exercise: Exercise, index: Index, variants: tuple[str, ...], figures: dict
) -> list[Problem]:
    figures["exercises"] += 1
    try:
        found = _starter(exercise, index, figures) + _solution(exercise, variants, figures)
        for mutant in exercise.mutants:
            found += _mutant(exercise, mutant, index, figures)
        return found
    except NothingRan as silent:
        words = " ".join(str(silent).split())
        return [_problem(exercise, f"its tests did not start: {words}", "run the program by hand")]


def _starter(exercise: Exercise, index: Index, figures: dict) -> list[Problem]:
    """What `./learn start` hands out must compile, and must fail."""
    home = judge.STORE / exercise.id
    write_files(home / "starter", cut.starter(exercise, index, "en"))
    got = judge.judge(exercise, home / "starter", "starter", remember=True)
    if got.verdict == judge.RED:
        figures["starters_red"] += 1
        return []
    return [_problem(exercise, f"its starter is {got.verdict}, not red {_compiler(got)}".strip(),
                     "let a test call what is cut out, or mend the hole")]  # fmt: skip


def _solution(exercise: Exercise, variants: tuple[str, ...], figures: dict) -> list[Problem]:
    problems = []
    for variant in variants:
        got = judge.judge(exercise, None, "solution", variant=variant, remember=True)
        if got.verdict != judge.GREEN:
            failing = ", ".join(sorted(got.failing)) or _compiler(got)
            text = f"the real source is {got.verdict} ({variant}): {failing}"
            problems.append(_problem(exercise, text, "mend the source or the test"))
    figures["solutions_green"] += not problems
    return problems


def _mutant(exercise: Exercise, mutant: Mutant, index: Index, figures: dict) -> list[Problem]:
    figures["mutants"] += 1
    problems = []
    missing = [language for language in LANGUAGES if not mutant.help.get(language, "").strip()]
    if missing:
        text = f"no help in {' and '.join(missing)}"
        problems.append(Problem(mutant.file, 0, text, "write [help] in both languages"))
    figures["helped"] += not missing
    got = judge.judge_mutant(exercise, mutant, index)
    if mutant.killed_by in got.failing:
        figures["killed"] += 1
        return problems
    tests = {outcome.test for outcome in got.outcomes}
    if got.verdict == judge.COMPILER:
        text, mend = f"does not compile: {_compiler(got)}", "mend its body"
    elif mutant.killed_by not in tests:
        text, mend = f"names no test of the exercise: {mutant.killed_by}", "mend killed_by"
    else:
        others = ", ".join(sorted(got.failing)) or "none"
        text = f"survives {mutant.killed_by}; tests that fail: {others}"
        mend = "strengthen that test, or name the one that kills it"
    return [*problems, Problem(mutant.file, 0, text, mend)]


def _speed(exercise: Exercise, figures: dict) -> list[Problem]:
    """The better of two series, for a neighbour may be busy during one of them."""
    p50, p95 = speed.measure(exercise)
    if p50 > P50_S or p95 > P95_S:
        p50, p95 = min((p50, p95), speed.measure(exercise))
    figures.update(verdict_p50_s=round(p50, 2), verdict_p95_s=round(p95, 2))
    if p50 <= P50_S and p95 <= P95_S:
        return []
    text = f"edit to verdict: p50 {p50:.2f} s of {P50_S} s, p95 {p95:.2f} s of {P95_S} s"
    return [_problem(exercise, text, "free the machine, or build less for a verdict")]


def _problem(exercise: Exercise, text: str, mend: str) -> Problem:
    return Problem(f"exercises/{exercise.id}", 0, text, mend)


def _compiler(got: Verdict) -> str:
    errors = [line for line in got.compiler.splitlines() if "error" in line]
    return errors[0] if errors else ""
