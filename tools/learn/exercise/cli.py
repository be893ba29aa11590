# SPDX-License-Identifier: Apache-2.0
"""The learner's verbs: list start watch run hint reset solution."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated

import typer

from learn import paths
from learn.exercise import model, show, workspace
from learn.exercise.model import Exercise, ExerciseError
from learn.gate import ENVIRONMENT, GREEN, RED, USAGE
from learn.say import language, say

Name = Annotated[
    str, typer.Argument(help="03-mcache/1-size-classes, or a part of it; none: the last started.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


def register(app: typer.Typer) -> None:
    """Adds the verbs to ./learn."""
    for name, verb in {
        "list": list_all, "start": start, "watch": watch, "run": run,
        "hint": hint, "reset": reset, "solution": solution,
    }.items():  # fmt: skip
        app.command(name)(one_line(verb))


def one_line(verb: Callable[..., int]) -> Callable[..., None]:
    """What goes wrong is one line on standard error and an exit code."""

    @wraps(verb)
    def wrapped(*args: object, **options: object) -> None:
        from learn.exercise.objects import NoCompiler
        from learn.exercise.tests import NothingRan
        from learn.index.symbol import IndexUnavailable

        try:
            raise typer.Exit(verb(*args, **options))
        except ExerciseError as problem:
            complain(str(problem), USAGE)
        except (NoCompiler, IndexUnavailable) as problem:
            complain(f"{problem}: ./learn doctor", ENVIRONMENT)
        except NothingRan as problem:
            complain(say("exercise.nothing_ran", words=" ".join(str(problem).split())), RED)

    return wrapped


def complain(text: str, status: int) -> None:
    print(f"learn: {text}", file=sys.stderr)
    raise typer.Exit(status)


def list_all(as_json: Json = False) -> int:
    """Every exercise, and how far you are."""
    rows = [(e, workspace.progress(e), workspace.is_started(e)) for e in model.load_all()]
    if as_json:
        print(json.dumps({"exercises": [
            {"id": e.id, "title": e.title, "minutes": e.minutes, "started": started, **state}
            for e, state, started in rows]}, ensure_ascii=False))  # fmt: skip
        return GREEN
    show.table([(e.id, e.title[language()], str(e.minutes), _state(state, started))
                for e, state, started in rows])  # fmt: skip
    return GREEN


def start(name: Name = "") -> int:
    """Puts the files of an exercise, with their holes, into workspace/."""
    exercise = _exercise(name)
    written = workspace.start(exercise, language())
    print(say("exercise.started", id=exercise.id, title=exercise.title[language()]))
    for path in written:
        print(f"    {paths.relative(path)}")
    print(say("exercise.read", readme=paths.relative(exercise.readme(language()))))
    _prepare(exercise)
    print(say("exercise.next", id=exercise.id))
    return GREEN


def run(name: Name = "", as_json: Json = False) -> int:
    """Compiles your files with the rest of the library and runs the tests."""
    from learn.exercise.session import verdict_of

    exercise = _exercise(name)
    verdict = verdict_of(exercise)
    if as_json:
        print(json.dumps(verdict.to_dict(exercise, language()), ensure_ascii=False))
    else:
        print("\n".join(show.lines(verdict)))
    return verdict.exit_code


def watch(name: Name = "") -> int:
    """Runs the tests each time you save."""
    from learn.exercise import session

    exercise = _exercise(name)
    _prepare(exercise)
    for verdict in session.verdicts(exercise):
        if sys.stdout.isatty():
            print("\033[2J\033[H", end="")
        print("\n".join(show.lines(verdict)))
        print(say("exercise.watching"), flush=True)
    return GREEN


def hint(name: Name = "") -> int:
    """One hint more; there are three."""
    number, text = workspace.next_hint(_exercise(name), language())
    print(say("exercise.hint", number=number, total=model.HINTS))
    print(text.strip("\n"))
    return GREEN


def reset(name: Name = "") -> int:
    """Fresh files; what you wrote stays beside them as .bak-1, .bak-2 …"""
    exercise = _exercise(name)
    for path in workspace.reset(exercise, language()):
        print(say("exercise.kept", file=paths.relative(path)))
    print(say("exercise.was_reset", id=exercise.id))
    return GREEN


def solution(name: Name = "") -> int:
    """From your files to the real ones; once you are green, or after three hints."""
    exercise = _exercise(name)
    workspace.need_started(exercise)
    if not workspace.may_see_solution(exercise):
        raise ExerciseError(say("exercise.not_yet", id=exercise.id))
    print(workspace.solution_diff(exercise) or say("exercise.the_same"))
    return GREEN


def _exercise(name: str) -> Exercise:
    wanted = name or workspace.current()
    if not wanted:
        raise ExerciseError(say("exercise.which"))
    return model.find(wanted)


def _prepare(exercise: Exercise) -> None:
    """Compiles what every verdict needs, so that each of them is quick."""
    from learn.exercise import session

    print(say("exercise.preparing"), file=sys.stderr, flush=True)
    seconds = session.prepare(exercise)
    print(say("exercise.prepared", seconds=f"{seconds:.1f}"), file=sys.stderr, flush=True)


def _state(state: dict, started: bool) -> str:
    key = "state_green" if state["green"] else "state_started" if started else "state_new"
    return say(f"exercise.{key}", hints=state["hints"])
