# SPDX-License-Identifier: Apache-2.0
"""The whole server with a learner's files in it: `./learn run --full`, `./learn race --mine`.

    build/mine/tree/      the project's sources; the learner's files stand in place of the real
                          ones. What has not changed keeps its time, so little is compiled anew.

The scenarios of the exercise's chapter are recorded on that server, and compared step by
step with the recordings of the real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from learn import index as symbols
from learn import paths
from learn.exercise import catalogue, workspace
from learn.exercise.model import Exercise, ExerciseError
from learn.exercise.tree import write_files
from learn.record import trace
from learn.record.runs import Bench
from learn.run import progress
from learn.run.build import BuildError
from learn.say import say

HOME = paths.BUILD / "mine"
TREE = HOME / "tree"
PARTS = ("CMakeLists.txt", "CMakePresets.json", "cmake", "src", "programs", "chapters",
         "diagrams/common.toml", "diagrams/programs", "diagrams/scenarios", "diagrams/traces")
# A learner's warning is told by the judge, and need not stop the server.
OPTIONS = ("-DNETPOLL_TESTS=OFF", "-DNETPOLL_BENCHMARKS=OFF",
           "-DCMAKE_COMPILE_WARNING_AS_ERROR=OFF")
USUAL = ("echo",)  # where a chapter has no recording of its own


@dataclass(frozen=True)
class Compared:
    """One scenario: how many steps, and the first pair that differs, if one does."""

    scenario: str
    steps: int
    pair: tuple | None


def can_be_whole(exercise: Exercise) -> bool:
    """A build is a program of its own, and an explore has no code."""
    return exercise.kind in ("fill", "fix")


def scenarios(exercise: Exercise) -> list[str]:
    """The recordings of its chapter, without those of faults."""
    named = catalogue.chapter(exercise.id.split("/")[0], exercise.root).get("scenarios", [])
    return [name for name in named if "+" not in name] or list(USUAL)


def compared(exercise: Exercise) -> list[Compared]:
    """Each scenario, recorded on the learner's server. Raises BuildError, RecordError."""
    stand(exercise)
    folders = [TREE / name for name in ("src", "programs", "diagrams/programs")]
    index = symbols.build(root=TREE, cache=HOME / "index", quiet=True, folders=folders)
    bench = Bench(TREE, index, lambda name: built("record", name) / name)
    found = []
    for name in scenarios(exercise):
        fresh = bench.record(name)
        pair = trace.first_difference(trace.read(name, exercise.root), fresh)
        found.append(Compared(name, len(fresh["steps"]), pair))
    return found


def stand(exercise: Exercise) -> None:
    """Makes the tree: the real files, and the learner's in their places."""
    if not can_be_whole(exercise):
        raise ExerciseError(say("exercise.not_whole", id=exercise.id))
    mine = workspace.handed_in(exercise)
    wanted: dict[str, str] = {}
    for part in PARTS:
        top = exercise.root / part
        for file in [top] if top.is_file() else sorted(f for f in top.rglob("*") if f.is_file()):
            wanted[str(file.relative_to(exercise.root))] = file.read_text("utf-8")
    wanted |= mine
    for old in [f for part in PARTS for f in (TREE / part).rglob("*") if f.is_file()]:
        if str(old.relative_to(TREE)) not in wanted:
            old.unlink()
    write_files(TREE, wanted)


def built(preset: str, *targets: str) -> Path:
    """The learner's programs of one preset; returns their folder."""
    log = f"build-mine-{preset}.log"
    configure = ["cmake", "-S", str(TREE), "--preset", preset, *OPTIONS]
    if progress.run(say("cli.configure", preset=preset), configure, log) != 0:
        raise BuildError(say("cli.configure_failed", preset=preset, log=f"build/logs/{log}"), log)
    command = ["cmake", "--build", str(TREE / "build" / preset), "-j", "2", "--target", *targets]
    if progress.run(say("exercise.whole_build"), command, log, read=progress.ninja,
                    append=True) != 0:  # fmt: skip
        raise BuildError(say("cli.build_failed", preset=preset, log=f"build/logs/{log}"), log)
    return TREE / "build" / preset / "bin"
