# SPDX-License-Identifier: Apache-2.0
"""Gradescope: one zip, whose top becomes /autograder/source. setup.sh makes the image,
run_autograder grades /autograder/submission. A fault leaves no results.json, so Gradescope
shows an error and no mark."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from learn.teacher.layouts import common
from learn.teacher.layouts.common import SPDX, Graded
from learn.teacher.pack import Made

_SETUP = f"""#!/usr/bin/env bash
{SPDX}
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends g++ binutils libgtest-dev python3
if ! echo '#include <expected>' | g++ -std=c++23 -x c++ -fsyntax-only - 2> /dev/null; then
  apt-get install -y --no-install-recommends g++-12
  update-alternatives --install /usr/bin/g++ g++ /usr/bin/g++-12 100
fi
cd "${{AUTOGRADER:-/autograder}}/source"
python3 grader/grade.py --prepare
"""
_RUN = """#!/usr/bin/env bash
{spdx}
set -euo pipefail
top="${{AUTOGRADER:-/autograder}}"
cd "$top/source"
mkdir -p "$top/results"
rm -f "$top/results/results.json"
python3 grader/grade.py --submission "$top/submission" --student submission \\
  --out "$top/grade.json" --lang {lang}
python3 grader/convert.py gradescope "$top/grade.json" --lang {lang} \\
  --out "$top/results/results.json"
"""


def build(made: Made, target: Path, language: str) -> Path:
    folder = common.copied(made.folder, target / "gradescope")
    common.script(folder / "setup.sh", _SETUP)
    common.script(folder / "run_autograder", _RUN.format(spdx=SPDX, lang=language))
    archive = target / f"{made.lab.name}-gradescope.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for file in sorted(f for f in folder.rglob("*") if f.is_file()):
            out.write(file, file.relative_to(folder))
    shutil.rmtree(folder)
    return archive


def room(given: Path, clean: Path) -> Path:
    source = clean / "source"
    shutil.unpack_archive(given, source, "zip")
    return source


def grade(clean: Path, submission: Path, env: dict[str, str]) -> Graded:
    handed_in = clean / "submission"
    shutil.rmtree(handed_in, ignore_errors=True)
    common.copied(submission, handed_in)
    (clean / "grade.json").unlink(missing_ok=True)
    ended = common.run(["bash", "source/run_autograder"], clean, {**env, "AUTOGRADER": str(clean)})
    told = common.read(clean / "results" / "results.json")
    return Graded(ended.status, ended.output, common.read(clean / "grade.json"),
                  told.get("score"))  # fmt: skip
