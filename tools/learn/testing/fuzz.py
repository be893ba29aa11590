# SPDX-License-Identifier: Apache-2.0
"""The part `fuzz`: each fuzzer of tests/fuzz for some seconds, two at once.

    tests/fuzz/NAME_fuzz.cpp --preset fuzz--> build/fuzz/bin/NAME_fuzz
    tests/fuzz/corpus/NAME/  (in git)  --.
    build/fuzz/corpus/NAME/  (it grows)  '--> libFuzzer --> build/fuzz/findings/NAME-crash-…

A fuzzer is one test. `./learn test --only fuzz --fuzz-seconds 600` searches long.
"""

from __future__ import annotations

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from learn.paths import BUILD, LOGS, TESTS, relative
from learn.run import build, progress
from learn.say import say
from learn.testing.counting import Count
from learn.testing.outcome import Outcome, failed

PRESET = "fuzz"
SECONDS = 20  # each
AT_ONCE = 2
INPUT_MAX = 400  # bytes; a longer script finds nothing more, and takes longer
HANG_S = 120  # for one input, which takes less than a millisecond on a free machine
SHOWN = 200  # bytes of an input that failed
FINDINGS = BUILD / PRESET / "findings"
_RUNS = re.compile(r"^#(\d+)\s+\w+\s+cov: (\d+)")
_WRITTEN = re.compile(r"^.*Test unit written to (.+)$", re.MULTILINE)
_DONE = re.compile(r"^Done (\d+) runs", re.MULTILINE)
_WHY = re.compile(r"^(?:netpoll: (.+)|SUMMARY: (.+)|.*runtime error: (.+))$", re.MULTILINE)


def names(folder: Path = TESTS / "fuzz") -> list[str]:
    return sorted(file.name.removesuffix("_fuzz.cpp") for file in folder.glob("*_fuzz.cpp"))


def run(seconds: int = SECONDS) -> Outcome:
    """Builds the fuzzers and runs each; the first finding is the reason."""
    try:
        programs = build.build(PRESET)
    except build.BuildError as problem:
        return failed(str(problem), problem.log)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(lambda name: one(name, programs, seconds), names()))
    return summed(outcomes)


def summed(outcomes: list[Outcome]) -> Outcome:
    bad = [outcome for outcome in outcomes if outcome.reason]
    count = sum((outcome.count for outcome in outcomes), Count())
    return Outcome(count, "\n".join(o.reason for o in bad), bad[0].log if bad else "")


def one(name: str, programs: Path, seconds: int) -> Outcome:
    """Runs one fuzzer, with what it has found before and with what git has."""
    kept, seeds = BUILD / PRESET / "corpus" / name, TESTS / "fuzz" / "corpus" / name
    for folder in (kept, FINDINGS):
        folder.mkdir(parents=True, exist_ok=True)
    words = TESTS / "fuzz" / f"{name}.dict"
    program = programs / f"{name}_fuzz"
    command = [
        program,
        f"-max_total_time={seconds}", f"-max_len={INPUT_MAX}", f"-timeout={HANG_S}",
        f"-artifact_prefix={FINDINGS}/{name}-", "-print_final_stats=1", "-close_fd_mask=1",
        *([f"-dict={words}"] if words.is_file() else []),
        kept, *([seeds] if seeds.is_dir() else []),
    ]  # fmt: skip
    log = f"fuzz-{name}.log"
    status = progress.run(say("fuzz.title", name=name, seconds=seconds), command, log,
                          read=reading, env=environment())
    return judged(name, program, status, (LOGS / log).read_text(errors="replace"), log)


def judged(name: str, program: Path, status: int, said: str, log: str) -> Outcome:
    """A fuzzer that ended by itself without a single run has tested nothing."""
    done = _DONE.search(said)
    if status == 0 and done and int(done[1]) > 0:
        return Outcome(Count(passed=1))
    written = _WRITTEN.search(said)
    if not written:
        return failed(say("fuzz.broken", name=name, status=status, log=f"build/logs/{log}"), log)
    file = Path(written[1])
    why = next((" ".join(filter(None, match.groups())) for match in _WHY.finditer(said)), "?")
    return failed(say("fuzz.found", name=name, why=why, hex=shown(file), file=relative(file),
                      again=f"{relative(program)} {relative(file)}"), log)


def shown(file: Path) -> str:
    """The bytes of an input, in hex."""
    try:
        data = file.read_bytes()
    except OSError:
        return "?"
    return data[:SHOWN].hex(" ") + (" …" if len(data) > SHOWN else "")


def reading(line: str) -> progress.Reading | None:
    """How far it is cannot be told; what it has done can."""
    match = _RUNS.match(line)
    return (0, 1, say("fuzz.so_far", runs=match[1], edges=match[2])) if match else None


def environment() -> dict[str, str]:
    """Names and lines for the sanitizers' stacks: a symbolizer that every g++ brings."""
    tool = shutil.which("llvm-symbolizer-19") or shutil.which("addr2line")
    names_ = f":external_symbolizer_path={tool}" if tool else ""
    return os.environ | {"ASAN_OPTIONS": f"detect_stack_use_after_return=1{names_}",
                         "UBSAN_OPTIONS": "print_stacktrace=1"}
