# SPDX-License-Identifier: Apache-2.0
"""What the rounds say: medians, and ratios to the raw epoll loop of the same round."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median

from learn.race.plan import Workload
from learn.race.rounds import Round, Sample
from learn.race.servers import RAW, RAW_AGAIN


@dataclass(frozen=True)
class Row:
    """A server under a workload. Ratios: above 1 is better than the raw loop."""

    server: str
    conns: int
    bytes: int
    work_us: int
    idle: int
    depth: int
    throughput: float  # requests a second, to raw's
    cpu: float  # raw's CPU time a request, to this server's
    cpu_low: float  # of the rounds
    cpu_high: float
    requests_per_s: float
    cpu_us: float  # a request
    p50_us: float
    p99_us: float
    p999_us: float
    foreign: float  # cores that others used, at the worst

    def is_at(self, workload: Workload) -> bool:
        mine = (self.conns, self.bytes, self.work_us, self.idle, self.depth)
        return mine == tuple(asdict(workload).values())


def rows(workload: Workload, rounds: list[Round]) -> list[Row]:
    return [row(workload, rounds, name) for name in rounds[0]]


def row(workload: Workload, rounds: list[Round], server: str) -> Row:
    samples = [one[server] for one in rounds]
    cpu = [one[RAW].cpu_per_request / one[server].cpu_per_request for one in rounds]
    rate = [one[server].rate / one[RAW].rate for one in rounds]
    return Row(
        server, **asdict(workload),
        throughput=round(median(rate), 3), cpu=round(median(cpu), 3),
        cpu_low=round(min(cpu), 3), cpu_high=round(max(cpu), 3),
        requests_per_s=middle(samples, "rate"), cpu_us=middle(samples, "cpu_per_request"),
        p50_us=middle(samples, "p50_us"), p99_us=middle(samples, "p99_us"),
        p999_us=middle(samples, "p999_us"),
        foreign=max(sample.foreign for sample in samples),
    )  # fmt: skip


def middle(samples: list[Sample], name: str) -> float:
    return round(median(getattr(sample, name) for sample in samples), 3)


def noise(found: list[Row]) -> float:
    """How far the raw loop was from itself, at the worst, in CPU time a request."""
    return max((abs(1 - one.cpu) for one in found if one.server == RAW_AGAIN), default=0.0)
