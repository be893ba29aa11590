# SPDX-License-Identifier: Apache-2.0
"""Classroom 50: result.json, whose scores are whole numbers. A part's tenths are cut off, so
nobody has there more than in the grade file."""

from __future__ import annotations

import datetime
from typing import Any

from grader import told

SCHEMA = "classroom50/result/v1"


def result(grade: dict[str, Any], environment: dict[str, str],
           now: datetime.datetime | None = None) -> dict[str, Any]:  # fmt: skip
    """`environment`: what Classroom 50 says of the submission."""
    now = now or datetime.datetime.now(datetime.timezone.utc)
    tests = [{"test-name": told.name(part), "passed": part["score"] == part["max"],
              "score": int(part["score"]), "max-score": part["max"]}
             for part in grade["parts"]]  # fmt: skip
    named = {key: environment.get(name, "") for key, name in (
        ("classroom", "CLASSROOM"), ("assignment", "ASSIGNMENT"), ("submission", "SUBMISSION_TAG"),
        ("commit", "COMMIT_URL"), ("release", "RELEASE_URL"), ("review", "REVIEW_URL"))}
    return {"schema": SCHEMA, **named, "datetime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "score": sum(test["score"] for test in tests),
            "max-score": sum(test["max-score"] for test in tests), "tests": tests}  # fmt: skip
