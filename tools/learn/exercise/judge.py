# SPDX-License-Identifier: Apache-2.0
"""From a tree of sources to a verdict: compile, run, compare with known wrong ideas.

    exit codes    0 green   1 red   2 does not compile   3 did not end in time
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from learn import paths
from learn.exercise import cut, stacks, tests
from learn.exercise.model import Exercise, Mutant
from learn.exercise.objects import Made, Workshop
from learn.exercise.tests import Outcome
from learn.exercise.toolchain import DoesNotCompile
from learn.exercise.tree import Tree, write_file, write_files
from learn.index import Index
from learn.run import bounded
from learn.run.bounded import Limits

GREEN, RED, COMPILER, TIMEOUT = "green", "red", "does_not_compile", "timeout"
EXIT = {GREEN: 0, RED: 1, COMPILER: 2, TIMEOUT: 3}
LIMITS = {"plain": bounded.LEARNER, "asan": bounded.SANITIZED, "tsan": bounded.SANITIZED}
STORE = paths.BUILD / "exercise"


Mark = tuple[str, str, str]  # test, status, words without what differs from run to run


@dataclass(frozen=True)
class Verdict:
    verdict: str
    outcomes: list[Outcome] = field(default_factory=list)
    compiler: str = ""  # what it said
    seconds: float = 0.0
    mutant: Mutant | None = None  # the known wrong idea that fails alike
    warnings: str = ""  # what the compiler said though it went on

    @property
    def exit_code(self) -> int:
        return EXIT[self.verdict]

    @property
    def failing(self) -> frozenset[str]:
        return frozenset(o.test for o in self.outcomes if o.status in tests.BAD)

    @property
    def marks(self) -> frozenset[Mark]:
        """The failing tests, and what each of them said."""
        return frozenset(_mark(o) for o in self.outcomes if o.status in tests.BAD)

    def to_dict(self, exercise: Exercise, language: str) -> dict:
        helping = self.mutant.help.get(language, "") if self.mutant else ""
        return {
            "exercise": exercise.id,
            "verdict": self.verdict,
            "exit": self.exit_code,
            "seconds": round(self.seconds, 3),
            "tests": [asdict(outcome) for outcome in self.outcomes],
            "compiler": self.compiler,
            "mutant": self.mutant.name if self.mutant else None,
            "help": helping,
        }


def judge(exercise: Exercise, overlay: Path | None, label: str, *, shown: Path | None = None,
          variant: str = "plain", remember: bool = False, seconds: float | None = None,
          archives: tuple[Path, ...] = (), more: tuple[str, ...] = (),
          env: dict[str, str] | None = None) -> Verdict:  # fmt: skip
    """The verdict on the tree with the files of `overlay` in it.

    Every file there counts, so it holds only what may be replaced. Messages name
    its files as `shown` has them.

    `remember` takes the outcome of the same objects from an earlier run; never
    for a learner, whose race may show only now. `archives`: the real library as it was
    built with the flags of `variant`, which need not be compiled again. `more`: sources
    of tests beside the exercise's own; `env`: what they find in their environment.
    """
    began = time.monotonic()
    tree = Tree(exercise.root, overlay, shown, exercise.inner)
    limits = LIMITS[variant] if seconds is None else replace(LIMITS[variant], seconds=seconds)
    home = STORE / exercise.id
    program = home / "bin" / f"{label}-{variant}"
    try:
        made, given = _build(exercise, tree, Workshop(STORE, variant, archives), program, more)
    except DoesNotCompile as problem:
        said = tree.as_shown(str(problem))
        return Verdict(COMPILER, compiler=said, seconds=time.monotonic() - began)
    told = "".join(f"-{name}-{text}" for name, text in sorted((env or {}).items()))
    memory = home / "outcomes" / f"{made.key}-{_rules()}{told}.json"
    own = f"{shown}/" if shown else f"{overlay}/" if overlay else ""
    got = _outcomes(program, {**given, **(env or {})}, memory, remember, limits, own)
    outcomes = [replace(one, message=tree.as_shown(one.message)) for one in got]
    return Verdict(colour(outcomes), outcomes, seconds=time.monotonic() - began,
                   warnings=tree.as_shown(made.warnings))  # fmt: skip


def _build(exercise: Exercise, tree: Tree, workshop: Workshop,
           program: Path, more: tuple[str, ...]) -> tuple[Made, dict[str, str]]:  # fmt: skip
    """Makes the tests, and the learner's program if it is one. Returns both as one, and
    what the tests find in their environment."""
    own = [*(str(path.relative_to(exercise.root)) for path in exercise.tests()), *more]
    answer = [name for name in (exercise.own_files if exercise.inner else [])
              if name.endswith(".cpp")]  # fmt: skip
    library = [] if workshop.archives else tree.sources(exercise.folder)
    if not exercise.program:
        return workshop.program(tree, [*library, *answer, *own], program), {}
    theirs = program.with_name(f"{program.name}-program")
    first = workshop.program(tree, [*library, *answer], theirs, tests=False)
    second = workshop.program(tree, [*library, *own], program)
    both = Made(f"{first.key[:32]}{second.key[:32]}", first.warnings + second.warnings)
    return both, {"LEARN_PROGRAM": str(theirs)}


def judge_mutant(exercise: Exercise, mutant: Mutant, index: Index,
                 seconds: float | None = None) -> Verdict:
    """What the tests say of a known wrong idea; remembered by content."""
    overlay = STORE / exercise.id / "mutants" / mutant.name
    changed = cut.mutated(exercise, mutant, index)
    # The files of a build include each other from beside: with one, all of them.
    whole = cut.solution(exercise, index) if exercise.inner else {}
    write_files(overlay, {**whole, **changed})
    return judge(exercise, overlay, f"mutant-{mutant.name}", remember=True, seconds=seconds)


def patterns(exercise: Exercise) -> dict[str, frozenset[Mark]]:
    """{mutant: how the tests fail with it}; quick when nothing has changed."""
    index = cut.index_of(exercise.root)
    return {m.name: judge_mutant(exercise, m, index).marks for m in exercise.mutants}


def recognised(exercise: Exercise, verdict: Verdict, known: dict[str, frozenset[Mark]]) -> Verdict:
    """The verdict with the one mutant that fails the very same tests with the very same
    words. Nobody can know that it is the learner's idea; two that fail alike are none.

    Tests that a hole stops tell nothing yet; they are left out on both sides.
    """
    holes = {o.test for o in verdict.outcomes if o.is_hole}
    mine = _without(verdict.marks, holes)
    alike = [mutant for mutant in exercise.mutants
             if mine and _without(known[mutant.name], holes) == mine]  # fmt: skip
    return replace(verdict, mutant=alike[0]) if len(alike) == 1 else verdict


def _without(marks: frozenset[Mark], holes: set[str]) -> frozenset[Mark]:
    return frozenset(mark for mark in marks if mark[0] not in holes)


def _mark(outcome: Outcome) -> Mark:
    """Addresses differ between two runs; lines and folders between two files. An object
    that GoogleTest cannot print is bytes, and has addresses in it."""
    words = re.sub(r"-byte object <[^>]*>", "-byte object", outcome.message)
    words = re.sub(r"0x[0-9a-fA-F]+", "0x", words)
    words = re.sub(r"\S*/|:\d+\b", "", words)
    return outcome.test, outcome.status, words


def _outcomes(program: Path, env: dict[str, str], memory: Path, remember: bool,
              limits: Limits, own: str) -> list[Outcome]:  # fmt: skip
    if remember and memory.is_file():
        return [Outcome(**entry) for entry in json.loads(memory.read_text("utf-8"))]
    outcomes = tests.run(program, limits, env, own)
    if remember and not any(o.status in (tests.TIMED_OUT, tests.NOT_RUN) for o in outcomes):
        write_file(memory, json.dumps([asdict(o) for o in outcomes], ensure_ascii=False))
    return outcomes


@functools.cache
def _rules() -> str:
    """Of how a program is run and read: what other rules said is not remembered."""
    sources = (Path(module.__file__).read_bytes() for module in (tests, stacks, bounded))
    return hashlib.sha256(b"".join(sources)).hexdigest()[:8]


def colour(outcomes: list[Outcome]) -> str:
    """Green only if every test has passed."""
    if any(o.status == tests.TIMED_OUT for o in outcomes):
        return TIMEOUT
    return GREEN if outcomes and all(o.status == tests.PASSED for o in outcomes) else RED
