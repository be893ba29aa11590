# SPDX-License-Identifier: Apache-2.0
"""The committed traces are what the programs do: recorded again and compared.

Each scenario is recorded once, so that all of them take one or two minutes. That one
is enough to see a change of the code: it must equal the committed recording. That
a scenario tells the same each time was found out when it was committed, by
`./learn record --verify -n 20`. On a busy machine one in thousands still differs, since
the kernel may report an end in two events instead of one; a change of the code differs
each time. So one that differs is recorded twice more, and both must equal the committed
one; `again` counts how often that was asked. Where gdb may not trace, the gate says so
and has not passed.
"""

from __future__ import annotations

from learn.gate import GateResult, Problem, blocked, verdict
from learn.record import scenario as scenarios
from learn.record.errors import EnvironmentRefuses, RecordError
from learn.record.runs import Bench

RECORDINGS = 1
AGAIN = 2


def run(options: object, bench: Bench | None = None) -> GateResult:
    """`options.recordings` says how often, `bench` what is recorded."""
    n = getattr(options, "recordings", RECORDINGS)
    figures = {"scenarios": 0, "recordings": 0, "differing": 0, "again": 0}
    problems: list[Problem] = []
    try:
        bench = bench or Bench.of_project()
        for name in scenarios.names(bench.root):
            figures["scenarios"] += 1
            try:
                result = bench.compare(name, n)
                if n == 1 and result.differing:
                    figures["again"] += 1
                    result = bench.compare(name, AGAIN)
            except EnvironmentRefuses:
                raise
            except RecordError as error:
                file = f"diagrams/scenarios/{name}.toml"
                problems.append(Problem(file, 0, error.text, error.mend))
                continue
            figures["recordings"] += result.recordings
            figures["differing"] += result.differing
            problems += result.problems
    except RecordError as error:
        return blocked("traces", error.text, error.mend)
    return verdict("traces", figures, problems)
