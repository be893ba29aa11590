# SPDX-License-Identifier: Apache-2.0
"""Counts tests from the JUnit files that ctest and pytest write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    cached: int = 0  # green before with the same inputs, not run now

    def __add__(self, other: Count) -> Count:
        return Count(self.passed + other.passed, self.failed + other.failed,
                     self.skipped + other.skipped, self.cached + other.cached)

    def __str__(self) -> str:
        text = f"{self.passed} passed, {self.failed} failed"
        for count, word in ((self.skipped, "skipped"), (self.cached, "cached")):
            text += f", {count} {word}" if count else ""
        return text


def junit(file: Path) -> Count:
    """One test case, one count; a file that is missing or broken counts nothing."""
    try:
        cases = list(ElementTree.parse(file).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return Count()
    total = Count()
    for case in cases:
        total += _one(case)
    return total


def _one(case: ElementTree.Element) -> Count:
    kinds = {child.tag for child in case} | {case.get("status", "run")}
    if kinds & {"failure", "error", "fail"}:
        return Count(failed=1)
    if kinds & {"skipped", "notrun", "disabled"}:
        return Count(skipped=1)
    return Count(passed=1)
