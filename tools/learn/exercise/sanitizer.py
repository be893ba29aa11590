# SPDX-License-Identifier: Apache-2.0
"""What a sanitizer has found, in one sentence, and where in the learner's files.

A report is a page long and names the library first. A learner needs its first line
in plain words, and the first frame that is his own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from learn.say import say

# What a report has in its first lines, and the sentence for it, sanitizer.NAME.
KINDS = {
    "heap-use-after-free": "used_after_free",
    "heap-buffer-overflow": "past_the_end",
    "stack-buffer-overflow": "past_the_end",
    "global-buffer-overflow": "past_the_end",
    "stack-use-after-": "used_after_return",
    "insufficient space for an object": "past_the_end",
    "attempting double-free": "freed_twice",
    "attempting free on address which was not malloc": "freed_what_is_not_its",
    "alloc-dealloc-mismatch": "freed_what_is_not_its",
    "detected memory leaks": "leak",
    "stack-overflow": "calls_itself",
    "on unknown address": "no_address",
    "null pointer": "no_address",
    "data race": "data_race",
    "runtime error: ": "undefined",
}
FRAME = re.compile(r"^\s*#\d+ 0x[0-9a-f]+ in (?P<function>.+?) (?P<place>/?\S+:\d+)", re.MULTILINE)
DETAIL = re.compile(r"runtime error: (.+)")


@dataclass(frozen=True)
class Finding:
    """`place`: file:line of the learner's, or empty."""

    kind: str
    detail: str
    place: str

    def sentence(self) -> str:
        where = say("sanitizer.at", place=self.place) if self.place else ""
        return say(f"sanitizer.{self.kind}", detail=self.detail) + where


def finding(report: str, folder: Path) -> Finding | None:
    """The first thing that a report complains of; None if it is no report.
    `folder`: where the learner's files are."""
    for line in report.splitlines():
        kinds = [name for words, name in KINDS.items() if words in line]
        if kinds:
            detail = DETAIL.search(line)
            place = _place(report[report.find(line) :], folder)
            return Finding(kinds[0], detail[1] if detail else "", place)
    return None


def _place(report: str, folder: Path) -> str:
    """Undefined behaviour is told as `file:line:column: runtime error`, all else by frames."""
    direct = re.match(r"(\S+?:\d+)", report)
    places = [direct[1]] if direct else []
    places += [frame["place"] for frame in FRAME.finditer(report)]
    own = [place for place in places if place.startswith(f"{folder}/")]
    return own[0].removeprefix(f"{folder}/") if own else ""
