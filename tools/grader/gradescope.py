# SPDX-License-Identifier: Apache-2.0
"""Gradescope: results.json. `score` stands before the sum of the tests, and is the grade
file's; a part is one test there, its hidden tests another, shown after the due date."""

from __future__ import annotations

import math
from typing import Any

from grader import score, told
from grader.words import say


def results(grade: dict[str, Any]) -> dict[str, Any]:
    tests = [test for part in grade["parts"] for test in _tests(part)]
    return {
        "score": grade["score"], "execution_time": math.ceil(grade["seconds"]),
        "output": told.total(grade), "output_format": "text", "test_output_format": "text",
        "visibility": "visible", "stdout_visibility": "hidden",
        "extra_data": {"lab": grade["lab"], "schema": grade["schema"]}, "tests": tests,
    }  # fmt: skip


def _tests(part: dict[str, Any]) -> list[dict[str, Any]]:
    hidden = told.split(part)[1]
    own = score.points(part["own_tenths"])
    found = [_test(told.name(part), told.number(part), own,
                   part["max"] - part["hidden_max"], "visible", told.lines(part))]
    if hidden:
        title = say("hidden_name", name=told.name(part))
        rest = score.points(part["hidden_tenths"])
        found.append(_test(title, f"{told.number(part)}.1", rest, part["hidden_max"],
                           "after_due_date", [told.passed_of(hidden)]))  # fmt: skip
    return found


def _test(name: str, number: str, got: float, most: int, seen: str,
          lines: list[str]) -> dict[str, Any]:  # fmt: skip
    return {"name": name, "number": number, "score": got, "max_score": most,
            "status": "passed" if got == most else "failed",
            "output": "\n".join(lines), "visibility": seen}  # fmt: skip
