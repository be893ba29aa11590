# SPDX-License-Identifier: Apache-2.0
"""Who races. Each server takes --addr and --work-us, and prints `listening on ADDR`."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from learn import paths
from learn.run import build, go
from learn.say import say

RAW = "raw epoll"
RAW_AGAIN = "raw again"  # runs last in each round: how far is it from itself?
RAW_READ_WRITE = "raw r/w"  # read(2) and write(2), not recv(2) and send(2)
OURS = ("inline", "adaptive", "pool")
CPP = ("asio", "libuv", "libevent", "io_uring")
GO = ("netpoll", "gnet", "evio", "net")
GO_MODULE = paths.ROOT / "benchmarks" / "race" / "go"
GO_PROGRAM = "netpoll.race"  # go build calls it after its module


@dataclass(frozen=True)
class Server:
    name: str
    command: tuple[str, ...]
    every_core: bool = False  # else one: the load has another

    def starts(self) -> str:
        """Empty when it can run here, else the reason that it gives."""
        ask = subprocess.Popen([*self.command, "--addr", "127.0.0.1:0"], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with ask:
            assert ask.stdout is not None and ask.stderr is not None
            line = ask.stdout.readline()
            ask.terminate()
            return "" if line.startswith("listening on ") else ask.stderr.read().strip()


@dataclass(frozen=True)
class Field:
    """Everybody who takes part, and a line for each who cannot."""

    load: Path
    servers: list[Server]
    missing: list[str]


def gather() -> Field:
    """Builds what can be built. Raises BuildError for what is ours."""
    bin_, missing = build.build("release", "race"), []
    servers = [Server(RAW_READ_WRITE, (str(bin_ / "race_raw_epoll"), "--read-write"))]
    for name in CPP:
        program = bin_ / f"race_{name}"
        if program.exists():
            servers.append(Server(name, (str(program),)))
        else:
            missing.append(say("race.no_library", name=name))
    try:
        go.build(GO_MODULE, ".", bin_, say("race.go_build"))
        servers += [Server(f"go {name}", (str(bin_ / GO_PROGRAM), "--server", name))
                    for name in GO]
    except go.NoGo as problem:
        missing.append(say("race.no_go", why=problem.text))
    return ready(bin_, [*own(bin_), *servers], missing)


def gather_own() -> Field:
    """The raw loop and ours, without peers. Raises BuildError."""
    bin_ = build.build("release", "race")
    return ready(bin_, own(bin_), [])


def gather_mine() -> Field:
    """The raw loop, ours, and ours with a learner's files in it. Raises BuildError, or
    ExerciseError when there is nothing to put in."""
    from learn.exercise import catalogue, whole, workspace

    exercise = catalogue.find(workspace.current_or_error())
    whole.stand(exercise)
    mine = [replace(ours(whole.built("release", "echo_server"), runner), name=f"your {runner}")
            for runner in OURS]
    bin_ = build.build("release", "race")
    return ready(bin_, [*own(bin_), *mine], [])


def own(bin_: Path) -> list[Server]:
    return [Server(RAW, (str(bin_ / "race_raw_epoll"),)),
            *(ours(bin_, runner) for runner in OURS)]


def ours(bin_: Path, runner: str, pollers: int = 1, every_core: bool = False) -> Server:
    command = (str(bin_ / "echo_server"), "--pollers", str(pollers), "--runner", runner)
    return Server(runner, command, every_core)


def ready(bin_: Path, servers: list[Server], missing: list[str]) -> Field:
    """Those that start; a line for each that does not."""
    starting = []
    for server in servers:
        if why := server.starts():
            missing = [*missing, say("race.refused", name=server.name, why=why)]
        else:
            starting.append(server)
    return Field(bin_ / "race_load", starting, missing)
