# SPDX-License-Identifier: Apache-2.0
"""The life-cycle suite: every situation on both libraries, the logs compared."""

from __future__ import annotations

import difflib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from learn.conformance.driver import Driver
from learn.conformance.situations import SITUATIONS
from learn.conformance.stage import Situation, Stage
from learn.conformance.suite import Binaries, Difference, Progress, SuiteResult

Logs = dict[str, list[str]]


def play(program: Path, situations: list[Situation]) -> Logs:
    """Each situation's log on one driver. A driver that died is started anew."""
    driver = Driver(program)
    used, stages = [driver], []
    for number, situation in enumerate(situations):
        if driver.is_dead:
            driver = Driver(program)
            used.append(driver)
        stage = Stage(driver, str(number), situation)
        stages.append(stage)
        stage.play()
        if any(line.lane == "trouble" for line in stage.peer_log):
            driver.finish()
    for one in used:
        one.finish()
    return {stage.situation.name: stage.log() for stage in stages}
