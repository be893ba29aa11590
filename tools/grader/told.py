# SPDX-License-Identifier: Apache-2.0
"""What the platforms have in common: a part of a grade file in lines for a student."""

from __future__ import annotations

from typing import Any

from grader import words
from grader.words import say

MARKS = {"passed": "✓", "failed": "✗", "crashed": "✗", "timeout": "✗", "not_run": "–"}
COMPILER_LINES = 40


def number(part: dict[str, Any]) -> str:
    """05.1 of 05-reading/1-peek: short, and of one lab no other part has it."""
    chapter, name = part["id"].split("/")
    return f"{chapter.split('-')[0]}.{name.split('-')[0]}"


def name(part: dict[str, Any]) -> str:
    return f"{number(part)} {part['name'][words.language()]}"


def verdict(part: dict[str, Any]) -> str:
    word = part["verdict"]
    return say("missing_verdict" if word == "missing" else word)


def split(part: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Its own tests, and the hidden ones."""
    return ([test for test in part["tests"] if not test["hidden"]],
            [test for test in part["tests"] if test["hidden"]])  # fmt: skip


def passed_of(tests: list[dict[str, Any]]) -> str:
    counted = [test for test in tests if test["counts"]]
    passed = sum(test["status"] == "passed" for test in counted)
    return say("passed_of", passed=passed, counted=len(counted))


def status(test: dict[str, Any]) -> str:
    return f"{MARKS[test['status']]} {test['name']}: {say('status_' + test['status'])}"


def lines(part: dict[str, Any]) -> list[str]:
    """The verdict, the compiler's words, each test with what it said, and the known idea."""
    own = split(part)[0]
    told = [f"{verdict(part)}; {passed_of(own)}"]
    told += filter(None, part["note"].splitlines())
    told += part["compiler"].splitlines()[:COMPILER_LINES]
    for test in own:
        told.append(status(test))
        told += [f"    {line}" for line in test["message"].splitlines()]
    if part["help"]:
        told += [say("idea"), part["help"].get(words.language(), "").strip()]
    return told


def total(grade: dict[str, Any]) -> str:
    return say("total", score=grade["score"], most=grade["max"])
