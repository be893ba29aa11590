# SPDX-License-Identifier: Apache-2.0
"""The parts of `./learn test`: what each runs, and how it may share the machine.

A part is a preset's tests, the fuzzers, a folder of pytest, the player's tests, or a gate.
A part that could not run has failed. Its output is in build/logs/.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from learn.gate import ENVIRONMENT
from learn.gates import checking
from learn.paths import LOGS, ROOT, TESTS
from learn.run import build, progress
from learn.say import say
from learn.testing import fuzz, typescript
from learn.testing.counting import Count, junit
from learn.testing.outcome import Outcome, failed, judged, summed


@dataclass(frozen=True)
class Part:
    name: str
    run: Callable[[], Outcome]
    alone: bool = True  # it uses both processors, or it measures time
    after: tuple[str, ...] = ()  # parts whose files it uses
    inputs: tuple[str, ...] | None = None  # all that it reads; None: it is never remembered


CMAKE = ("cmake", "CMakeLists.txt", "CMakePresets.json")
BOOK = ("notes", "chapters", "src", "programs", "diagrams", "exercises", "mkdocs.yml")
# What each gate reads beside the tools. A gate that is not here reads anything.
INPUTS = {
    "ledger": BOOK,
    "parity": BOOK,
    "site": (*BOOK, "labs", "README.md", "README.zh.md"),
    "sourcemap": ("src", "programs", "notes", "tests"),
    "traces": ("src", "programs", "diagrams", *CMAKE),
    "exercises": ("src", "tests", "exercises", "programs", "chapters", "diagrams"),
    "conformance": ("src", "tests", *CMAKE),
    "faults": ("src", "tests", *CMAKE),
    "labs": ("src", "tests", "exercises", "labs", "chapters"),
    "mutants": ("src", "tests", *CMAKE),
    "experiments": ("src", "programs", "chapters", "tests", *CMAKE),
}
# These use one processor most of the time, and much of it they wait.
SHARE = ("ledger", "parity", "sourcemap", "traces", "site")
# Tests of the tools that take seconds each; the quick run leaves them out.
SLOW_FILES = ("test_conformance.py", "test_demos.py", "test_epoll_demos.py",
              "test_exercise_cli.py", "test_exercise_guards.py", "test_exercise_learner.py",
              "test_exercise_verdict.py", "test_exercise_whole.py", "test_exercise_wild.py",
              "test_exercises.py", "test_fuzz_canon.py", "test_fuzz_grader.py",
              "test_fuzz_lines.py", "test_fuzz_toml.py", "test_gopool_demos.py",
              "test_grader_archives.py", "test_grader_pack.py", "test_house.py",
              "test_house_python.py", "test_input_output_demos.py", "test_labs_gate.py",
              "test_loopback.py", "test_mermaid.py", "test_mutants_run.py", "test_package.py",
              "test_player.py", "test_player_script.py", "test_record.py", "test_site.py",
              "test_site_live.py", "test_site_player.py", "test_teacher_browser.py",
              "test_teacher_class.py", "test_teacher_private.py", "test_teacher_slides_browser.py",
              "test_teacher_stop.py")
# tests/load: the soak, then three commands at once, since most of their seconds are waits.
# The marks of pytest, as tests/load/support.py tells them, say which test is in which lane.
LANES = {"soak": "soak", "waits": "waits", "full": "fills_kernel",
         "others": "not (soak or waits or fills_kernel)"}
QUICK = ("release", "quick-tools", "quick-house", "player", "ledger", "sourcemap", "parity",
         "facts")


def everything(fuzz_seconds: int = fuzz.SECONDS) -> dict[str, Part]:
    """In the order in which they are started and shown."""
    gates = [gate_part(name) for name in checking.GATES]
    parts = [
        Part("release", lambda: cpp("release")),
        Part("dev", lambda: cpp("dev")),
        Part("tsan", lambda: cpp("tsan")),
        Part("clang", lambda: compiles("clang")),
        Part("fuzz", lambda: fuzz.run(fuzz_seconds),
             inputs=("src", "programs", "tests/fuzz", *CMAKE)),
        *(gate for gate in gates if gate.alone),
        Part("load", load, after=("release",)),
        Part("tools", lambda: python("tools"), alone=False, after=("release",)),
        Part("player", typescript.run, alone=False, inputs=()),
        *(gate for gate in gates if not gate.alone),
    ]
    return {part.name: part for part in parts}


def quick() -> dict[str, Part]:
    """What a contributor wants to know before a commit, in three minutes."""
    parts = everything() | {
        "quick-house": Part("quick-house", lambda: gate("house", "--changed")),
        "quick-tools": Part("quick-tools", lambda: python("tools", SLOW_FILES), alone=False),
    }
    return {name: parts[name] for name in QUICK if name in parts}


def gate_part(name: str) -> Part:
    return Part(name, lambda: gate(name), alone=name not in SHARE,
                after=("release",) if name in ("conformance", "experiments") else (),
                inputs=INPUTS.get(name, (".",)))


def cpp(preset: str) -> Outcome:
    """Builds a preset and runs its tests."""
    try:
        build.build(preset)
    except build.BuildError as problem:
        return failed(str(problem), problem.log)
    report = LOGS / f"ctest-{preset}.xml"
    report.unlink(missing_ok=True)
    log = f"ctest-{preset}.log"
    command = ["ctest", "--preset", preset, "--no-tests=error", "-j", "2",
               "--output-junit", report]
    status = progress.run(say("cli.ctest", preset=preset), command, log, read=progress.ctest)
    return judged(status, junit(report), log)


def compiles(preset: str) -> Outcome:
    """A preset whose compilation is the test: one check."""
    try:
        build.build(preset)
    except build.BuildError as problem:
        return failed(str(problem), problem.log)
    return Outcome(Count(passed=1))


def load() -> Outcome:
    """The lanes of tests/load, side by side after the first. Each test is in one of them."""
    first, *others = LANES
    outcomes = [python("load", lane=first)]
    with ThreadPoolExecutor(len(others)) as pool:
        outcomes += pool.map(lambda lane: python("load", lane=lane), others)
    return summed(outcomes)


def python(folder: str, without: tuple[str, ...] = (), lane: str = "") -> Outcome:
    """The pytest files of tests/<folder>, or those of its tests that one lane has."""
    name = f"{folder}-{lane}" if lane else folder
    report = LOGS / f"pytest-{name}.xml"
    report.unlink(missing_ok=True)
    log = f"pytest-{name}.log"
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider",
               f"--junitxml={report}", TESTS / folder,
               *(f"--ignore={TESTS / folder / file}" for file in without),
               *(("-m", LANES[lane]) if lane else ())]
    title = say("cli.pytest", folder=f"{folder}, {lane}" if lane else folder)
    status = progress.run(title, command, log, read=progress.pytest, env=environment())
    return judged(status, junit(report), log)


def gate(name: str, *options: str) -> Outcome:
    """One gate is one test. It runs as a command of its own, so that two may run at once."""
    log = f"check-{name}.log"
    command = [sys.executable, "-m", "learn", "check", name, "--json", *options]
    status = progress.run(f"check {name}", command, log, env=environment())
    said = (LOGS / log).read_text(errors="replace").splitlines()
    result = next((line for line in reversed(said) if line.startswith('{"check"')), None)
    if result:
        problems = json.loads(result)["problems"]
        told = [f"{p['file']}:{p['line']}: {p['text']} — {p['mend']}" for p in problems]
        rest = (line for line in said if line is not result)
        (LOGS / log).write_text("\n".join([*rest, *told, ""]))
    if result and status == 0:
        return Outcome(Count(passed=1))
    return failed(say("cli.gate_red", gate=name), log, status == ENVIRONMENT)


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT / "tools"), "LEARN_LANG": "en"}
