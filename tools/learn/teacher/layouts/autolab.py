# SPDX-License-Identifier: Apache-2.0
"""Autolab: for each job it puts handin.tar, autograde.tar and autograde-Makefile, as
Makefile, into an empty folder and runs `make`; the last line is the score."""

from __future__ import annotations

import json
import shutil
import tarfile
import tempfile
from pathlib import Path

from grader import told
from learn.teacher.layouts import common
from learn.teacher.layouts.common import SPDX, Graded
from learn.teacher.pack import Made

# The library is compiled in each job, unless the image has its objects: GRADER_OBJECTS.
_TIMEOUT_S = 600
_MAKEFILE = f"""{SPDX}
all:
	@tar xf autograde.tar
	@python3 autograde/grader/grade.py --submission handin.tar --student handin \\
	  --out grade.json --lang {{lang}}
	@python3 autograde/grader/convert.py autolab grade.json --lang {{lang}}
"""


def build(made: Made, target: Path, language: str) -> Path:
    folder = target / f"{made.lab.name}-autolab"
    folder.mkdir()
    name = f"annotatednetpoll{made.lab.short.lower()}"
    common.packed(made.folder, folder / "autograde.tar", "autograde")
    (folder / "autograde-Makefile").write_text(_MAKEFILE.format(lang=language), "utf-8")
    (folder / f"{name}.yml").write_text(_settings(made, name, language), "utf-8")
    (folder / "writeup").mkdir()
    (folder / "writeup" / "README.md").write_text(common.handout(made, language), "utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        common.starters(made, Path(scratch, name))
        common.packed(Path(scratch, name), folder / f"{name}-handout.tar", name)
    return folder


def _settings(made: Made, name: str, language: str) -> str:
    """JSON is YAML; Autolab reads YAML."""
    parts = [{"name": told.number({"id": part.exercise.id}),
              "description": part.exercise.title[language],
              "max_score": float(part.most), "optional": False}
             for part in made.lab.parts]  # fmt: skip
    report = [{"name": one.name[language], "description": "", "max_score": float(one.points),
               "optional": True} for one in made.lab.report]  # fmt: skip
    table = {
        "general": {"name": name, "description": "", "handin_filename": "handin.tar",
                    "display_name": f"{made.lab.short} {made.lab.title[language]}",
                    "handin_directory": "handin", "max_grace_days": 0,
                    "handout": f"{name}-handout.tar", "writeup": "writeup/README.md",
                    "max_submissions": -1, "disable_handins": False, "max_size": 2,
                    "has_svn": False, "category_name": "Lab"},
        "problems": [*parts, *report],
        "autograder": {"autograde_timeout": _TIMEOUT_S, "autograde_image": "autograding_image",
                       "release_score": True},
    }  # fmt: skip
    body = "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}"
                     for key, value in table.items())  # fmt: skip
    return f"---\n{SPDX}\n{body}\n"


def room(given: Path, clean: Path) -> Path:
    """What each job finds; and the pack unpacked, as `make` unpacks it."""
    common.copied(given, clean / "given")
    job = clean / "job"
    job.mkdir()
    _put(clean)
    shutil.unpack_archive(job / "autograde.tar", job, "tar", **_FILTER)
    return job / "autograde"


# What newer Pythons ask for; older ones do not know the word.
_FILTER: dict[str, str] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


def _put(clean: Path) -> None:
    shutil.copyfile(clean / "given" / "autograde.tar", clean / "job" / "autograde.tar")
    shutil.copyfile(clean / "given" / "autograde-Makefile", clean / "job" / "Makefile")


def grade(clean: Path, submission: Path, env: dict[str, str]) -> Graded:
    job = clean / "job"
    shutil.rmtree(job)
    job.mkdir()
    _put(clean)
    if submission.is_dir():
        common.packed(submission, job / "handin.tar", ".")
    else:
        shutil.copyfile(submission, job / "handin.tar")
    ended = common.run(["make"], job, env)
    lines = ended.output.strip().splitlines()
    try:
        scores = json.loads(lines[-1])["scores"] if ended.status == 0 and lines else None
    except (ValueError, KeyError):
        scores = None
    total = None if scores is None else round(sum(scores.values()), 1)
    return Graded(ended.status, ended.output, common.read(job / "grade.json"), total)
