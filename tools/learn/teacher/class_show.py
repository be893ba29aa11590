# SPDX-License-Identifier: Apache-2.0
"""A run over a class as a person sees it: a bar on a terminal, else a line a submission."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from learn.gate import USAGE
from learn.run.progress import console
from learn.say import say
from learn.teacher import class_run
from learn.teacher.class_files import ClassError


def grade(folder: Path, pack: Path, as_json: bool = False) -> int:
    """Grades what is not graded yet; the exit status."""
    bar = Progress(
        TextColumn("{task.description}", markup=False), BarColumn(bar_width=24),
        MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[now]}", style="dim", markup=False),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    try:
        with bar:
            task = bar.add_task(say("class.grading"), total=None, now="")

            def tell(student: str, grade: dict[str, Any], kept: bool) -> None:
                line = _line(student, grade)
                bar.update(task, advance=1, now=line[:50])
                if not kept and (grade["status"] != "ok" or not console.is_terminal):
                    bar.console.print(line, markup=False, soft_wrap=True)

            result = class_run.run(folder, pack, tell, lambda all_: bar.update(task, total=all_))
    except ClassError as problem:
        print(f"learn: {problem}", file=sys.stderr)
        return USAGE
    if result.without_submission:
        names = " ".join(result.without_submission)
        console.print(say("class.stale", names=names), markup=False, soft_wrap=True)
    console.print(say("class.done", students=result.students, graded=result.graded,
                      kept=result.kept, errors=len(result.errors),
                      seconds=f"{result.seconds:.1f}", each=f"{result.processor_seconds:.2f}"),
                  markup=False, soft_wrap=True)  # fmt: skip
    if as_json:
        print(result.to_json())
    return result.exit_code()


def _line(student: str, grade: dict[str, Any]) -> str:
    if grade["status"] == "ok":
        if grade["parts"] and all(part["verdict"] == "missing" for part in grade["parts"]):
            return say("class.was_missing", student=student)
        return say("class.was_graded", student=student, score=f"{grade['score']:g}",
                   max=f"{grade['max']:g}")  # fmt: skip
    return say("class.was_error", student=student, error=grade.get("error", ""))
