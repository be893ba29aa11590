# SPDX-License-Identifier: Apache-2.0
"""Every exercise proves itself.

The starter is red; the real source is green, under the sanitizers too; every
known wrong idea is killed by the test that it names and helps in both
languages; and a verdict comes soon after an edit. Outcomes are remembered by
content, the speed never is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from learn import paths
from learn.exercise import answers, catalogue, cut, explore, judge, speed
from learn.exercise.judge import Verdict
from learn.exercise.model import LANGUAGES, Exercise, ExerciseError, Mutant
from learn.exercise.tests import NothingRan
from learn.exercise.toolchain import PRESETS, VARIANTS, WORKERS, NoCompiler
from learn.exercise.tree import write_files
from learn.gate import GateResult, Problem, blocked, verdict
from learn.gates import exercises_wild
from learn.index import Index
from learn.index.symbol import IndexUnavailable
from learn.run import build

MUTANTS_LEAST = 5
P50_S, P95_S = 1.5, 3.0
AT_ONCE = 2 * WORKERS
COUNTED = ("exercises", "starters_red", "solutions_green", "mutants", "killed", "helped",
           "told_apart", "from_history")


def run(options: object) -> GateResult:
    """The gate over the whole tree; `options.part`: over some exercises, and not timed;
    `options.wild`: so many faults that nobody designed, instead."""
    part = getattr(options, "part", "") or ""
    if count := getattr(options, "wild", 0):
        return exercises_wild.run(paths.ROOT, part, count)
    return prove(paths.ROOT, timed=not part, part=part)


def prove(
    root: Path, variants: tuple[str, ...] = tuple(VARIANTS), timed: bool = True, part: str = ""
) -> GateResult:
    """The gate over any tree; `variants` of flags that the real source must pass. `part`:
    only the exercises whose id has these letters."""
    figures = dict.fromkeys(COUNTED, 0)
    problems: list[Problem] = []
    try:
        exercises = [e for e in catalogue.load_all(root) if part in e.id]
        problems += [problem for e in exercises for problem in _wanting(e)]
        whole = root == paths.ROOT and not part
        library = {v: _library(v) if whole else () for v in variants}
        for found in _proved(exercises, cut.index_of(root), library):
            problems += found.problems
            figures = {name: count + found.figures[name] for name, count in figures.items()}
        if timed and not problems and (timed_ones := speed.sample(exercises)):
            problems += _speed(timed_ones, figures)
    except ExerciseError as broken:
        problems.append(Problem("exercises", 0, str(broken), ""))
    except build.BuildError as broken:
        problems.append(Problem("exercises", 0, str(broken), f"build/logs/{broken.log}"))
    except (NoCompiler, IndexUnavailable, explore.CannotMeasure) as missing:
        return blocked("exercises", str(missing), "./learn doctor")
    if not problems and not exercises:
        problems.append(Problem("exercises", 0, "there is no exercise", "write one"))
    return verdict("exercises", figures, problems)


Variants = dict[str, tuple[Path, ...]]  # and the library where it is built already


def _library(variant: str) -> tuple[Path, ...]:
    """The real library under the sanitizers: `./learn test` has compiled it anyway."""
    if variant not in PRESETS:
        return ()
    built = build.build(PRESETS[variant], "src/all").parent / "src"
    return tuple(sorted(built.glob("*.a")))


@dataclass
class Found:
    """Of one job: what it counted, and what is wrong."""

    figures: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    fails: dict[str, frozenset] = field(default_factory=dict)  # how a mutant's tests fail


Job = Callable[[], Found]


def _proved(exercises: list[Exercise], index: Index, variants: Variants) -> list[Found]:
    """All jobs. More at once than there are processors, for many a test waits; no more
    compilers than processors (toolchain.py)."""
    jobs = [(exercise, job) for exercise in exercises for job in _jobs(exercise, index, variants)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda job: _done(*job), jobs))
    return [Found(Counter(exercises=len(exercises))), *found, _told_apart(found)]


def _told_apart(found: list[Found]) -> Found:
    """A learner is helped only by the one mutant that fails as he does. Of two that fail
    alike none helps."""
    first: dict[tuple, str] = {}
    alike = Found()
    for file, fails in (pair for one in found for pair in one.fails.items()):
        same = first.setdefault((Path(file).parent, fails), file)
        if fails and same != file:
            text = f"fails just like {Path(same).name}, so neither helps a learner"
            alike.problems.append(Problem(file, 0, text, "write a test that tells them apart"))
        elif fails:
            alike.figures["told_apart"] += 1
    return alike


def _wanting(exercise: Exercise) -> list[Problem]:
    """What a learner would miss, though all that is there is sound."""
    problems = []
    if len(exercise.mutants) < MUTANTS_LEAST:
        text = f"has {len(exercise.mutants)} mutants; learners have {MUTANTS_LEAST} wrong ideas"
        problems.append(_problem(exercise, text, "write mutants/NAME.toml"))
    if exercise.kind != "explore" and not list((exercise.directory / "tests").glob("*.cpp")):
        problems.append(_problem(exercise, "has no test of its own", "write tests/NAME.cpp"))
    for language in LANGUAGES:
        if f"./learn start {exercise.id}" not in exercise.readme(language).read_text("utf-8"):
            text = f"README.{language}.md does not say ./learn start {exercise.id}"
            problems.append(_problem(exercise, text, "write how to begin"))
    return problems


def _done(exercise: Exercise, job: Job) -> Found:
    try:
        return job()
    except NothingRan as silent:
        words = " ".join(str(silent).split())
        return _wrong(exercise, f"its tests did not start: {words}", "run the program by hand")


def _jobs(exercise: Exercise, index: Index, variants: Variants) -> list[Job]:
    if exercise.kind == "explore":
        return [partial(_questions, exercise)]
    return [partial(_solution, exercise, variants), partial(_starter, exercise, index),
            *(partial(_mutant, exercise, mutant, index) for mutant in exercise.mutants)]


def _questions(exercise: Exercise) -> Found:
    """Measured twice: what the first run answers is right in the second one."""
    explore.bring_programs(exercise)
    first, second = explore.measure(exercise), explore.measure(exercise)

    def judged(given: dict[str, str]) -> Verdict:
        return explore.verdict(exercise, answers.filled(exercise, given, "en"), second, "en")

    found = Found()
    nothing = judged({question.name: "" for question in exercise.questions})
    found.figures["starters_red"] += nothing.verdict == judge.RED
    right = judged(first)
    found.figures["solutions_green"] += right.verdict == judge.GREEN
    if right.failing:
        text = f"measured twice, these differ: {', '.join(sorted(right.failing))}"
        mend = "ask for a count, or say how far off is right"
        found.problems.append(_problem(exercise, text, mend))
    for mutant in exercise.mutants:
        wrong = first.get(mutant.answer, mutant.answer)
        _count(mutant, judged({**first, mutant.killed_by: wrong}), found)
        found.fails[mutant.file] = frozenset({(mutant.killed_by, wrong)})
    return found


def _starter(exercise: Exercise, index: Index) -> Found:
    """What `./learn start` hands out must compile, and must fail."""
    home = judge.STORE / exercise.id
    write_files(home / "starter", cut.starter(exercise, index, "en"))
    got = judge.judge(exercise, home / "starter", "starter", remember=True)
    if got.verdict == judge.RED:
        return Found(Counter(starters_red=1))
    text = f"its starter is {got.verdict}, not red {_compiler(got)}".strip()
    return _wrong(exercise, text, "let a test call what is cut out, or mend the hole")


def _solution(exercise: Exercise, variants: Variants) -> Found:
    found = Found()
    for variant, archives in variants.items():
        got = judge.judge(exercise, None, "solution", variant=variant, remember=True,
                          archives=archives)  # fmt: skip
        if got.verdict != judge.GREEN:
            failing = ", ".join(sorted(got.failing)) or _compiler(got)
            text = f"the real source is {got.verdict} ({variant}): {failing}"
            found.problems.append(_problem(exercise, text, "mend the source or the test"))
    found.figures["solutions_green"] += not found.problems
    return found


def _mutant(exercise: Exercise, mutant: Mutant, index: Index) -> Found:
    found = Found()
    got = judge.judge_mutant(exercise, mutant, index)
    _count(mutant, got, found)
    found.fails[mutant.file] = got.marks
    return found


def _count(mutant: Mutant, got: Verdict, found: Found) -> None:
    missing = [language for language in LANGUAGES if not mutant.help.get(language, "").strip()]
    if missing:
        text = f"no help in {' and '.join(missing)}"
        found.problems.append(Problem(mutant.file, 0, text, "write [help] in both languages"))
    killed = mutant.killed_by in got.failing
    found.figures.update(mutants=1, helped=int(not missing), killed=int(killed),
                         from_history=int(bool(mutant.origin)))  # fmt: skip
    if killed:
        return
    tests = {outcome.test for outcome in got.outcomes}
    if got.verdict == judge.COMPILER:
        text, mend = f"does not compile: {_compiler(got)}", "mend its body"
    elif mutant.killed_by not in tests:
        text, mend = f"names no test of the exercise: {mutant.killed_by}", "mend killed_by"
    else:
        others = ", ".join(sorted(got.failing)) or "none"
        text = f"survives {mutant.killed_by}; tests that fail: {others}"
        mend = "strengthen that test, or name the one that kills it"
    found.problems.append(Problem(mutant.file, 0, text, mend))


def _speed(exercises: list[Exercise], figures: dict) -> list[Problem]:
    """The better of two series, for a neighbour may be busy during one of them."""
    p50, p95 = speed.measure(exercises)
    if p50 > P50_S or p95 > P95_S:
        p50, p95 = min((p50, p95), speed.measure(exercises))
    figures.update(verdict_p50_s=round(p50, 2), verdict_p95_s=round(p95, 2))
    if p50 <= P50_S and p95 <= P95_S:
        return []
    text = f"edit to verdict: p50 {p50:.2f} s of {P50_S} s, p95 {p95:.2f} s of {P95_S} s"
    return [_problem(exercises[0], text, "free the machine, or build less for a verdict")]


def _wrong(exercise: Exercise, text: str, mend: str) -> Found:
    return Found(problems=[_problem(exercise, text, mend)])


def _problem(exercise: Exercise, text: str, mend: str) -> Problem:
    return Problem(f"exercises/{exercise.id}", 0, text, mend)


def _compiler(got: Verdict) -> str:
    errors = [line for line in got.compiler.splitlines() if "error" in line]
    return errors[0] if errors else ""
