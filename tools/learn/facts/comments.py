# SPDX-License-Identifier: Apache-2.0
"""The comments of a C++ file, unwrapped: what is said, wherever a line ends."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_ALONE = re.compile(r"^\s*//[/!]?<?(.*)$")
_BEHIND = re.compile(r"^[^\"]*?\S.*?\s//[/!]?<? (.*)$")


@dataclass(frozen=True)
class Comment:
    """Lines of comment without code between them, as one line of text."""

    line: int  # the first
    last: int
    text: str
    starts: tuple[int, ...]  # where in the text each of its lines begins

    def line_of(self, place: int) -> int:
        return self.line + bisect_right(self.starts, place) - 1


def read(source: str) -> list[Comment]:
    """A comment behind code goes on in the next line when that is comment alone."""
    comments: list[Comment] = []
    begun: list[tuple[int, str]] = []
    for number, line in enumerate([*source.splitlines(), ""], 1):
        alone = _ALONE.match(line)
        behind = None if alone else _BEHIND.match(line)
        if not alone and begun:
            comments.append(_joined(begun))
            begun = []
        if match := alone or behind:
            begun.append((number, match[1].strip()))
    return comments


def _joined(lines: list[tuple[int, str]]) -> Comment:
    text, starts = "", []
    for _, part in lines:
        text += " " if text else ""
        starts.append(len(text))
        text += part
    return Comment(lines[0][0], lines[-1][0], text, tuple(starts))
