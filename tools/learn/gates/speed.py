# SPDX-License-Identifier: Apache-2.0
"""What a request costs, in counts that do not depend on the machine's mood.

Instructions, of fixed paths on one thread (callgrind): stored in
benchmarks/speed/figures.toml for each compiler; a path that has grown by more
than GROWTH is red until the stored figure is changed in the same commit.
Counts, each with a bound of its own: system calls, allocations, locks, copied
bytes, and the bytes of an idle connection.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from learn import paths
from learn.gate import GateResult, Problem, blocked, verdict
from learn.run import bounded, build
from learn.run.bounded import Limits
from learn.run.progress import console
from learn.say import say

FIGURES = paths.ROOT / "benchmarks" / "speed" / "figures.toml"
GROWTH = 0.03
WALKS = 500, 1500
STEADY = 4000  # walks for the counts that speed_paths prints itself
PATHS = ("echo_64", "echo_1k", "echo_64k", "slice_64", "slice_64k", "shards", "buffer",
         "mcache")
# Paths whose counts have bounds: allocations, locks, copied bytes per byte echoed. In the
# pool two threads meet, and how often they lock and sleep is the scheduler's mood too: its
# bounds only notice a cost of another kind, such as a wake or two for each request. And on
# a busy machine mcache's ticks may give a block back to the system between two walks.
BOUNDS = {"echo_1k": (0.0, 2.0, 1.0), "slice_64k": (0.0, 2.0, 0.0),
          "pool_1k": (0.05, 12.0, None)}
BYTES = {"echo_1k": 1024, "slice_64k": 64 * 1024}
SYSCALLS_MAX = {"inline": 2.1, "pool": 4.0}
IDLE_MAX = 1024
CONNECTIONS, MESSAGE = 64, 64  # of the load, for the system calls
LIMITS = Limits(seconds=120.0)
# The C library chooses memcpy by the processor; a count needs one choice for all.
PLAIN_COPY = ("glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-ERMS,-FSRM,-Prefer_ERMS,"
              "-AVX_Fast_Unaligned_Load")


class CannotMeasure(Exception):
    """One line: which program failed, and how."""


@dataclass
class Measured:
    instructions: dict[str, int]
    used: dict[str, dict]  # of each path in BOUNDS: what its walks have used
    syscalls: dict[str, float]  # a request, of each runner
    idle_bytes: int


def run(options: object = None) -> GateResult:
    """`options.write` stores the instructions that were measured."""
    try:
        bin_ = build.build("release", "speed_paths", "race_load", "echo_server", "memory_test")
        compiler = compiler_of(paths.BUILD / "release")
        measured = measure(bin_)
    except build.BuildError as problem:
        return blocked("speed", str(problem), "./learn test --only release")
    except (CannotMeasure, FileNotFoundError) as problem:
        return blocked("speed", str(problem), "./learn doctor")
    if getattr(options, "write", False):
        store(compiler, measured.instructions)
    return judge(measured, compiler, stored().get(compiler))


def measure(bin_: Path) -> Measured:
    with console.status("speed") as status:
        instructions = {}
        for name in PATHS:
            status.update(f"callgrind {name}")
            instructions[name] = instructions_of(bin_, name)
        used = {name: json.loads(output([bin_ / "speed_paths", name, str(STEADY)]))
                for name in BOUNDS}
        syscalls = {}
        for runner in SYSCALLS_MAX:
            status.update(f"strace {runner}")
            syscalls[runner] = syscalls_of(bin_, runner)
        return Measured(instructions, used, syscalls, idle_bytes(bin_))


def judge(measured: Measured, compiler: str, kept: dict[str, int] | None) -> GateResult:
    """A compiler without stored figures has not passed: nothing was compared."""
    problems = [*_counts(measured)]
    grown = []
    if kept is not None:
        grown = [name for name in PATHS
                 if measured.instructions[name] > kept.get(name, 0) * (1 + GROWTH)]
        problems += [Problem(paths.relative(FIGURES), 0,
                             say("speed.grown", path=name, was=kept.get(name, 0),
                                 now=measured.instructions[name]), say("speed.grown_mend"))
                     for name in grown]
    figures = {
        "paths": len(PATHS), "grown": len(grown),
        "syscalls_per_request": round(measured.syscalls["inline"], 2),
        "syscalls_per_request_pool": round(measured.syscalls["pool"], 2),
        "allocations_per_request": max(each(one, "allocations")
                                       for one in measured.used.values()),
        "locks_per_request": each(measured.used["echo_1k"], "locks"),
        "locks_per_request_pool": each(measured.used["pool_1k"], "locks"),
        "idle_bytes": measured.idle_bytes,
        **measured.instructions,
    }  # fmt: skip
    if kept is None and not problems:
        text = say("speed.no_figures", compiler=compiler)
        return GateResult("speed", False, figures,
                          [Problem(paths.relative(FIGURES), 0, text, say("speed.write"))],
                          could_not_run=True)
    return verdict("speed", figures, problems)


def _counts(measured: Measured):
    def over(what: str, got: float, most: float):
        if got > most:
            yield Problem("", 0, say("speed.over", what=what, got=got, most=most),
                          say("speed.over_mend"))

    for name, (allocations, locks, copied) in BOUNDS.items():
        one = measured.used[name]
        yield from over(f"{name}: allocations", each(one, "allocations"), allocations)
        yield from over(f"{name}: locks", each(one, "locks"), locks)
        if copied is not None:
            yield from over(f"{name}: copied bytes a byte",
                            round(each(one, "copied") / BYTES[name], 2), copied)
    for runner, most in SYSCALLS_MAX.items():
        yield from over(f"{runner}: system calls", round(measured.syscalls[runner], 2), most)
    yield from over("idle connection: bytes", measured.idle_bytes, IDLE_MAX)


def each(used: dict, name: str) -> float:
    """What one walk has used; a few uses by other threads do not count as one."""
    return round(used[name] / used["walks"], 2)


def instructions_of(bin_: Path, name: str) -> int:
    few, many = (callgrind(bin_, name, walks) for walks in WALKS)
    return round((many - few) / (WALKS[1] - WALKS[0]))


def callgrind(bin_: Path, name: str, walks: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        text = output(["valgrind", "--tool=callgrind",
                       f"--callgrind-out-file={folder}/out", bin_ / "speed_paths", name,
                       str(walks)], GLIBC_TUNABLES=PLAIN_COPY)
    match = re.search(r"Collected : (\d+)", text)
    if not match:
        raise CannotMeasure(say("speed.failed", program=f"valgrind … {name}", why=text[-200:]))
    return int(match[1])


def syscalls_of(bin_: Path, runner: str) -> float:
    """Two runs of different length: what the start and the end cost drops out."""
    short, long_ = (traced(bin_, runner, seconds) for seconds in (0.3, 1.2))
    return (long_[0] - short[0]) / (long_[1] - short[1])


def traced(bin_: Path, runner: str, seconds: float) -> tuple[int, int]:
    """(system calls of the server, requests) of a run under strace."""
    with tempfile.NamedTemporaryFile("r") as counts:
        server = ["strace", "-f", "-qq", "-c", "-o", counts.name, bin_ / "echo_server",
                  "--pollers", "1", "--runner", runner]
        with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as process:
            try:
                addr = process.stdout.readline().strip().removeprefix("listening on ")
                told = output([bin_ / "race_load", "--addr", addr, "--pid", str(process.pid),
                               "--connections", str(CONNECTIONS), "--bytes", str(MESSAGE),
                               "--warmup", "0", "--seconds", str(seconds)])
            finally:
                for child in children(process.pid):
                    os.kill(child, 15)
                process.wait(30)
        return calls(counts.read()), json.loads(told)["all_requests"]


def children(pid: int) -> list[int]:
    return [int(child) for child in
            Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def calls(table: str) -> int:
    """The sum of the column `calls` of strace -c, without its last line, the total."""
    total = 0
    for line in table.splitlines():
        words = line.split()
        if len(words) >= 5 and words[0].replace(".", "").isdigit() and words[-1] != "total":
            total += int(words[3])
    return total


def idle_bytes(bin_: Path) -> int:
    with tempfile.NamedTemporaryFile("r", suffix=".json") as report:
        output([bin_ / "memory_test", "--gtest_filter=Memory.IdleConnectionFitsItsBudget",
                f"--gtest_output=json:{report.name}"])
        suite = json.loads(report.read())["testsuites"][0]["testsuite"][0]
    return int(suite["bytes"])


def output(command: list, **environment: str) -> str:
    ended = bounded.run(command, LIMITS, env=os.environ | environment)
    if ended.status or ended.why:
        why = ended.why or " ".join(ended.output.split())[-200:] or bounded.how(ended.status)
        raise CannotMeasure(say("speed.failed", program=Path(command[0]).name, why=why))
    return ended.output


def compiler_of(folder: Path) -> str:
    """gcc-12: the instructions of another compiler are others."""
    cache = (folder / "CMakeCache.txt").read_text()
    path = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache, re.MULTILINE)[1]
    version = subprocess.run([path, "-dumpversion"], capture_output=True, text=True, check=True)
    return f"gcc-{version.stdout.split('.')[0].strip()}"


def stored() -> dict[str, dict[str, int]]:
    return tomllib.loads(FIGURES.read_text()) if FIGURES.exists() else {}


def store(compiler: str, instructions: dict[str, int]) -> None:
    tables = stored() | {compiler: instructions}
    lines = ["# SPDX-License-Identifier: Apache-2.0", "#",
             "# Instructions of one walk of each path of paths.cpp, by compiler. Written by",
             "# ./learn check speed --write"]
    for name, table in sorted(tables.items()):
        lines += ["", f"[{name}]", *(f"{path} = {count}" for path, count in table.items())]
    FIGURES.write_text("\n".join(lines) + "\n")
