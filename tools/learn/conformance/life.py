# SPDX-License-Identifier: Apache-2.0
"""The life-cycle suite: every situation on both libraries, the logs compared.

    python -m learn.conformance.life CPP GO [--repeat N] [--only TEXT]

plays it by hand: CPP and GO are the folders of the drivers.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from learn.conformance import differences
from learn.conformance.driver import Driver
from learn.conformance.logs import Log, judge, side_by_side
from learn.conformance.situations import SITUATIONS
from learn.conformance.stage import Situation, Stage
from learn.conformance.suite import Binaries, Progress, SuiteResult


def run(binaries: Binaries, progress: Progress) -> SuiteResult:
    """Each situation once. Both drivers at the same time: each has its own peer."""
    ours, theirs = play_both(binaries, SITUATIONS)
    rows = differences.load("life")
    result = SuiteResult()
    for situation in SITUATIONS:
        name = situation.name
        judge(result, rows, name, ours[name], theirs[name])
        progress(result.cases, len(SITUATIONS))
    return result


def play_both(
    binaries: Binaries, situations: Sequence[Situation]
) -> tuple[dict[str, Log], dict[str, Log]]:
    """The logs of our driver and of theirs, by situation."""
    programs = (binaries.ours("life"), binaries.theirs("life"))
    with ThreadPoolExecutor(2) as both:
        ours, theirs = both.map(lambda program: play(program, situations), programs)
    return ours, theirs


def play(program: Path, situations: Sequence[Situation]) -> dict[str, Log]:
    """Each situation's log on one driver. A driver in trouble is replaced."""
    driver = Driver(program)
    used, stages = [driver], []
    for number, situation in enumerate(situations):
        stage = Stage(driver, str(number), situation)
        stages.append(stage)
        stage.play()
        if stage.in_trouble:
            driver.finish()
            driver = Driver(program)
            used.append(driver)
    for one in used:
        one.finish()
    return {stage.situation.name: stage.log() for stage in stages}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cpp", type=Path)
    parser.add_argument("go", type=Path)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    situations = [one for one in SITUATIONS if options.only in one.name]
    rows = differences.load("life")
    result = SuiteResult()
    for _ in range(options.repeat):
        ours, theirs = play_both(Binaries(options.cpp, options.go), situations)
        for name in ours:
            if options.only:
                print(f"{name}\n{side_by_side(ours[name], theirs[name])}\n")
            judge(result, rows, name, ours[name], theirs[name])
    for one in result.differences:
        print(f"{one.case}: {one.text}\n{one.script}\n")
    print(f"{result.cases} cases, {len(result.differences)} differ, {dict(result.documented)}")
    return 1 if result.differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
