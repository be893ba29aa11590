# SPDX-License-Identifier: Apache-2.0
"""Of ./learn teacher the verbs about a class, a term and a lesson: report, schedule, slides."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from learn.exercise.model import ExerciseError
from learn.exercise.tree import write_file
from learn.gate import ENVIRONMENT, GREEN, USAGE
from learn.paths import BUILD, ROOT, relative
from learn.say import say
from learn.teacher.class_files import ClassError

HOURS = 10.0  # of work a week, for a course beside others
SLIDES = BUILD / "labs"
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


def register(group: typer.Typer) -> None:
    """Adds the verbs to the group `teacher`."""

    @group.command("report")
    def report(
        folder: Annotated[Path, typer.Argument(help="The class: a folder for each student, and "
                                               "grades/.")],
        out: Annotated[Path | None, typer.Option(help="The page; else report.LANG.html in "
                                          "grades/.")] = None,
        as_json: Json = False,
    ) -> None:  # fmt: skip
        """A class on one page: pass rates, wrong ideas, answers with text in common."""
        raise typer.Exit(_complete(lambda: _report(folder, out, as_json)))

    @group.command("slides")
    def slides(
        lab: Annotated[str, typer.Argument(help="A lab, as L3.")],
        out: Annotated[Path, typer.Option(help="Where the folder of the lab is put.")] = SLIDES,
    ) -> None:
        """The slides of a lab: for each language one HTML file that needs no network."""
        raise typer.Exit(_complete(lambda: _slides(lab, out)))

    @group.command("schedule")
    def schedule(
        weeks: Annotated[int, typer.Option(min=1, help="How many the term has.")],
        hours: Annotated[float, typer.Option(min=0.5, help="Of work a week, at most.")] = HOURS,
        as_markdown: Annotated[bool, typer.Option("--markdown", help="A table to be put into "
                               "a page.")] = False,
        as_json: Json = False,
    ) -> None:  # fmt: skip
        """A plan of chapters, labs and exercises over the weeks of a term."""
        raise typer.Exit(_schedule(weeks, hours, as_markdown, as_json))

    @group.command("grade")
    def grade(
        folder: Annotated[Path, typer.Argument(help="The class: a folder for each student.")],
        pack: Annotated[Path, typer.Option(help="An unpacked pack, made with --for dir.")],
        as_json: Json = False,
    ) -> None:  # fmt: skip
        """Grades a class, two at a time; goes on where an earlier run was stopped."""
        from learn.teacher import class_show

        raise typer.Exit(class_show.grade(folder, pack, as_json))


def _schedule(weeks: int, hours: float, as_markdown: bool, as_json: bool) -> int:
    from learn.exercise import catalogue
    from learn.site import chapters
    from learn.teacher import lab as labs
    from learn.teacher import schedule

    try:
        todo = schedule.items(chapters.load_all(), catalogue.load_all(),
                              [labs.load(folder) for folder in labs.folders()])  # fmt: skip
        planned = schedule.plan(todo, weeks, hours)
    except (schedule.ScheduleError, chapters.ChapterError, ExerciseError) as problem:
        return _complain(problem)
    if as_json:
        print(json.dumps({"check": "schedule", "ok": True, "weeks": schedule.to_dict(planned)},
                         ensure_ascii=False))  # fmt: skip
    elif as_markdown:
        print(schedule.markdown(planned))
    else:
        _table(schedule.head(), schedule.rows(planned))
        total = sum(week.minutes for week in planned) / 60
        print(say("schedule.total", weeks=weeks, hours=f"{total:.1f}"))
    return GREEN


def _table(head: list[str], rows: list[list[str]]) -> None:
    table = Table(*(Column(cell, overflow="fold") for cell in head), show_lines=True)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(table)


def _slides(lab: str, out: Path) -> int:
    from learn.teacher import slides

    known = sorted({file.parent.name for file in slides.files(ROOT)})
    wanted = lab.strip("/").removeprefix("labs/")
    found = [name for name in known if wanted in (name, name.split("-")[0])]
    if len(found) != 1:
        return _complain(ValueError(say("slides.none", lab=lab, known=", ".join(known) or "–")))
    try:
        for file in slides.files(ROOT, found[0]):
            made = slides.write(file, out, ROOT)
            print(say("slides.written", file=relative(made)))
    except slides.SlidesError as problem:
        return _complain(problem)
    return GREEN


def _report(folder: Path, out: Path | None, as_json: bool) -> int:
    from learn.say import language
    from learn.teacher import report
    from learn.teacher.class_files import GRADES

    try:
        made = report.of(folder)
    except ClassError as problem:
        return _complain(problem)
    file = out or folder / GRADES / f"report.{language()}.html"
    write_file(file, report.page(made))
    if as_json:
        print(json.dumps({"check": "report", "ok": True, "file": str(file), **made.to_dict()},
                         ensure_ascii=False))  # fmt: skip
    else:
        print(say("report.written", file=file, students=made.students, pairs=len(made.pairs)))
    return GREEN


def _complete(act: Callable[[], int]) -> int:
    """A learner's install has no templates."""
    try:
        return act()
    except ModuleNotFoundError as problem:
        print(f"learn: {say('class.author', what=problem.name)}", file=sys.stderr)
        return ENVIRONMENT


def _complain(problem: Exception) -> int:
    print(f"learn: {problem}", file=sys.stderr)
    return USAGE
