# SPDX-License-Identifier: Apache-2.0
"""Which known wrong idea an answer may come from: the same tests fail in the same way.

Where two ideas fail the same tests, the words of the assertions decide: in each failing
test those of the first one that failed. Nobody can know that it is the student's idea.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

# `file:line: `, with `Failure` and a new line where GoogleTest itself has printed it.
_PLACE = re.compile(r"^\S+\.(?:cpp|h):\d+:(?: Failure\n| )", re.MULTILINE)
_ASSERTED = re.compile(r"Assertion `(.*)' failed")
# What differs between two runs, two compilers or two files.
_DIFFERS = ((re.compile(r"-byte object <[^>]*>"), "-byte object"),
            (re.compile(r"0x[0-9a-fA-F]+"), "0x"), (re.compile(r"\S*/|:\d+\b"), ""))


def words(message: str) -> str:
    """Of what a failing test said: the first assertion, without places and addresses."""
    pieces = _PLACE.split(message)
    asserted = _ASSERTED.search(message)
    said = pieces[1] if len(pieces) > 1 else asserted[1] if asserted else ""
    for what, instead in _DIFFERS:
        said = what.sub(instead, said)
    return "\n".join(line.strip() for line in said.splitlines() if line.strip())


def digest(told: list[tuple[str, str]]) -> str:
    """Of (test, what it said) of each failing test."""
    text = "\0".join(f"{name}\0{words(message)}" for name, message in sorted(told))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def named(ideas: list[dict[str, Any]], failing: list[tuple[str, str, str]]) -> str | None:
    """The one idea with which the tests fail as they do here. `failing`: name, status and
    message of each test that has not passed. Two ideas that cannot be told apart are none."""
    mine = sorted([name, status] for name, status, _ in failing)
    alike = [one for one in ideas if mine and sorted(one["marks"]) == mine]
    if len(alike) > 1:
        said = digest([(name, message) for name, _, message in failing])
        alike = [one for one in alike if one["said"] == said]
    return alike[0]["mutant"] if len(alike) == 1 else None
