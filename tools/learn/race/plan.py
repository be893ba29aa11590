# SPDX-License-Identifier: Apache-2.0
"""The workloads of the race, and how often each is run."""

from __future__ import annotations

from dataclasses import dataclass

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Workload:
    """`work_us`: the handler is busy so long for each request, and the server may
    use every core. Without work it has one core, and the load has another."""

    conns: int
    bytes: int
    work_us: int = 0
    idle: int = 0  # connections more, which send nothing
    depth: int = 1  # requests in flight on a connection

    @property
    def longer(self) -> float:
        """How much longer than others it is measured: large messages are few."""
        return 3.0 if self.bytes >= MIB else 1.0

    @property
    def name(self) -> str:
        work = f" {self.work_us} µs" if self.work_us else ""
        idle = f" +{self.idle} idle" if self.idle else ""
        depth = f" depth {self.depth}" if self.depth > 1 else ""
        return f"{self.conns}×{size(self.bytes)}{work}{idle}{depth}"


@dataclass(frozen=True)
class Plan:
    """Many short rounds: this kind of machine changes its speed within seconds, and all
    of a round must have one speed."""

    workloads: tuple[Workload, ...]
    rounds: int
    seconds: float  # measured, of each server in each round
    warmup: float


def size(count: int) -> str:
    for unit, name in ((MIB, "MiB"), (KIB, "KiB")):
        if count >= unit and count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count} B"


# The points for which there are goals (goals.py).
SMALL = (Workload(64, 64), Workload(64, KIB), Workload(1000, KIB))
LARGE = (Workload(64, 64 * KIB), Workload(64, MIB))
BUSY = Workload(64, KIB, work_us=50)
AIMS = (*SMALL, *LARGE, BUSY)
MINE = Plan((SMALL[0], SMALL[1], LARGE[0]), rounds=10, seconds=0.1, warmup=0.04)
QUICK = Plan(AIMS, rounds=10, seconds=0.1, warmup=0.04)
FULL = Plan(
    (*AIMS, Workload(1, 64), Workload(1, KIB), Workload(1, 64 * KIB), Workload(1000, 64),
     Workload(1000, 64 * KIB)),
    rounds=20, seconds=0.15, warmup=0.05,
)  # fmt: skip
