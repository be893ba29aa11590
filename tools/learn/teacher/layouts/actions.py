# SPDX-License-Identifier: Apache-2.0
"""GitHub Actions: a template repository. The workflow grades what is pushed, and needs no
service. The pack lies in .grader/, where a student can read it, its seed as well: for marks
that count, grade the repositories yourself with a pack of another seed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from learn.teacher.layouts import common
from learn.teacher.layouts.common import SPDX, Graded
from learn.teacher.pack import Made

WORKFLOW = ".github/workflows/grade.yml"
_INSTALL = "sudo apt-get update && sudo apt-get install -y --no-install-recommends g++ libgtest-dev"
_GRADE = "python3 .grader/grader/grade.py --submission . --student \"$STUDENT\" --out grade.json"
_SHOW = "python3 .grader/grader/convert.py actions grade.json --lang {lang} --junit junit.xml"
# Only these commands are run where a pack is proved; the others need GitHub.
_PROVED = ("grade", "summary")


def _workflow(lab: str, language: str) -> str:
    return f"""{SPDX}
name: {lab}
on: [push, workflow_dispatch]
permissions:
  contents: read
jobs:
  grade:
    runs-on: ubuntu-24.04
    timeout-minutes: 20
    env:
      STUDENT: ${{{{ github.actor }}}}
    steps:
      - uses: actions/checkout@11d5960a326750d5838078e36cf38b85af677262 # v4.4.0
      - name: install
        run: {_INSTALL}
      - name: grade
        run: {_GRADE} --lang {language}
      - name: summary
        run: {_SHOW.format(lang=language)} >> "$GITHUB_STEP_SUMMARY"
      - uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2
        if: always()
        with:
          name: grade
          path: |
            grade.json
            junit.xml
"""


def build(made: Made, target: Path, language: str) -> Path:
    folder = target / f"{made.lab.name}-actions"
    common.copied(made.folder, folder / ".grader")
    file = folder / WORKFLOW
    file.parent.mkdir(parents=True)
    file.write_text(_workflow(made.lab.short, language), "utf-8")
    (folder / "README.md").write_text(common.handout(made, language), "utf-8")
    (folder / ".gitignore").write_text(f"{SPDX}\n.grader/objects/\ngrade.json\njunit.xml\n")
    common.starters(made, folder)
    return folder


def room(given: Path, clean: Path) -> Path:
    common.copied(given, clean / "given")
    return clean / "given" / ".grader"


def grade(clean: Path, submission: Path, env: dict[str, str]) -> Graded:
    """The commands of the workflow's own file, in a checkout with the submission's files."""
    checkout = clean / "checkout"
    shutil.rmtree(checkout, ignore_errors=True)
    common.copied(submission, checkout)
    shutil.rmtree(checkout / ".grader", ignore_errors=True)
    common.copied(clean / "given" / ".grader", checkout / ".grader")
    text = (clean / "given" / WORKFLOW).read_text("utf-8")
    summary = clean / "summary.md"
    summary.unlink(missing_ok=True)
    output, status = "", 0
    for name in _PROVED:
        step = re.search(rf"- name: {name}\n +run: (.*)\n", text)
        ended = common.run(["bash", "-e", "-c", step[1] if step else "false"], checkout,
                            {**env, "STUDENT": "someone", "GITHUB_STEP_SUMMARY": str(summary)})
        output, status = output + ended.output, status or ended.status
        if status:
            break
    told = summary.read_text("utf-8") if summary.is_file() else ""
    total = re.search(r"^## .*?: (?:\d+ 分得 )?(\d+(?:\.\d)?) (?:of|分)", told, re.MULTILINE)
    score = float(total[1]) if total else None
    return Graded(status, output, common.read(checkout / "grade.json"), score)
