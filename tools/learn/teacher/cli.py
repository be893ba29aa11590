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
from learn.teacher.lab import LabError

FORMATS = ("dir", "gradescope", "autolab", "actions")
OBJECTS = paths.BUILD / "labs" / "objects"
PACKS = paths.BUILD / "labs" / "packs"


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
    out: Annotated[Path | None, typer.Option(help="A folder; else build/labs/packs.")] = None,
) -> int:
    """Makes a lab's pack for a platform, and proves it before it is given away."""
    from learn.teacher import layouts, prove
    from learn.teacher import pack as packs
    from learn.teacher.layouts import common

    if for_ not in FORMATS:
        raise LabError(say("teacher.unknown_format", name=for_, known=", ".join(FORMATS)))
    found = labs.find(lab)
    target = out or PACKS
    target.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="learn-pack-") as scratch:
        _tell("making", lab=found.name)
        made = packs.make(found, Path(scratch, "pack"), seed)
        given = layouts.of(for_).build(made, Path(scratch), language())
        _tell("proving", format=for_)
        proof = prove.prove(made, for_, given, OBJECTS)
        _tell("attacking")
        attacked = prove.attack(made, OBJECTS)
        problems = [*proof.problems, *attacked.problems]
        for problem in problems:
            print(f"learn: {problem}", file=sys.stderr)
        if problems:
            print(say("teacher.not_given"), file=sys.stderr)
            return RED
        place = common.put(given, target)
    print(say("teacher.packed", lab=found.name, place=paths.relative(place.resolve()),
              seed=made.seed, answers=proof.answers, hostile=attacked.hostile,
              seconds=f"{time.monotonic() - began:.0f}"))
    return GREEN


def _tell(key: str, **values: object) -> None:
    print(say(f"teacher.{key}", **values), file=sys.stderr, flush=True)
