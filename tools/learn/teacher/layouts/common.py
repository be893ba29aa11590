# SPDX-License-Identifier: Apache-2.0
"""What the layouts have in common, and what each of them offers."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from learn.run import bounded
from learn.run.bounded import Limits
from learn.teacher.pack import Made

GRADING = Limits(seconds=900.0, output=4 << 20)
SPDX = "# SPDX-License-Identifier: Apache-2.0"


@dataclass(frozen=True)
class Graded:
    """What came out: the grade file, and the score that the platform reads."""

    status: int
    output: str
    grade: dict[str, Any] = field(default_factory=dict)
    platform: float | None = None


class Layout(Protocol):
    def build(self, made: Made, target: Path, language: str) -> Path:
        """Writes its files below `target`; returns what the teacher gives to the platform."""

    def room(self, given: Path, clean: Path) -> Path:
        """Unpacks as the platform does; returns the folder with pack.json."""

    def grade(self, clean: Path, submission: Path, env: dict[str, str]) -> Graded:
        """Grades by the platform's commands. `submission`: a folder or an archive."""


def run(command: list[str], cwd: Path, env: dict[str, str]) -> bounded.Ended:
    """As on a machine that has no project: nothing of ours is found by Python."""
    clean = {name: text for name, text in os.environ.items()
             if name not in ("PYTHONPATH", "LEARN_LANG")}  # fmt: skip
    python = str(Path(sys.executable).parent)
    path = f"{python}:{clean.get('PATH', '')}"
    return bounded.run(command, GRADING, cwd=cwd,
                       env={**clean, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1", **env})


def read(file: Path) -> dict[str, Any]:
    """A JSON object; empty if there is none."""
    try:
        return dict(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def put(given: Path, target: Path) -> Path:
    """Gives a layout's files away: into `target`, in place of older ones. They come there
    under another name, so that half a pack never has a pack's name."""
    place, half = target / given.name, target / f".{given.name}.half"
    _remove(half)
    try:
        shutil.move(given, half)
        _remove(place)
        half.rename(place)
    finally:
        _remove(half)
    return place


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def starters(made: Made, target: Path) -> None:
    """What students begin with, under the names by which they hand it in."""
    for known in made.known:
        exercise = known.exercise
        for name, text in known.starter.items():
            file = target / exercise.id / name.removeprefix(exercise.inner)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")


def packed(folder: Path, archive: Path, inside: str) -> None:
    """A tar of `folder` under the name `inside`, without who and when."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        return entry

    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as out:
        out.add(folder, inside, filter=plain)


def script(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    file.chmod(0o755)


def copied(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, symlinks=True)
    return target


def handout(made: Made, language: str) -> str:
    """The lab's handout, or its title where it has none."""
    file = made.lab.folder / f"handout.{language}.md"
    return file.read_text("utf-8") if file.is_file() else f"# {made.lab.title[language]}\n"


