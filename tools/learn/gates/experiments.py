# SPDX-License-Identifier: Apache-2.0
"""The gate `experiments`: what the chapters say that a command prints, it prints.

Each experiment of chapters/*/experiments.toml is run on the release build, and its
output compared with recorded/NAME.txt: every line, or the lines to look for, without
what differs from run to run. A command that fails once may have met a busy machine; the
second run decides. `--write` records anew.

Where strace or gdb may not trace, or a program is missing, an experiment is skipped. Then
the gate has not passed.
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from pathlib import Path

from learn import paths
from learn.gate import GateResult, Problem, blocked, verdict
from learn.run import bounded
from learn.run.bounded import MB, Limits
from learn.say import say
from learn.site import experiment as experiments
from learn.site.experiment import MOST_LINES, Experiment

RUNS = 2
SKIPPED = 77  # the exit status of a script that may not trace
_TRACERS = {
    "strace": ("strace", "-qq", "-o", "/dev/null", "true"),
    "gdb": ("gdb", "-nx", "-batch", "-ex", "run", "-ex", "quit $_exitcode", "true"),
}


class Skipped(Exception):
    """It cannot be run here; says why."""


class Failed(Exception):
    """It did not print what it should; says what."""


def run(options: object, root: Path = paths.ROOT, output: dict | None = None) -> GateResult:
    """`options.write` records; `output` is told what each command printed."""
    if not (root / "build" / "release" / "bin").is_dir():
        return blocked("experiments", say("experiments.no_build"), "./learn test --only release")
    figures = {"experiments": 0, "same": 0, "recorded": 0, "skipped": 0}
    problems, skipped = [], []
    for each in experiments.every(root):
        figures["experiments"] += 1
        try:
            if getattr(options, "write", False):
                record(each, root)
                figures["recorded"] += 1
            else:
                compare(each, root)
                figures["same"] += 1
        except Skipped as why:
            figures["skipped"] += 1
            skipped.append(_problem(each, str(why), say("experiments.skipped_mend")))
        except Failed as why:
            problems.append(_problem(each, str(why), say("experiments.mend")))
    if skipped and not problems:
        return GateResult("experiments", False, figures, skipped, could_not_run=True)
    return verdict("experiments", figures, problems + skipped)


def _problem(each: Experiment, text: str, mend: str) -> Problem:
    return Problem(f"chapters/{each.chapter}/experiments.toml", 0, f"{each.name}: {text}", mend)


def record(each: Experiment, root: Path) -> None:
    """Writes what the command prints now, if it has the lines to look for."""
    lines = printed(each, root)
    _require_looks(each, lines)
    if len(lines) > MOST_LINES:
        raise Failed(say("experiments.long", lines=len(lines), most=MOST_LINES))
    file = each.recorded(root)
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def compare(each: Experiment, root: Path) -> None:
    """Runs the command, and once more if it did not print what it should."""
    file = each.recorded(root)
    if not file.is_file():
        raise Failed(say("experiments.never"))
    before = each.kept(file.read_text(encoding="utf-8"))
    _require_looks(each, before)
    for attempt in range(1, RUNS + 1):
        try:
            same(each, before, printed(each, root))
            return
        except Failed:
            if attempt == RUNS:
                raise


def same(each: Experiment, before: list[str], now: list[str]) -> None:
    """Raises Failed with the first difference of shape."""
    _require_looks(each, now)
    if each.shape == "looks":
        return
    left, right = [[each.masked(line) for line in lines] for lines in (before, now)]
    for number in range(max(len(left), len(right))):
        was = left[number] if number < len(left) else "–"
        came = right[number] if number < len(right) else "–"
        if was != came:
            raise Failed(say("experiments.differs", line=number + 1, was=was, came=came))


def _require_looks(each: Experiment, lines: list[str]) -> None:
    found = len(each.marked(lines))
    if found < len(each.look):
        raise Failed(say("experiments.missing", pattern=each.look[found]))


def printed(each: Experiment, root: Path) -> list[str]:
    """The lines that count of what the command prints; raises Skipped or Failed."""
    for need in each.needs:
        if why := _lacks(need):
            raise Skipped(why)
    limits = Limits(seconds=each.seconds, output=4 * MB)
    ended = bounded.run(["bash", "-o", "pipefail", "-c", each.command], limits, cwd=root)
    if ended.status == SKIPPED:
        raise Skipped(say("experiments.may_not", program=each.needs[0] if each.needs else "?"))
    if ended.why or ended.status:
        why = ended.why or bounded.how(ended.status)
        raise Failed(say("experiments.ended", why=why, last=_last(ended.output)))
    return each.kept(ended.output.replace(f"{root}/", ""))


def _last(output: str) -> str:
    return next((line for line in reversed(output.splitlines()) if line.strip()), "–")


@functools.cache
def _lacks(program: str) -> str:
    """Why an experiment that needs this program cannot be run here; "" if it can."""
    if not shutil.which(program):
        return say("experiments.no_program", program=program)
    if program not in _TRACERS:
        return ""
    done = subprocess.run(_TRACERS[program], capture_output=True, check=False, timeout=30)
    refused = done.returncode != 0 or re.search(rb"not permitted", done.stderr)
    return say("experiments.may_not", program=program) if refused else ""
