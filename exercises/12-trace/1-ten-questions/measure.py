# SPDX-License-Identifier: Apache-2.0
"""Records one echo on this machine, and counts what the recording tells.

The committed recording is not looked at. Nothing is written but what a build writes.
"""

from __future__ import annotations

import sys

from learn.record.errors import EnvironmentRefuses
from learn.record.runs import Bench

MAY_NOT_TRACE = 77


def main() -> int:
    try:
        steps = Bench.of_project().record("echo")["steps"]
    except EnvironmentRefuses as refused:
        print(refused, file=sys.stderr)
        return MAY_NOT_TRACE
    for name, value in answers(steps).items():
        print(name, value)
    return 0


def answers(steps: list[dict]) -> dict[str, object]:
    """What is asked, and some numbers that are easily taken for it."""
    server = [step for step in steps if step["kind"] in ("call", "syscall")]

    def calls(fn: str) -> list[dict]:
        return [step for step in server if step["fn"] == fn]

    recvs, hand_overs = calls("recv"), calls("GoPool::go")
    controls = [c for c in calls("epoll_ctl") if c["args"]["fd"] == "conn"]
    takes = [step for step in server if step.get("ret") == "hold"]
    gives = [step for step in calls("Lifecycle::decide") if step["ret"] == "nothing"]
    sent = [step for step in steps if step["kind"] == "message" and step["fn"] == "send"]
    return {
        "wakes": len(calls("epoll_wait")),
        "accepts": len(calls("accept4")),
        "recvs": len(recvs),
        "reader": " and ".join(sorted({step["lane"] for step in recvs})),
        "booked": recvs[0]["args"]["size"],
        "taker": takes[0]["lane"],
        "giver": gives[0]["lane"],
        "hand_overs": len(hand_overs),
        "controls": len(controls),
        "closer": calls("close")[0]["lane"],
        "packets": len(sent),
        "received": recvs[0]["ret"],
        "in_and_out": len([c for c in controls if c["args"]["op"] != "MOD"]),
        "without_the_close": len(calls("epoll_wait")) - 1,
    }


sys.exit(main())
