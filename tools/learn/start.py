# SPDX-License-Identifier: Apache-2.0
"""`./learn` alone: build, trace one echo, show its sequence, serve the site."""

from __future__ import annotations

import socket
import sys

from rich.console import Console

from learn import index
from learn.exercise import catalogue, workspace
from learn.gate import ENVIRONMENT, GREEN, RED
from learn.record import sequence
from learn.run import build, progress
from learn.say import language, say
from learn.setup import stamps


def run(port: int, serve: bool) -> int:
    if stamps.for_learner():
        return for_learner()
    if serve and not port_is_free(port):
        return complain(say("cli.port_in_use", port=port), ENVIRONMENT)
    try:
        build.build("release")
    except build.BuildError as problem:
        return complain(str(problem), RED, problem.log)
    show_echo()
    if verb(say("cli.site"), "site.log", "site") != GREEN:
        return complain(say("cli.site_failed", log="build/logs/site.log"), RED, "site.log")
    go_on()
    if not serve:
        print(say("cli.ready"))
        return GREEN
    from learn.site import serve as site

    return site.serve(port)


def for_learner() -> int:
    """The library, the programs, the demos, and the index of symbols that every exercise
    needs; no tests, no peers, no site."""
    try:
        build.build("release", "programs/all", "chapters/all")
    except build.BuildError as problem:
        return complain(str(problem), RED, problem.log)
    print(say("cli.indexing"), flush=True)
    index.load()
    print(say("cli.learner_ready"))
    go_on()
    return GREEN


def go_on() -> None:
    """Where one was: the exercise that is not finished yet."""
    name = workspace.current()
    exercise = next((e for e in catalogue.whole()[0] if e.id == name), None)
    if exercise is None:
        return
    key = "go_further" if workspace.progress(exercise)["green"] else "go_on"
    print(say(f"cli.{key}", id=exercise.id, title=exercise.title[language()]))


def show_echo() -> None:
    """Records an echo and compares it with the committed one, which is then shown."""
    arguments = ("record", "echo", "--verify", "-n", "1")
    if verb(say("cli.tracing"), "record.log", *arguments) != GREEN:
        print(progress.tail("record.log", 3), file=sys.stderr)
        print(say("cli.trace_failed"), file=sys.stderr)
    try:
        sequence.show("echo", Console(highlight=False))
    except sequence.NoTrace:
        complain(say("cli.no_trace"), RED)


def verb(title: str, log: str, *arguments: str) -> int:
    """Another verb of ./learn, its output in a log and its time on a bar."""
    return progress.run(title, [sys.executable, "-m", "learn", *arguments], log)


def port_is_free(port: int) -> bool:
    """Asked before the long build, not after it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def complain(text: str, status: int, log: str = "") -> int:
    if log:
        print(progress.tail(log), file=sys.stderr)
    print(f"learn: {text}", file=sys.stderr)
    return status
