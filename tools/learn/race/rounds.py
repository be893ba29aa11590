# SPDX-License-Identifier: Apache-2.0
"""Runs servers under a workload, in rounds A B C A B C.

Ratios are taken within a round, so a machine that gets slower meanwhile makes
all of a round slower. All servers live at the same time, and those that have
no load sleep; so a round is short. After HEAT rounds each server is started
anew: two processes of one program differ by where their memory lies. A round in
which others used the processors is repeated.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from learn.race import foreign
from learn.race.plan import Plan, Workload
from learn.race.servers import Field, Server
from learn.say import say

FOREIGN_MAX = 0.1  # of one core; others may use so much while a server is measured
HEAT = 5  # rounds, before every server is started anew
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
Where = tuple[str, int]  # address and process id of a server that runs


@dataclass
class Done:
    """The rounds, each with the same servers, and a line for each server that failed."""

    rounds: list[Round] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class _Late(Exception):
    """The time is over."""


def run(field_: Field, workload: Workload, plan: Plan, tell: Told,
        until: float = math.inf) -> Done:
    """`tell` hears what runs now. A round that `until` cuts off does not count."""
    race = _Race(field_, workload, plan, until)
    with suppress(_Late):
        while race.here and race.left > 0:
            tell(f"{workload.name}, {plan.rounds - race.left + 1}/{plan.rounds}")
            race.heat()
    return race.result()


class _Race:
    """One workload, while its rounds are run."""

    def __init__(self, field_: Field, workload: Workload, plan: Plan, until: float) -> None:
        self.here = list(field_.servers)
        self.left = plan.rounds
        self._may_repeat = plan.rounds
        self._load, self._workload, self._plan, self._until = field_.load, workload, plan, until
        self._done = Done()

    def heat(self) -> None:
        """A few rounds, of servers that are started for them."""
        with ExitStack() as stack:
            where = {one.name: stack.enter_context(serving(one, self._workload))
                     for one in self.here}
            for _ in range(min(HEAT, self.left)):
                self._keep(self._round(where))

    def result(self) -> Done:
        """A server that has failed in one round is in none."""
        names = [server.name for server in self.here]
        rounds = [{name: one[name] for name in names} for one in self._done.rounds]
        return Done(rounds if names else [], self._done.failed)

    def _round(self, where: dict[str, Where]) -> Round:
        watch, samples = foreign.Watch(pid for _, pid in where.values()), {}
        for server in list(self.here):
            if time.monotonic() > self._until:
                raise _Late
            try:
                samples[server.name] = load(self._load, server, self._workload, self._plan,
                                            where[server.name])
            except RaceError as problem:
                self._done.failed.append(
                    say("race.point_failed", point=self._workload.name, why=problem))
                self.here.remove(server)
        others = watch.cores()
        return {name: replace(sample, foreign=others) for name, sample in samples.items()}

    def _keep(self, one: Round) -> None:
        disturbed = any(sample.foreign > FOREIGN_MAX for sample in one.values())
        if disturbed and self._may_repeat > 0:
            self._may_repeat -= 1
        else:
            self._done.rounds.append(one)
            self.left -= 1


def measure(field_: Field, server: Server, workload: Workload, plan: Plan) -> Sample:
    """Starts the server, lets the load run, ends the server. Raises RaceError."""
    with serving(server, workload) as where:
        watch = foreign.Watch([where[1]])
        sample = load(field_.load, server, workload, plan, where)
        return replace(sample, foreign=watch.cores())


@contextmanager
def serving(server: Server, workload: Workload) -> Iterator[Where]:
    """The server while it runs."""
    cores = sorted(os.sched_getaffinity(0))
    theirs = cores if workload.work_us or server.every_core else cores[:1]
    command = [*server.command, "--addr", "127.0.0.1:0", "--work-us", str(workload.work_us)]
    with subprocess.Popen(on(theirs, command), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
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


def load(program: Path, server: Server, workload: Workload, plan: Plan, where: Where) -> Sample:
    """One run of the load on a core of its own. Raises RaceError."""
    addr, pid = where
    flags = {"addr": addr, "pid": pid, "connections": workload.conns, "idle": workload.idle,
             "bytes": workload.bytes, "depth": workload.depth, "warmup": plan.warmup,
             "seconds": plan.seconds * workload.longer}
    command = [str(program), *(f"--{name}={value}" for name, value in flags.items())]
    try:
        done = subprocess.run(on(load_core(), command), capture_output=True, text=True,
                              check=False, timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        raise RaceError(f"{server.name}, {workload.name}: no end after {LIMIT_S:.0f} s") from None
    if done.returncode:
        why = done.stderr.strip() or f"exit status {done.returncode}"
        raise RaceError(f"{server.name}, {workload.name}: {why}")
    return Sample(**json.loads(done.stdout))


def load_core() -> list[int]:
    """The last core; a server that has one core has the first."""
    return sorted(os.sched_getaffinity(0))[-1:]


def on(cores: list[int], command: list[str]) -> list[str]:
    """`command`, on these cores only. taskset is part of every Debian (util-linux)."""
    return ["taskset", "-c", ",".join(map(str, cores)), *command]
