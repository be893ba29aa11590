# SPDX-License-Identifier: Apache-2.0
"""A pack in the making as a person sees it, and how it is stopped.

On a terminal a bar for each of its phases; elsewhere a line before and a line after.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from learn.run import bounded
from learn.run.progress import console
from learn.teacher.steps import Steps


class Shown(Steps):
    """The steps of one phase."""

    def __init__(self, bar: Progress, title: str) -> None:
        self._bar = bar
        self._task = bar.add_task(title, total=None, now="")
        self._begun = 0

    def begin(self, total: int) -> None:
        self._bar.update(self._task, total=total)

    def step(self, what: str) -> None:
        self._bar.update(self._task, completed=self._begun, now=what[:50])
        self._begun += 1


@contextmanager
def phase(title: str) -> Iterator[Shown]:
    bar = Progress(
        TextColumn("{task.description}", markup=False), BarColumn(bar_width=24),
        MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[now]}", style="dim", markup=False),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    began = time.monotonic()
    if not console.is_terminal:
        console.print(f"… {title}", markup=False, soft_wrap=True)
    with bar:
        yield Shown(bar, title)
    console.print(f"[green]✓[/] {title} [dim]{time.monotonic() - began:.1f} s[/]", soft_wrap=True)


@contextmanager
def stoppable() -> Iterator[None]:
    """Ctrl-C and SIGTERM end every program at once, and what is begun is undone."""

    def stop(*_: object) -> None:
        bounded.end_all(for_good=True)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
