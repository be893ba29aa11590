# SPDX-License-Identifier: Apache-2.0
"""A folder, for `./learn teacher grade`, or for a platform that has no layout yet."""

from __future__ import annotations

import sys
from pathlib import Path

from learn.teacher.layouts import common
from learn.teacher.layouts.common import Graded
from learn.teacher.pack import Made


def build(made: Made, target: Path, language: str) -> Path:
    return common.copied(made.folder, target / f"{made.lab.name}-dir")


def room(given: Path, clean: Path) -> Path:
    return common.copied(given, clean / "pack")


def grade(clean: Path, submission: Path, env: dict[str, str]) -> Graded:
    out = clean / "out.grade.json"
    out.unlink(missing_ok=True)
    command = [sys.executable, "grader/grade.py", f"--submission={submission}",
               "--student=someone", f"--out={out}"]  # fmt: skip
    ended = common.run(command, clean / "pack", env)
    told = common.read(out)
    return Graded(ended.status, ended.output, told, told.get("score"))
