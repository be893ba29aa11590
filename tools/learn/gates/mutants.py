# SPDX-License-Identifier: Apache-2.0
"""The mutation score: how many one-line faults of src/ no test notices.

    ./learn check mutants                      the fixed sample of ./learn test
    ./learn check mutants --sample 400         a real measurement; it takes hours
    ./learn check mutants --sample 50 --seed 7

Red: a mutant that nobody noticed and nobody argues; an argument that a test refutes, or whose
line is no longer there.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from learn import paths
from learn.gate import GateResult, Problem, blocked, verdict
from learn.mutants import equivalent, sample
from learn.mutants.draw import Mutant
from learn.mutants.equivalent import Row
from learn.mutants.judge import BY_LOCKS, KILLED
from learn.mutants.patch import CannotCompile
from learn.mutants.sample import Sample, Unsound
from learn.run.build import BuildError
from learn.run.progress import console
from learn.say import say

SAMPLE, SEED = 8, 1
ROWS = "tests/mutants/equivalent.toml"


def run(options: object = None) -> GateResult:
    count = getattr(options, "sample", None) or SAMPLE
    seed = getattr(options, "seed", None) or SEED
    rows = equivalent.load(paths.ROOT)
    try:
        with console.status("mutants") as status:
            done = sample.run(paths.ROOT, count, seed, lambda decided: status.update(
                say("mutants.progress", done=decided, of=count)))  # fmt: skip
    except (BuildError, CannotCompile, Unsound, FileNotFoundError) as problem:
        return blocked("mutants", str(problem), "./learn test --only dev")
    return verdict("mutants", figures(done, rows), sorted([*outdated(paths.ROOT, rows),
                                                           *problems(done, rows)]))


def figures(done: Sample, rows: list[Row]) -> dict:
    verdicts = [done.of(mutant) for mutant in done.mutants]
    killed = [one for one in verdicts if one.state == KILLED]
    by = Counter(one.by for one in killed)
    argued = sum(1 for mutant in done.mutants if _alive(done, mutant) and _row(rows, mutant))
    survived = len(verdicts) - len(killed) - argued
    counted = len(killed) + survived
    return {"planted": len(verdicts), "killed": len(killed), "survived": survived,
            "equivalent": argued, "score": round(100 * len(killed) / counted, 1) if counted else 0,
            "by_test": by["test"], "by_model": by["model"], "by_stress": by["stress"],
            "by_annotations": by[BY_LOCKS], "by_asan": by["asan"], "by_tsan": by["tsan"],
            "by_hang": sum(one.how == "hangs" for one in killed)}  # fmt: skip


def problems(done: Sample, rows: list[Row]) -> list[Problem]:
    found = []
    for mutant in done.mutants:
        row, alive = _row(rows, mutant), _alive(done, mutant)
        if alive and not row:
            found.append(Problem(mutant.file, mutant.line, f"{mutant.operator}: {mutant}",
                                 say("mutants.survived_mend", rows=ROWS)))
        elif row and not alive:
            killer = done.of(mutant).test or done.of(mutant).by
            found.append(Problem(ROWS, row.line, say("mutants.refuted", test=killer),
                                 say("mutants.row_mend")))
    return found


def outdated(root: Path, rows: list[Row]) -> list[Problem]:
    """The rows that apply no more."""
    keys = [(row, equivalent.outdated(row, root)) for row in rows]
    return [Problem(ROWS, row.line, say(f"mutants.{key}", file=row.file, was=row.was),
                    say("mutants.row_mend")) for row, key in keys if key]  # fmt: skip


def by(done: Sample, what: str) -> dict[str, tuple[int, int]]:
    """`folder` or `operator` -> (killed, not killed)."""
    found: dict[str, tuple[int, int]] = {}
    for mutant in done.mutants:
        killed, alive = found.get(getattr(mutant, what), (0, 0))
        is_alive = _alive(done, mutant)
        found[getattr(mutant, what)] = (killed + (not is_alive), alive + is_alive)
    return found


def _alive(done: Sample, mutant: Mutant) -> bool:
    return done.of(mutant).state != KILLED


def _row(rows: list[Row], mutant: Mutant) -> Row | None:
    return next((row for row in rows if row.is_of(mutant)), None)
