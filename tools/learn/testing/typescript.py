# SPDX-License-Identifier: Apache-2.0
"""The part `player`: the types of tools/node/player, then its tests.

tsc's verdict is one test; vitest's are counted from its JUnit file. Without node or
without the packages nothing is known, and that is a failure.
"""

from __future__ import annotations

from learn.paths import LOGS, NODE
from learn.run import progress
from learn.say import say
from learn.setup import node
from learn.site import bundle
from learn.testing.counting import Count, junit
from learn.testing.outcome import Outcome, failed, judged

PLAYER = NODE / "player"
TSC = node.MODULES / "typescript" / "bin" / "tsc"
VITEST = node.MODULES / "vitest" / "vitest.mjs"
LOG = "vitest.log"


def run() -> Outcome:
    try:
        program = bundle.node_program()
    except bundle.NoBundler as problem:
        return failed(str(problem), could_not_run=True)
    if not TSC.is_file() or not VITEST.is_file():
        return failed(say("site.no_node"), could_not_run=True)
    env = node.environment()
    command = [program, TSC, "-p", PLAYER, "--pretty", "false"]
    if progress.run(say("cli.tsc"), command, "tsc.log", env=env, cwd=NODE):
        return failed(say("cli.types_wrong"), "tsc.log")
    report = LOGS / "vitest.xml"
    report.unlink(missing_ok=True)
    command = [
        program,
        VITEST,
        "run",
        "--root",
        PLAYER,
        "--reporter=default",
        "--reporter=junit",
        f"--outputFile.junit={report}",
        "--no-color",
    ]
    status = progress.run(say("cli.vitest"), command, LOG, env=env, cwd=NODE)
    told = judged(status, junit(report), LOG)
    return Outcome(told.count + Count(passed=1), told.reason, told.log)
