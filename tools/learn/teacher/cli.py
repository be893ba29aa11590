# SPDX-License-Identifier: Apache-2.0
"""The verb `teacher`, a group."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from learn import paths
from learn.exercise.cli import one_line
from learn.gate import GREEN, RED
from learn.say import language, say
from learn.teacher import cli_class
from learn.teacher import lab as labs
from learn.teacher.lab import Lab, LabError

FORMATS = ("dir", "gradescope", "autolab", "actions")
OBJECTS = paths.BUILD / "labs" / "objects"
PACKS = paths.BUILD / "labs" / "packs"
STOPPED = 130  # as a shell has it after Ctrl-C


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True)
    group.command("pack")(one_line(pack))
    cli_class.register(group)
    app.add_typer(group, name="teacher", help="For teachers: labs, packs, marks, slides.")


def pack(
    lab: Annotated[str, typer.Argument(help="L3, or the name of its folder.")],
    for_: Annotated[str, typer.Option("--for", help="gradescope, autolab, actions or "
                    "dir.")] = "dir",
    seed: Annotated[int | None, typer.Option(min=1, help="Of the hidden tests; else by "
                                             "chance.")] = None,
    private: Annotated[Path | None, typer.Option(help="A folder with hidden tests of your own "
                                                 "and private.toml, which says their "
                                                 "points.")] = None,
    out: Annotated[Path | None, typer.Option(help="A folder; else build/labs/packs.")] = None,
) -> int:
    """Makes a lab's pack for a platform, and proves it before it is given away."""
    from learn.teacher import pack_show
    from learn.teacher import private as private_tests

    if for_ not in FORMATS:
        raise LabError(say("teacher.unknown_format", name=for_, known=", ".join(FORMATS)))
    found = labs.find(lab)
    if private is not None:
        found = private_tests.added(found, private, for_)
    target = out or PACKS
    target.mkdir(parents=True, exist_ok=True)
    try:
        with pack_show.stoppable(), tempfile.TemporaryDirectory(prefix="learn-pack-") as scratch:
            return _packed(found, for_, seed, target, Path(scratch))
    except KeyboardInterrupt:
        print(f"learn: {say('teacher.stopped')}", file=sys.stderr)
        return STOPPED


def _packed(lab: Lab, layout: str, seed: int | None, target: Path, scratch: Path) -> int:
    from learn.teacher import layouts, prove
    from learn.teacher import pack as packs
    from learn.teacher.layouts import common
    from learn.teacher.pack_show import phase

    began = time.monotonic()
    with phase(say("teacher.making", lab=lab.name)) as steps:
        made = packs.make(lab, scratch / "pack", seed, steps)
        given = layouts.of(layout).build(made, scratch, language())
    with phase(say("teacher.proving", format=layout)) as steps:
        proof = prove.prove(made, layout, given, OBJECTS, steps)
    with phase(say("teacher.attacking")) as steps:
        attacked = prove.attack(made, OBJECTS, steps=steps)
    problems = [*proof.problems, *attacked.problems]
    for problem in problems:
        print(f"learn: {problem}", file=sys.stderr)
    if problems:
        print(say("teacher.not_given"), file=sys.stderr)
        return RED
    place = common.put(given, target)
    print(say("teacher.packed", lab=lab.name, place=paths.relative(place.resolve()),
              seed=made.seed, answers=proof.answers, hostile=attacked.hostile,
              points=lab.tested, seconds=f"{time.monotonic() - began:.0f}"))  # fmt: skip
    return GREEN
