# SPDX-License-Identifier: Apache-2.0
"""Of ./learn teacher the verbs about a class, a term and a lesson: report, schedule, slides."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from learn.exercise.tree import write_file
from learn.gate import GREEN, USAGE
from learn.paths import BUILD, ROOT, relative
from learn.say import say
from learn.teacher.class_files import ClassError

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
        raise typer.Exit(_report(folder, out, as_json))

    @group.command("slides")
    def slides(
        lab: Annotated[str, typer.Argument(help="A lab, as L3.")],
        out: Annotated[Path, typer.Option(help="Where the folder of the lab is put.")] = SLIDES,
    ) -> None:
        """The slides of a lab: for each language one HTML file that needs no network."""
        raise typer.Exit(_slides(lab, out))


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


def _complain(problem: Exception) -> int:
    print(f"learn: {problem}", file=sys.stderr)
    return USAGE
