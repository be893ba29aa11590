# SPDX-License-Identifier: Apache-2.0
"""The slides of the labs in a real browser: nothing is cut off at 1280 by 720, the keys
lead through them, the speaker's window follows, and a slide prints as a page.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from learn import paths
from learn.exercise.tree import write_file
from learn.gate import GateResult, Problem, blocked, verdict
from learn.gates import site
from learn.say import say
from learn.site import content
from learn.site.serve import server
from learn.teacher import slides, template

CHECKER = paths.NODE / "slides_check.mjs"
WAIT_S = 20.0  # for a window to follow another


def with_slides(result: GateResult, home: Path, root: Path = paths.ROOT) -> GateResult:
    """The verdict on the labs and on their slides. What was green is remembered in `home`
    by the content of all that it depends on."""
    if result.could_not_run:
        return result
    memory = home / "proved" / f"slides-{_key(root)}.txt"
    if memory.is_file():
        figures = {"slides": int(memory.read_text("utf-8"))}
        problems: list[Problem] = []
    else:
        try:
            figures, problems = check(root)
        except site.NoBrowser as problem:
            return blocked(result.check, str(problem), "./learn doctor")
        if not problems:
            write_file(memory, str(figures["slides"]))
    return verdict(result.check, {**result.figures, **figures},
                   sorted([*result.problems, *problems]))


def _key(root: Path) -> str:
    code = [Path(str(module.__file__)) for module in (slides, content, template)]
    inputs = [*slides.files(root), *sorted(template.FOLDER.glob("slides.*")), *code, CHECKER,
              paths.MESSAGES / "slides.toml", Path(__file__)]  # fmt: skip
    total = hashlib.sha256()
    for file in inputs:
        total.update(f"{file.name}\0{file.parent.name}\0".encode() + file.read_bytes() + b"\0")
    return total.hexdigest()[:32]


def check(root: Path = paths.ROOT) -> tuple[dict[str, int], list[Problem]]:
    """Figures and problems of every slides.LANG.md under labs/. Raises site.NoBrowser."""
    problems: list[Problem] = []
    made: dict[str, str] = {}  # {page: the file that it was made from}
    with tempfile.TemporaryDirectory() as folder:
        for file in slides.files(root):
            name = str(file.relative_to(root))
            try:
                page = slides.write(file, Path(folder), root)
            except slides.SlidesError as problem:
                problems.append(Problem(problem.file, problem.line, problem.text, ""))
            else:
                made[str(page.relative_to(folder))] = name
        count, found = look(Path(folder), made)
    return {"slides": count}, problems + found


def look(folder: Path, made: dict[str, str], seconds: float = WAIT_S) -> tuple[int, list[Problem]]:
    """How many slides the pages of `folder` have, and what is wrong. `made`: {page: the file
    that a problem is told of}."""
    if not made:
        return 0, []
    with server(folder) as address:
        job = {"browser": site.browser(), "pages": [f"{address}/{page}" for page in made],
               "seconds": seconds}  # fmt: skip
        seen = site._in_chromium(CHECKER, job)
    return seen["slides"], [_problem(fault, made[fault["page"]]) for fault in seen["faults"]]


def _problem(fault: dict[str, object], file: str) -> Problem:
    values = {key: fault[key] for key in ("slide", "title", "down", "right", "more")}
    mend = "overflow_mend" if fault["what"] == "overflow" else "mend"
    return Problem(file, 0, say(f"slides.{fault['what']}", **values), say(f"slides.{mend}"))
