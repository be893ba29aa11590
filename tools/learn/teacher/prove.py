# SPDX-License-Identifier: Apache-2.0
"""A pack is proved before it is given away: unpacked in a clean folder, by the platform's
own commands, it must give the reference all points, the starter none, and each wrong
idea of the lab the points that the project's judge says, and its name.

Hostile submissions meet the same machinery in every layout, so one layout meets them.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader import run as sandbox
from learn.run import bounded
from learn.teacher import hostile, layouts
from learn.teacher.expect import Answer, answers
from learn.teacher.hostile import Hostile, World
from learn.teacher.layouts import common
from learn.teacher.layouts.common import Graded, Layout
from learn.teacher.pack import Made
from learn.teacher.steps import QUIET, Steps

HOSTILE_SECONDS = 3.0  # of a test program: those that hang need not hang for long
PLACES = ("/", "/tmp", "/var/tmp", "/dev/shm", "/root", "/etc")


@dataclass
class Proof:
    """What was graded, and one line for each thing that is not as it must be."""

    packs: int = 0
    answers: int = 0
    named: int = 0  # wrong ideas that a grade has named
    hostile: int = 0
    harm: int = 0
    problems: list[str] = field(default_factory=list)


def prove(made: Made, name: str, given: Path, objects: Path, steps: Steps = QUIET) -> Proof:
    """One layout of a pack: `given` is what the platform gets."""
    proof = Proof()
    layout = layouts.of(name)
    with _clean() as clean:
        env = _env(clean, objects)
        pack = layout.room(given, clean)
        prepared = common.run([sys.executable, "grader/grade.py", "--prepare"], pack, env)
        if prepared.status:
            proof.problems.append(f"{name}: --prepare failed: {_last(prepared.output)}")
            return proof
        every = answers(made.lab, made.known)
        steps.begin(len(every))
        for number, answer in enumerate(every):
            steps.step(answer.name)
            place = clean / "answers" / str(number)
            hostile.written(made.known, answer.files, place)
            got = layout.grade(clean, place, env)
            proof.answers += 1
            found = list(_differs(answer, got))
            proof.named += 0 if found else sum(idea is not None for idea in answer.ideas)
            proof.problems += [f"{name}: {text}" for text in found]
    proof.packs = int(not proof.problems)
    return proof


def attack(made: Made, objects: Path, only: str = "", steps: Steps = QUIET) -> Proof:
    """Every hostile submission against the pack. `only`: those with these letters."""
    proof = Proof()
    layout = layouts.of("dir")
    with _clean() as clean, _listener() as (port, heard), _bystander() as bystander:
        env = _env(clean, objects)
        pack = layout.room(made.folder, clean)
        prepared = common.run([sys.executable, "grader/grade.py", "--prepare"], pack, env)
        if prepared.status:
            proof.problems.append(f"--prepare failed: {_last(prepared.output)}")
            return proof
        beside = clean / "beside"
        beside.mkdir()
        (beside / "alice.grade.json").write_text('{"score": 1}\n')
        world = World(f"harm{secrets.token_hex(6)}", pack, beside, port, bystander.pid)
        every = [one for one in hostile.every(made.known, world, sandbox.walls())
                 if only in one.name]  # fmt: skip
        steps.begin(len(every))
        for one in every:
            steps.step(one.name)
            proof.hostile += 1
            found = _attacked(one, world, layout, clean, env)
            found += ["it has called out"] if heard else []
            found += ["it has ended a process"] if bystander.poll() is not None else []
            heard.clear()
            proof.harm += bool(found)
            proof.problems += [f"hostile {one.name}: {text}" for text in found]
    return proof


def _attacked(one: Hostile, world: World, layout: Layout, clean: Path,
              env: dict[str, str]) -> list[str]:  # fmt: skip
    """What harm it has done."""
    place = clean / "hostile" / one.name
    handed_in = one.write(place)
    before = {top: _state(top) for top in (world.pack, world.beside)}
    grading = {**env, "GRADER_SECONDS": str(HOSTILE_SECONDS)}
    got = layout.grade(clean, handed_in, grading)
    found = _wrong_marks(one.tenths, got)
    if f"{world.token} has read" in json.dumps(got.grade) or '"prelude":' in json.dumps(got.grade):
        found.append("it has read what it may not read")
    found += [f"it runs on: {name}" for name in _left(clean)]
    found += [f"it has written {path}" for path in _written(world.token, clean)]
    found += [f"it has changed {top.name}/" for top, state in before.items()
              if _state(top) != state]  # fmt: skip
    return found


def _wrong_marks(tenths: int, got: Graded) -> list[str]:
    if got.status or got.grade.get("status") != "ok":
        return [f"it was not graded: {_last(got.output) or got.grade.get('error')}"]
    if round(got.grade["score"] * 10) != tenths:
        return [f"it has {got.grade['score']} points, not {tenths / 10}"]
    return []


def _differs(answer: Answer, got: Graded) -> Iterator[str]:
    """In the grade file or on the platform."""
    if got.status or got.grade.get("status") != "ok":
        yield f"{answer.name} was not graded: {_last(got.output) or got.grade.get('error')}"
        return
    rows = zip(got.grade["parts"], answer.tenths, answer.ideas, strict=True)
    for part, tenths, idea in rows:
        if idea is not None and part["idea"] != idea:
            yield (f"the grade of {answer.name} names {part['idea'] or 'no idea'}: another mutant "
                   f"of {part['id']} fails the same tests with the same words")  # fmt: skip
        if round(part["score"] * 10) != tenths:
            failed = ", ".join(f"{test['name']} {test['status']}" for test in part["tests"]
                               if test["status"] != "passed")  # fmt: skip
            said = part["compiler"][:300] or part["note"] or failed
            yield (f"{answer.name} has {part['score']} points for {part['id']}, not "
                   f"{tenths / 10}: {' '.join(said.split())[:600]}")  # fmt: skip
    if got.platform is None or round(got.platform * 10) != sum(answer.tenths):
        yield f"{answer.name} has {got.platform} points on the platform, not " \
              f"{sum(answer.tenths) / 10}"


def _env(clean: Path, objects: Path) -> dict[str, str]:
    scratch = clean / "tmp"
    scratch.mkdir(exist_ok=True)
    return {"TMPDIR": str(scratch), "GRADER_OBJECTS": str(objects), "GRADER_KEEP": "1"}


@contextmanager
def _clean() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="learn-prove-") as folder:
        os.chmod(folder, 0o711)  # a submission may run as another user
        yield Path(folder).resolve()


@contextmanager
def _listener() -> Iterator[tuple[int, list[bytes]]]:
    """A server on this machine that no submission may reach."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    heard.append(b"called")

        threading.Thread(target=listen, daemon=True).start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)


@contextmanager
def _bystander() -> Iterator[subprocess.Popen[bytes]]:
    """Another process of this user, which must live on; it dies with this one."""
    with bounded.Kept(["sleep", "3600"], stdin=subprocess.DEVNULL) as kept:
        yield kept.process


def _left(clean: Path) -> list[str]:
    """Processes whose program lies in the folder of this proof."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"{clean}/tmp/" in os.readlink(entry / "exe"):
                found.append(entry.name)
        except OSError:
            continue
    return found


def _written(token: str, clean: Path) -> list[str]:
    """Files with the token in their names, where one might leave them."""
    # Where this user may not look, nobody could write who is graded as this user.
    found = [path / token for path in map(Path, PLACES) if os.path.lexists(path / token)]
    found += [path for path in clean.rglob(f"*{token}*") if "hostile" not in path.parts]
    return list(map(str, found))


def _state(top: Path) -> dict[str, Any]:
    """What is in a folder; of files their sizes and times."""
    return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns)
            for path in sorted(top.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
            and path.name != "their.cpp"}  # fmt: skip


def _last(output: str) -> str:
    lines = output.strip().splitlines()
    return lines[-1][:600] if lines else ""


