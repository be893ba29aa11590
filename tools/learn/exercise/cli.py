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
from learn.exercise import catalogue, flow, model, show, workspace
from learn.exercise.judge import Verdict
from learn.exercise.model import Exercise, ExerciseError
from learn.gate import ENVIRONMENT, GREEN, RED, USAGE
from learn.say import language, say

Name = Annotated[
    str, typer.Argument(help="03-mcache/1-size-classes, or a part of it; none: the one you "
                        "were at last.")
]
Full = Annotated[bool, typer.Option("--full", help="When the tests pass: the whole server with "
                 "your files, recorded, and compared with the real one.")]
Quick = Annotated[bool, typer.Option("--quick", help="Without the sanitizers.")]
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
        from learn.exercise.explore import CannotMeasure
        from learn.exercise.tests import NothingRan
        from learn.exercise.toolchain import NoCompiler
        from learn.index.symbol import IndexUnavailable

        try:
            raise typer.Exit(verb(*args, **options))
        except ExerciseError as problem:
            complain(str(problem), USAGE)
        except CannotMeasure as problem:
            complain(str(problem), ENVIRONMENT)
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
    sound, broken = catalogue.whole()
    rows = [(e, workspace.progress(e), workspace.is_started(e)) for e in sound]
    if as_json:
        print(json.dumps({"exercises": [
            {"id": e.id, "kind": e.kind, "title": e.title, "minutes": e.minutes,
             "stars": e.stars, "prerequisites": e.prerequisites, "started": started,
             "green": state["green"], "hints": sum(state["hints"].values())}
            for e, state, started in rows]}, ensure_ascii=False))  # fmt: skip
        return GREEN
    from learn.exercise import listing

    here = workspace.current()
    shown = [listing.Row(e, state["green"], started, sum(state["hints"].values()), e.id == here)
             for e, state, started in rows]  # fmt: skip
    print("\n".join(listing.lines(shown)))
    for problem in broken:
        print(f"learn: {problem}", file=sys.stderr)
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


def run(name: Name = "", as_json: Json = False, quick: Quick = False, full: Full = False) -> int:
    """Compiles your files with the rest of the library and runs the tests."""
    if full and (as_json or quick):
        raise ExerciseError(say("exercise.full_alone"))
    from learn.exercise import session

    exercise = _exercise(name)
    _tell_changes(exercise)
    verdict = session.verdict_of(exercise)
    if not as_json:
        print("\n".join(show.lines(verdict, workspace.folder(exercise))), flush=True)
        status = verdict.exit_code if quick else _closer(exercise, verdict)
        return _whole(exercise) if full and status == GREEN else status
    told = verdict.to_dict(exercise, language())
    if not quick and session.wants_a_closer_look(exercise, verdict):
        closer = session.look_closer(exercise)
        told |= {"clean": closer.clean, "found": closer.sentences + [o.test for o in closer.broken]}
        if verdict.exit_code == GREEN and not closer.clean:
            told |= {"exit": RED}
    print(json.dumps(told, ensure_ascii=False))
    return told["exit"]


def watch(name: Name = "") -> int:
    """Runs the tests each time you save."""
    from learn.exercise import session

    exercise = _exercise(name)
    _tell_changes(exercise)
    _prepare(exercise)

    def begin() -> None:
        print(say("exercise.running"), flush=True)

    for verdict in session.verdicts(exercise, begin):
        if sys.stdout.isatty():
            print("\033[2J\033[H", end="")
        print("\n".join(show.lines(verdict, workspace.folder(exercise))), flush=True)
        _closer(exercise, verdict)
        print(say("exercise.watching"), flush=True)
    return GREEN


def _closer(exercise: Exercise, verdict: Verdict) -> int:
    """Tells what the sanitizers see, and what comes after green; the exit status."""
    from learn.exercise import session

    if session.wants_a_closer_look(exercise, verdict):
        closer = session.look_closer(exercise)
        print("\n".join(show.closer(verdict, closer)), flush=True)
        if verdict.exit_code == GREEN and not closer.clean:
            return RED
    if verdict.exit_code == GREEN:
        print("\n".join(show.after_green(exercise)), flush=True)
    return verdict.exit_code


def _whole(exercise: Exercise) -> int:
    """The chapter's recordings, made with the learner's files in the server."""
    from learn.exercise import whole
    from learn.record.errors import RecordError
    from learn.run.build import BuildError

    print(say("exercise.whole"), flush=True)
    try:
        found = whole.compared(exercise)
    except (BuildError, RecordError) as problem:
        print(f"learn: {problem}", file=sys.stderr)
        return getattr(problem, "code", RED)
    for one in found:
        show.compared(one)
    return RED if any(one.pair for one in found) else GREEN


About = Annotated[str, typer.Argument(help="An exercise, or what you are stuck on: the name of a "
                                     "function or a question. A number: as below.")]
Again = Annotated[int, typer.Argument(help="1, 2 or 3: a hint that was given before.")]


def hint(about: About = "", again: Again = 0) -> int:
    """One hint more; there are three for each part."""
    if about.isdigit() and len(about) == 1:
        about, again = "", int(about)
    exercise, part = _stuck_on(about)
    if again:
        number, text = again, workspace.hint_again(exercise, part, again, language())
    else:
        number, text = workspace.next_hint(exercise, part, language())
    key = "hint_about" if part else "hint"
    print(say(f"exercise.{key}", number=number, total=model.HINTS, part=part))
    print("\n".join(flow.lines(text)))
    return GREEN


def _stuck_on(about: str) -> tuple[Exercise, str]:
    """The exercise and the part that a hint is asked for; where nothing is said, the
    first part that is not begun."""
    here = catalogue.find(name) if (name := workspace.current()) else None
    if here and about in here.parts:
        exercise, wanted = here, [about]
    else:
        exercise = _exercise(about)
        wanted = workspace.open_parts(exercise)[:1]
    parts = list(catalogue.hints(exercise, language()))
    found = parts if len(parts) == 1 else [part for part in wanted if part in parts]
    if found:
        return exercise, found[0]
    raise ExerciseError(say("exercise.hint_which", parts=", ".join(parts), first=parts[0]))


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
    print(_solution(exercise) or say("exercise.the_same"))
    return GREEN


def _solution(exercise: Exercise) -> str:
    if exercise.kind != "explore":
        return workspace.solution_diff(exercise)
    from learn.exercise import answers, explore

    right = answers.filled(exercise, explore.remembered(exercise), language())
    return workspace.difference(exercise, {answers.FILE: right})


def _tell_changes(exercise: Exercise) -> None:
    for file in workspace.changed_since_start(exercise):
        print(say("exercise.changed", file=file, id=exercise.id), file=sys.stderr, flush=True)


def _exercise(name: str) -> Exercise:
    return catalogue.find(name or workspace.current_or_error())


def _prepare(exercise: Exercise) -> None:
    """Compiles what every verdict needs, so that each of them is quick."""
    from learn.exercise import session

    print(say("exercise.preparing"), file=sys.stderr, flush=True)
    seconds = session.prepare(exercise)
    print(say("exercise.prepared", seconds=f"{seconds:.1f}"), file=sys.stderr, flush=True)
