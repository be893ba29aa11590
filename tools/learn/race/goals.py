# SPDX-License-Identifier: Apache-2.0
"""What the library must reach, and whether it does.

A ratio to a peer is taken in CPU time a request. It is met when it falls short
by no more than the raw loop differs from itself at the same workload: closer,
this machine cannot tell.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from learn.race import results
from learn.race.plan import BUSY, LARGE, SMALL, Workload
from learn.race.results import Row
from learn.race.servers import RAW

NEAR_RAW = {"inline": 0.98, "adaptive": 0.98, "pool": 0.95}
AHEAD_OF_NETPOLL = 1.25
OTHERS = ("go gnet", "go evio", "go net", "asio", "libuv", "libevent")


@dataclass(frozen=True)
class Goal:
    goal: str
    want: float
    got: float
    noise: float
    met: bool


def judge(rows: list[Row]) -> list[Goal]:
    """Those that can be judged: both servers ran, under that workload."""
    goals = [_goal(rows, workload, ours, RAW, want)
             for ours, want in NEAR_RAW.items() for workload in SMALL]
    goals += [_goal(rows, workload, ours, RAW, 0.95)
              for ours in NEAR_RAW for workload in LARGE]
    goals.append(_goal(rows, BUSY, "adaptive", RAW, 1.8, "throughput"))
    for ours in ("pool", "adaptive"):
        goals += [_goal(rows, workload, ours, "go netpoll", AHEAD_OF_NETPOLL)
                  for workload in SMALL]
        goals += [_goal(rows, workload, ours, peer, 1.0)
                  for workload in (*SMALL, *LARGE) for peer in OTHERS]
    return [goal for goal in goals if goal]


def _goal(rows: list[Row], workload: Workload, ours: str, peer: str, want: float,
          what: str = "cpu") -> Goal | None:
    here = [row for row in rows if row.is_at(workload)]
    mine = next((row for row in here if row.server == ours), None)
    theirs = next((row for row in here if row.server == peer), None)
    if mine is None or theirs is None:
        return None
    got = getattr(mine, what) / getattr(theirs, what)
    noise = results.noise(here)
    return Goal(f"{ours} {workload.name}: {what} ≥ {want} × {peer}", want, round(got, 3),
                round(noise, 3), got + noise >= want)


def to_json(goals: list[Goal]) -> list[dict]:
    return [asdict(goal) for goal in goals]
