# SPDX-License-Identifier: Apache-2.0
"""What a part of `./learn test` ended with."""

from __future__ import annotations

from dataclasses import dataclass

from learn.say import say
from learn.testing.counting import Count


@dataclass(frozen=True)
class Outcome:
    """What one part ended with; `reason` is empty when it is green."""

    count: Count
    reason: str = ""
    log: str = ""
    could_not_run: bool = False


def failed(reason: str, log: str = "", could_not_run: bool = False) -> Outcome:
    """A part without a test to count is one failure, never none."""
    return Outcome(Count(failed=1), reason, log, could_not_run)


def summed(outcomes: list[Outcome]) -> Outcome:
    """Several runners as one: it is red when one of them is, and shows the log of the first."""
    count = sum((outcome.count for outcome in outcomes), Count())
    red = [outcome for outcome in outcomes if outcome.reason]
    if not red:
        return Outcome(count)
    return Outcome(count, "; ".join(outcome.reason for outcome in red), red[0].log,
                   all(outcome.could_not_run for outcome in red))


def judged(status: int, count: Count, log: str) -> Outcome:
    """A runner that failed without a failed test (a crash, no tests) has failed."""
    if status == 0 and not count.failed and count.passed:
        return Outcome(count)
    reason = say("cli.tests_failed", count=count.failed, log=f"build/logs/{log}")
    if not count.failed:
        reason = say("cli.runner_failed", status=status, log=f"build/logs/{log}")
        count += Count(failed=1)
    return Outcome(count, reason, log)
