# SPDX-License-Identifier: Apache-2.0
"""Autolab: what is printed before, for people; the last line but one has the formatted
feedback, the last line the scores by the problems' names in the lab's .yml."""

from __future__ import annotations

import json
from typing import Any

from grader import told


def lines(grade: dict[str, Any]) -> str:
    text = [line for part in grade["parts"]
            for line in (f"== {told.name(part)}", *told.lines(part))]  # fmt: skip
    # A line of a student's could be taken for the last one: none begins with a brace.
    safe = [f" {line}" if line.startswith("{") else line for line in text]
    return "\n".join([*safe, told.total(grade), _compact(feedback(grade)),
                      _compact(scores(grade))]) + "\n"  # fmt: skip


def scores(grade: dict[str, Any]) -> dict[str, Any]:
    return {"scores": {told.number(part): part["score"] for part in grade["parts"]}}


def feedback(grade: dict[str, Any]) -> dict[str, Any]:
    """A stage for each part, and in it each of its own tests."""
    stages = {told.name(part): _stage(part) for part in grade["parts"]}
    return {"_presentation": "semantic", "stages": list(stages), **stages}


def _stage(part: dict[str, Any]) -> dict[str, Any]:
    rows = {test["name"]: _row(test) for test in told.split(part)[0]}
    if part["verdict"] in ("does_not_compile", "missing"):
        said = (part["compiler"] or part["note"]).splitlines()[:1]
        return {told.verdict(part): {"passed": False, "hint": "".join(said)}, **rows}
    return rows


def _row(test: dict[str, Any]) -> dict[str, Any]:
    if test["status"] == "passed":
        return {"passed": True}
    return {"passed": False, "hint": (test["message"].splitlines() or [told.status(test)])[0]}


def _compact(table: dict[str, Any]) -> str:
    return json.dumps(table, ensure_ascii=False, separators=(",", ":"))
