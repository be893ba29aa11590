# SPDX-License-Identifier: Apache-2.0
"""--parts: mcache, LinkBuffer and GoPool beside their peers.

A program measures a part of ours and its peers in one process, their repetitions
mixed. The programs run in rounds, and a ratio is taken within one run of one
program: a machine that gets slower meanwhile makes both of its sides slower.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.console import Console

from learn.race import foreign, show
from learn.race.rounds import RaceError
from learn.run import build, progress
from learn.run.bounded import how
from learn.say import say

LIMIT_S = 300.0  # for one program, once
# Their libraries may not be installed. All others are part of every system.
OPTIONAL = ("tcmalloc", "jemalloc", "mimalloc", "asio::streambuf", "evbuffer",
            "asio::thread_pool")


@dataclass(frozen=True)
class Part:
    """`peers`: which program measures which peer; each measures ours too."""

    name: str
    ours: str
    cases: dict[str, tuple[str, ...]]  # of a case: its peers
    programs: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Effort:
    rounds: int
    repetitions: int  # in one run of a program
    seconds: float  # of a repetition, at least


FULL = Effort(5, 3, 0.1)
QUICK = Effort(2, 3, 0.05)

MALLOCS = ("glibc", "tcmalloc", "jemalloc", "mimalloc")
BUFFERS = ("two memcpy", "std::string", "std::deque", "asio::streambuf", "evbuffer")
POOLS = ("mutex and deque", "asio::thread_pool", "std::async")
PARTS = (
    Part("mcache", "mcache",
         {"pair": MALLOCS, "random": MALLOCS, "handoff": MALLOCS},
         {"mcache_benchmark": MALLOCS[:1]}
         | {f"mcache_benchmark_{name}": (name,) for name in MALLOCS[1:]}),
    Part("LinkBuffer", "LinkBuffer",
         {"slices": BUFFERS, "read": ("asio::streambuf", "evbuffer")},
         {"link_buffer_benchmark": BUFFERS}),
    Part("gopool", "GoPool", {"tasks/1": POOLS, "tasks/2": POOLS}, {"gopool_benchmark": POOLS}),
)  # fmt: skip

# (part, case, peer or none, at most): ns an item of ours, or ours divided by the peer's.
WANTED = (
    ("mcache", "pair", "", 2.5),
    ("mcache", "random", "", 2.5),
    ("mcache", "handoff", "mimalloc", 1.0),
    ("LinkBuffer", "read", "", 4.0),
    ("gopool", "tasks/1", "", 110.0),
)

# What one run of a program told: ns an item, by (case, name).
Figures = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Row:
    """A part or a peer in a case. Ratio: its time divided by ours; above 1 is slower."""

    part: str
    case: str
    name: str
    ns: float
    ns_low: float  # of the runs
    ns_high: float
    ratio: float
    foreign: float  # cores that others used, at the worst


@dataclass(frozen=True)
class Goal:
    goal: str
    want: float
    got: float
    met: bool


def run(quick: bool, only: list[str], console: Console) -> dict:
    """Builds and runs what there is. Raises BuildError or RaceError."""
    chosen = narrowed(only)
    bin_ = build.build("release", "parts")
    effort = QUICK if quick else FULL
    found: list[Row] = []
    missing: list[str] = []
    for part in chosen:
        with progress.console.status(part.name) as status:
            runs, others = repeated(bin_, part, effort, status.update)
        here = rows(part, runs, others)
        table(console, part, here)
        found += here
        missing += absent(part, runs)
    show.lines(console, missing)
    judged = judge(found)
    show.goals(console, judged)
    return {"check": "race_parts", "ok": all(goal.met for goal in judged),
            "goals": [asdict(goal) for goal in judged], "rows": [asdict(row) for row in found],
            "missing": missing}


def narrowed(only: list[str]) -> list[Part]:
    names = [part.name for part in PARTS]
    if unknown := sorted(set(only) - set(names)):
        raise ValueError(say("race.no_part", name=unknown[0], names=", ".join(names)))
    return [part for part in PARTS if not only or part.name in only]


def repeated(bin_: Path, part: Part, effort: Effort,
             tell: Callable[[str], None]) -> tuple[list[Figures], float]:
    """The figures of each run, and how many cores others used at the worst."""
    runs, others = [], 0.0
    for number in range(effort.rounds):
        for program, peers in part.programs.items():
            if not (bin_ / program).exists() and set(peers) <= set(OPTIONAL):
                continue
            tell(f"{part.name}, {number + 1}/{effort.rounds}: {program}")
            text, used = told(bin_ / program, part, effort)
            runs.append(figures(part, program, text))
            others = max(others, used)
    return runs, others


def told(program: Path, part: Part, effort: Effort) -> tuple[str, float]:
    """(standard output, cores that others used). Raises RaceError."""
    names = "|".join(dict.fromkeys(case.split("/")[0] for case in part.cases))
    command = [
        str(program), "--benchmark_format=json", f"--benchmark_filter=^({names})/",
        "--benchmark_enable_random_interleaving=true",
        f"--benchmark_repetitions={effort.repetitions}",
        f"--benchmark_min_time={effort.seconds}",
    ]  # fmt: skip
    watch = foreign.Watch([])
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        why = say("race.part_late", seconds=LIMIT_S)
        raise RaceError(say("race.part_failed", program=program.name, why=why)) from None
    except OSError as problem:
        raise RaceError(say("race.part_failed", program=program.name,
                            why=problem.strerror)) from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if not line.startswith("***WARNING")]
        why = ": ".join([how(done.returncode), *said[-1:]])
        raise RaceError(say("race.part_failed", program=program.name, why=why))
    return done.stdout, watch.cores()


def figures(part: Part, program: str, text: str) -> Figures:
    """The middle of the repetitions of each case. Raises RaceError."""
    samples: dict[tuple[str, str], list[float]] = {}
    try:
        for one in json.loads(text)["benchmarks"]:
            if one.get("error_occurred"):
                raise RaceError(say("race.part_failed", program=program,
                                    why=f"{one['name']}: {one['error_message']}"))
            if one["run_type"] == "iteration":
                ns = 1e9 / one["items_per_second"]
                samples.setdefault(case_and_name(one["run_name"]), []).append(ns)
    except (ValueError, LookupError, TypeError, AttributeError, ZeroDivisionError):
        raise RaceError(say("race.no_figures", program=program)) from None
    made = {key: median(found) for key, found in samples.items()}
    complain(part, program, made)
    return made


def case_and_name(run_name: str) -> tuple[str, str]:
    """("tasks/2", "GoPool") of "tasks/GoPool/2/real_time"."""
    case, name, *rest = run_name.split("/")
    return "/".join([case, *(word for word in rest if word.isdigit())]), name


def complain(part: Part, program: str, made: Figures) -> None:
    """Raises RaceError for a figure that is not there: only a library may be missing.

    A program for one peer alone is built only with the library of that peer.
    """
    inside = part.programs[program]
    measured = {name for _, name in made}
    left_out = set(OPTIONAL) - measured if len(inside) > 1 else set()
    for case, peers in part.cases.items():
        for name in (part.ours, *(peer for peer in peers if peer in inside)):
            if (case, name) not in made and name not in left_out:
                raise RaceError(say("race.part_failed", program=program,
                                    why=say("race.no_case", case=case, name=name)))


def absent(part: Part, runs: list[Figures]) -> list[str]:
    """A line for each peer that no program measured."""
    measured = {name for one in runs for _, name in one}
    peers = dict.fromkeys(name for names in part.programs.values() for name in names)
    return [say("race.part_missing", part=part.name, name=name)
            for name in peers if name not in measured]


def rows(part: Part, runs: list[Figures], others: float) -> list[Row]:
    """Ours first, then the peers, the fastest first."""
    made = []
    for case, peers in part.cases.items():
        measured = [row(part, case, name, runs, others) for name in (part.ours, *peers)
                    if any((case, name) in one for one in runs)]
        made += sorted(measured, key=lambda one: (one.name != part.ours, one.ratio))
    return made


def row(part: Part, case: str, name: str, runs: list[Figures], others: float) -> Row:
    own = [one for one in runs if (case, name) in one]
    ns = [one[case, name] for one in own]
    ratios = [one[case, name] / one[case, part.ours] for one in own]
    return Row(part.name, case, name, round(median(ns), 3), round(min(ns), 3),
               round(max(ns), 3), round(median(ratios), 3), round(others, 3))


def table(console: Console, part: Part, found: list[Row]) -> None:
    made = show.started(part.name, ("case", "who"), ("ns", "range", "ratio"))
    for one in found:
        case = say("race.case_" + one.case.replace("/", "_")) if one.name == part.ours else ""
        made.add_row(case, one.name, f"{one.ns:,.1f}", f"{one.ns_low:,.1f}–{one.ns_high:,.1f}",
                     f"{one.ratio:,.2f}", style="bold" if one.name == part.ours else None)
    show.printed(console, made, max(one.foreign for one in found))


def judge(found: list[Row]) -> list[Goal]:
    """Those that can be judged: the part ran, and the peer that it is compared with."""
    by = {(one.part, one.case, one.name): one for one in found}
    ours = {part.name: part.ours for part in PARTS}
    goals = []
    for part, case, peer, most in WANTED:
        one = by.get((part, case, peer or ours[part]))
        if one is None:
            continue
        got = 1 / one.ratio if peer else one.ns
        what = f"≤ {most} × {peer}" if peer else f"≤ {most} ns"
        goals.append(Goal(f"{ours[part]} {case}: {what}", most, round(got, 3), got <= most))
    return goals
