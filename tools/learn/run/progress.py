# SPDX-License-Identifier: Apache-2.0
"""Runs a long command: output to a log, one moving line for the person.

On a terminal a Rich bar tells what is done; elsewhere one line before and one
after. The output goes to build/logs/ and is only shown when the command fails.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from learn.paths import LOGS, ROOT
from learn.run import bounded

# (done, total, what is being done), read from one line of output.
Reading = tuple[float, float, str]
Reader = Callable[[str], Reading | None]

# Everything for people goes to stderr: stdout belongs to --json.
console = Console(stderr=True, highlight=False)

_NINJA = re.compile(r"^\[(\d+)/(\d+)\] (.*)")
_CTEST = re.compile(r"^\s*(\d+)/(\d+) Test +#\d+: (\S+)")
_PYTEST = re.compile(r"^(\S+::\S+).*\[ *(\d+)%\]")


def ninja(line: str) -> Reading | None:
    match = _NINJA.match(line)
    return (int(match[1]), int(match[2]), match[3]) if match else None


def ctest(line: str) -> Reading | None:
    match = _CTEST.match(line)
    return (int(match[1]), int(match[2]), match[3]) if match else None


def pytest(line: str) -> Reading | None:
    match = _PYTEST.match(line)
    return (int(match[2]), 100, match[1]) if match else None


def run(
    title: str,
    command: list,
    log: str,
    *,
    read: Reader = lambda line: None,
    env: dict[str, str] | None = None,
    cwd: Path = ROOT,
    append: bool = False,
    kept: bool = True,
) -> int:
    """Runs `command`, its output in build/logs/`log`; returns its exit status.

    It dies with this process, unless `kept` is False: apt must not break off.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with (LOGS / log).open("a" if append else "w", buffering=1) as out, _bar() as bar:
        task = bar.add_task(title, total=None, now="")
        if not bar.console.is_terminal:
            console.print(f"… {title}", markup=False)
        with _started(command, kept, cwd=cwd, env=env) as process:
            for line in process.stdout or ():
                out.write(line)
                if reading := read(line):
                    done, total, now = reading
                    bar.update(task, completed=done, total=total, now=now[:50])
            status = process.wait()
        bar.remove_task(task)
    _report(title, status, time.monotonic() - began)
    return status


@contextlib.contextmanager
def _started(command: list, kept: bool, **options: Any) -> Iterator[subprocess.Popen]:
    options |= {"text": True, "errors": "replace", "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    if not kept:
        with subprocess.Popen(list(map(os.fspath, command)), **options) as process:
            yield process
        return
    with bounded.Kept(command, group=False, **options) as program:
        yield program.process


def tail(log: str, lines: int = 20) -> str:
    """The end of a log, for a person who has to see why."""
    path = LOGS / log
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


_together: Progress | None = None


@contextlib.contextmanager
def together() -> Iterator[None]:
    """One display for the commands of several threads, a line for each."""
    global _together
    with _new_bar() as _together:
        try:
            yield
        finally:
            _together = None


def _bar() -> contextlib.AbstractContextManager[Progress]:
    return contextlib.nullcontext(_together) if _together else _new_bar()


def _new_bar() -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=24),
        TimeElapsedColumn(), TextColumn("{task.fields[now]}", style="dim", markup=False),
        console=console, transient=True, disable=not console.is_terminal,
    )


def _report(title: str, status: int, seconds: float) -> None:
    mark, style = ("✓", "green") if status == 0 else ("✗", "red")
    console.print(f"[{style}]{mark}[/] {title} [dim]{seconds:.1f} s[/]", soft_wrap=True)
    sys.stderr.flush()
