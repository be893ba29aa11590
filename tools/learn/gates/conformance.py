# SPDX-License-Identifier: Apache-2.0
"""The library does what netpoll v0.7.0 does, but for the differences on record.

Both are driven by the same input, and each answer is compared. What may differ
is in tests/conformance/differences.toml; a row that was never needed is red too,
since the list would rot otherwise. Without a Go tool chain nothing is compared:
the gate says so and has not passed.
"""

from __future__ import annotations

import importlib
from collections import Counter

from learn import paths
from learn.conformance import differences, originals
from learn.conformance.linkbuffer import SCRIPTS
from learn.conformance.suite import Binaries, Difference, Progress, SuiteResult
from learn.gate import GateResult, Problem, blocked, verdict
from learn.run import build, go
from learn.run.progress import console
from learn.say import say

SUITES = ("linkbuffer", "wire", "life")  # learn/conformance/NAME.py, conformance_NAME, cmd/NAME
_LIST = "tests/conformance/differences.toml"


def run(options: object) -> GateResult:
    """`options.scripts` says how many of LinkBuffer; the other suites are fixed."""
    scripts = getattr(options, "scripts", 0) or SCRIPTS
    try:
        programs = build.build("release", *(f"conformance_{name}" for name in SUITES))
        binaries = Binaries(programs, originals.build())
    except go.NoGo as missing:
        return blocked("conformance", missing.text, missing.mend)
    except build.BuildError as problem:
        return blocked("conformance", str(problem), "./learn test --only release")
    results = {name: play(name, binaries, scripts) for name in SUITES}
    return judge(results, scripts)


def play(name: str, binaries: Binaries, scripts: int) -> SuiteResult:
    suite = importlib.import_module(f"learn.conformance.{name}")
    more = {"scripts": scripts} if name == "linkbuffer" else {}
    with console.status(name) as status:
        return suite.run(binaries, shown(name, status), **more)


def shown(name: str, status) -> Progress:
    return lambda done, total: status.update(f"{name} {done}/{total}")


def judge(results: dict[str, SuiteResult], scripts: int) -> GateResult:
    """The figures of all suites, and a problem for each difference."""
    used = sum((result.documented for result in results.values()), Counter())
    unused = [row for row in differences.unused(used) if row.suite in results]
    found = [(name, one) for name, result in results.items() for one in result.differences]
    figures = {
        "scripts": cases(results, "linkbuffer"),
        "operations": sum(result.operations for result in results.values()),
        "differences": len(found),
        "documented_differences": len(used),
        "documented_cases": used.total(),
        "wire_cases": cases(results, "wire"),
        "life_cases": cases(results, "life"),
        "unused_differences": len(unused),
    }
    problems = [problem(name, one) for name, one in found]
    if scripts >= SCRIPTS and not found:  # fewer may miss a rare one
        problems += [Problem(_LIST, line(row.id), say("conformance.unused", id=row.id),
                             say("conformance.unused_mend")) for row in unused]
    return verdict("conformance", figures, problems)


def cases(results: dict[str, SuiteResult], name: str) -> int:
    return results[name].cases if name in results else 0


def problem(suite: str, one: Difference) -> Problem:
    text = say("conformance.differs", suite=suite, case=one.case, text=one.text,
               ours=one.ours, theirs=one.theirs)
    if one.script:
        text += say("conformance.script", script=one.script)
    return Problem("tests/conformance", 0, text, say("conformance.mend"))


def line(row_id: str) -> int:
    """Where the row is."""
    lines = (paths.ROOT / _LIST).read_text().splitlines()
    return next((at for at, text in enumerate(lines, 1) if text == f'id = "{row_id}"'), 0)
