# SPDX-License-Identifier: Apache-2.0
"""The suite of LinkBuffer: random scripts, both drivers, compared call by call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from learn.conformance import differences, minimise
from learn.conformance.compare import END, Verdict, compare
from learn.conformance.scripts import defined, generate
from learn.conformance.suite import Binaries, Difference, Progress, SuiteResult
from learn.run import bounded

SCRIPTS = 5_000
_BATCH = 250      # scripts to one run of the drivers
_OUTPUT = 256 * bounded.MB  # of one batch, which prints about one
_SECONDS = 120.0  # for one batch, which takes less than one
_MOST = 5         # differences to shrink and show; then the suite ends


@dataclass(frozen=True)
class Pair:
    """The two drivers, with their arguments."""

    ours: tuple[str | Path, ...]
    theirs: tuple[str | Path, ...]

    def run(self, scripts: list[list[str]], seeds: list[int]) -> list[tuple[list, list]]:
        """What the two answered to each script, line by line."""
        text = "".join(f"S {seed} {seed % 3 * 2500}\n" + "\n".join([*script, "E\n"])
                       for script, seed in zip(scripts, seeds, strict=True))
        with ThreadPoolExecutor(2) as both:
            answers = both.map(lambda command: _answers(command, text, len(scripts)),
                               (self.ours, self.theirs))
            return list(zip(*answers, strict=True))


def run(binaries: Binaries, progress: Progress, scripts: int = SCRIPTS) -> SuiteResult:
    """Scripts 1 … `scripts`. Ends early when several have differed."""
    pair = Pair((binaries.ours("linkbuffer"),), (binaries.theirs("linkbuffer"),))
    return compare_all(pair, progress, scripts)


def compare_all(pair: Pair, progress: Progress, scripts: int) -> SuiteResult:
    rows = differences.load("linkbuffer")
    result = SuiteResult()
    with ThreadPoolExecutor(2) as pool:
        batches = pool.map(lambda seeds: _batch(pair, rows, seeds), _batches(scripts))
        for cases, operations, documented, failed in batches:
            result.cases += cases
            result.operations += operations
            result.documented += documented
            result.differences += [_explain(pair, rows, *seed_and_verdict)
                                   for seed_and_verdict in failed[:_MOST - len(result.differences)]]
            progress(result.cases, scripts)
            if len(result.differences) >= _MOST:
                pool.shutdown(wait=True, cancel_futures=True)
                break
    return result


def _batches(scripts: int) -> Iterator[range]:
    for first in range(1, scripts + 1, _BATCH):
        yield range(first, min(first + _BATCH, scripts + 1))


def _batch(pair: Pair, rows: list[differences.Row], seeds: range) -> tuple:
    """(cases, operations, documented, [(seed, verdict) that failed]) of one run."""
    scripts = [generate(seed) for seed in seeds]
    documented: Counter[str] = Counter()
    failed = []
    for seed, script, (ours, theirs) in zip(seeds, scripts, pair.run(scripts, seeds), strict=True):
        if [] in (ours, theirs):  # a driver has crashed before; that one is counted
            break
        if ours != theirs:
            verdict = compare(script, ours, theirs, rows)
            documented += verdict.documented
            if verdict.where is not None:
                failed.append((seed, verdict))
    return len(scripts), sum(map(len, scripts)), documented, failed


def _explain(pair: Pair, rows: list[differences.Row], seed: int, seen: Verdict) -> Difference:
    """The smallest script that still differs, with both answers."""
    def verdicts(scripts: list[list[str]]) -> list[Verdict]:
        runs = pair.run(scripts, [seed] * len(scripts))
        return [compare(script, *run, rows) for script, run in zip(scripts, runs, strict=True)]

    def fails(scripts: list[list[str]]) -> list[bool]:
        return [verdict.where is not None and defined(script)
                for script, verdict in zip(scripts, verdicts(scripts), strict=True)]

    script, case = generate(seed), f"seed {seed}"
    if not fails([script])[0]:  # an earlier script has broken the process's memory
        first = (seed - 1) // _BATCH * _BATCH + 1
        case = f"seed {seed}, only with the others of {first}–{first + _BATCH - 1} in one process"
    else:
        script = minimise.minimise(script, fails)
        seen = verdicts([script])[0]
    return Difference(case, [*script, *END][seen.where or 0], seen.ours, seen.theirs,
                      "; ".join(script))


def _answers(command: tuple, text: str, count: int) -> list[list[str]]:
    """A driver's lines, script by script; a last line tells of a crash."""
    limits = replace(bounded.OURS, seconds=_SECONDS, output=_OUTPUT)
    done = bounded.run(command, limits, stdin=text.encode(), apart=True)
    status = done.status if not done.why else "timeout" if done.why == "time" else done.why
    answers, lines = [], []
    for line in done.output.splitlines():
        lines.append(line)
        if line.startswith("E "):
            answers.append(lines)
            lines = []
    if len(answers) == count and status != 0:
        answers[-1].append(f"driver ended: {status}")
    elif len(answers) != count:
        answers.append([*lines, f"driver ended: {status}"])
    return (answers + [[]] * count)[:count]
