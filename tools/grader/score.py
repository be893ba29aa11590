# SPDX-License-Identifier: Apache-2.0
"""Statuses become points; the grade file is made here.

A part gives points x passed / counted, and the hidden part likewise, each rounded down to
a tenth. Only a test that has passed counts; which tests count, the pack says.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader import ideas
from grader.pack import Pack, Part
from grader.tests import PASSED, Result

SCHEMA = "annotated-netpoll/grade/1"
GREEN, RED, COMPILER, TIMEOUT, MISSING = "green", "red", "does_not_compile", "timeout", "missing"


@dataclass(frozen=True)
class Verdict:
    """Of one part."""

    verdict: str
    results: list[Result] = field(default_factory=list)  # of the part's own tests
    hidden: list[Result] = field(default_factory=list)
    compiler: str = ""
    note: str = ""  # what went wrong outside of any test


def tenths(points: int, results: list[Result], counted: list[str]) -> int:
    """Points x passed / counted, in tenths, rounded down."""
    wanted = set(counted)
    passed = {result.name for result in results if result.status == PASSED} & wanted
    return points * 10 * len(passed) // len(wanted) if wanted else 0


def points(count: int) -> float:
    """Of tenths: 4, not 4.0, where it is whole."""
    return count // 10 if count % 10 == 0 else count / 10


def part_tenths(part: Part, verdict: Verdict) -> int:
    return tenths(part.points, verdict.results, part.counted) + hidden_tenths(part, verdict)


def hidden_tenths(part: Part, verdict: Verdict) -> int:
    return (tenths(part.hidden_points, verdict.hidden, part.hidden)
            + tenths(part.private_points, verdict.hidden, part.private))  # fmt: skip


def idea(part: Part, verdict: Verdict) -> str | None:
    """The known wrong idea with which the part's own tests fail alike."""
    failing = [(r.name, r.status, r.message) for r in verdict.results if r.status != PASSED]
    return ideas.named(part.ideas, failing)


def part_entry(part: Part, verdict: Verdict) -> dict[str, Any]:
    rows = [(result, False) for result in verdict.results]
    rows += [(result, True) for result in verdict.hidden]
    known, helps = idea(part, verdict), {one["mutant"]: one["help"] for one in part.ideas}
    return {
        "id": part.exercise, "name": part.name,
        "score": points(part_tenths(part, verdict)), "max": part.most,
        "own_tenths": tenths(part.points, verdict.results, part.counted),
        "hidden_tenths": hidden_tenths(part, verdict),
        "hidden_max": part.hidden_points + part.private_points,
        "verdict": verdict.verdict, "compiler": verdict.compiler, "note": verdict.note,
        "tests": [{"name": result.name, "status": result.status, "hidden": hidden,
                   "counts": hidden or result.name in part.counted,
                   "ms": result.ms, "message": result.message} for result, hidden in rows],
        "idea": known, "help": helps.get(known) if known else None,
    }  # fmt: skip


def grade(pack: Pack, student: str, verdicts: list[Verdict], seconds: float,
          files: dict[str, str]) -> dict[str, Any]:  # fmt: skip
    both = list(zip(pack.parts, verdicts))
    total = sum(part_tenths(part, verdict) for part, verdict in both)
    return {
        **_head(pack, student), "status": "ok", "score": points(total),
        "max": sum(part.most for part in pack.parts), "seconds": round(seconds, 1),
        "parts": [part_entry(part, verdict) for part, verdict in both], "files": files,
    }  # fmt: skip


def fault(pack: Pack | None, student: str, text: str, seconds: float) -> dict[str, Any]:
    """No score: something that is not the submission's went wrong."""
    head = _head(pack, student) if pack else {"schema": SCHEMA, "student": student}
    return {**head, "status": "error", "error": text, "seconds": round(seconds, 1)}


def _head(pack: Pack, student: str) -> dict[str, Any]:
    return {"schema": SCHEMA, "lab": pack.lab, "title": pack.title, "student": student,
            "seed": pack.seed}  # fmt: skip


def write(grade_: dict[str, Any], out: Path) -> None:
    """Whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(grade_, file, ensure_ascii=False, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.chmod(scratch, 0o644)
        os.replace(scratch, out)
    except BaseException:
        os.unlink(scratch)
        raise
