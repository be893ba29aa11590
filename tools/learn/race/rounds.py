# SPDX-License-Identifier: Apache-2.0
"""Runs servers under a workload, in rounds A B C A B C.

Ratios are taken within a round, so a machine that gets slower meanwhile makes
all of a round slower. A round in which others used the processors is repeated.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from learn.race import foreign
from learn.race.plan import Plan, Workload
from learn.race.servers import RAW, RAW_AGAIN, Field, Server

FOREIGN_MAX = 0.1  # of one core; others may use so much while a server is measured
REPEATS = 2  # of a round that was disturbed; after that it counts as it is
LIMIT_S = 60.0  # for one server under one workload
GRACE_S = 5.0  # for a server to end


class RaceError(Exception):
    """One line: which server failed, and how."""


@dataclass(frozen=True)
class Sample:
    """One server, one workload, once."""

    requests: int
    all_requests: int  # the warm-up's too
    seconds: float
    cpu_us: float  # of the server
    load_cpu_us: float
    p50_us: float
    p99_us: float
    p999_us: float
    foreign: float = 0.0  # cores that others used

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def cpu_per_request(self) -> float:
        return self.cpu_us / self.requests


Round = dict[str, Sample]
Told = Callable[[str], None]


def run(field: Field, workload: Workload, plan: Plan, tell: Told) -> list[Round]:
    """`tell` hears what runs now."""
    return [_undisturbed(field, workload, plan, tell, f"{number + 1}/{plan.rounds}")
            for number in range(plan.rounds)]


def _undisturbed(field: Field, workload: Workload, plan: Plan, tell: Told, which: str) -> Round:
    for _ in range(REPEATS + 1):
        one = _round(field, workload, plan, tell, which)
        if all(sample.foreign <= FOREIGN_MAX for sample in one.values()):
            break
    return one


def _round(field: Field, workload: Workload, plan: Plan, tell: Told, which: str) -> Round:
    raw = next(server for server in field.servers if server.name == RAW)
    samples = {}
    for server in (*field.servers, replace(raw, name=RAW_AGAIN)):
        tell(f"{workload.name}, {which}: {server.name}")
        samples[server.name] = measure(field, server, workload, plan)
    return samples


def measure(field: Field, server: Server, workload: Workload, plan: Plan) -> Sample:
    """Starts the server, lets the load run, ends the server. Raises RaceError."""
    with serving(server, workload) as where:
        return load(field, server, workload, plan, where)


@contextmanager
def serving(server: Server, workload: Workload) -> Iterator[tuple[str, int]]:
    """(address, process id) of the server while it runs."""
    cores = sorted(os.sched_getaffinity(0))
    theirs = cores if workload.work_us or server.every_core else cores[:1]
    command = [*server.command, "--addr", "127.0.0.1:0", "--work-us", str(workload.work_us)]
    with subprocess.Popen(on(theirs, command), stdout=subprocess.PIPE, text=True) as process:
        try:
            addr = process.stdout.readline().strip().removeprefix("listening on ")
            yield addr, process.pid
        finally:
            end(process)


def end(process: subprocess.Popen) -> None:
    """Asks first: a server may wait for a handler that waits for a peer that is gone."""
    process.terminate()
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()


def load(field: Field, server: Server, workload: Workload, plan: Plan,
         where: tuple[str, int]) -> Sample:
    """One run of the load on a core of its own. Raises RaceError."""
    addr, pid = where
    flags = {"addr": addr, "pid": pid, "connections": workload.conns, "idle": workload.idle,
             "bytes": workload.bytes, "depth": workload.depth, "warmup": plan.warmup,
             "seconds": plan.seconds}
    command = [str(field.load), *(f"--{name}={value}" for name, value in flags.items())]
    busy, began = foreign.busy_seconds(), time.monotonic()
    try:
        done = subprocess.run(on(load_core(), command), capture_output=True, text=True,
                              check=False, timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        raise RaceError(f"{server.name}, {workload.name}: no end after {LIMIT_S:.0f} s") from None
    wall = time.monotonic() - began
    if done.returncode:
        why = done.stderr.strip() or f"exit status {done.returncode}"
        raise RaceError(f"{server.name}, {workload.name}: {why}")
    sample = Sample(**json.loads(done.stdout))
    used = (sample.cpu_us + sample.load_cpu_us) / 1e6 / sample.seconds
    others = (foreign.busy_seconds() - busy) / wall - used
    return replace(sample, foreign=round(max(0.0, others), 3))


def load_core() -> list[int]:
    """The last core; a server that has one core has the first."""
    return sorted(os.sched_getaffinity(0))[-1:]


def on(cores: list[int], command: list[str]) -> list[str]:
    """`command`, on these cores only. taskset is part of every Debian (util-linux)."""
    return ["taskset", "-c", ",".join(map(str, cores)), *command]
