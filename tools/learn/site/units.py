# SPDX-License-Identifier: Apache-2.0
"""A page as the parity gate sees it: units of prose, and what stands between them.

A unit is what stands between two headings, or between a heading and a directive
that shows something. It is named by page, heading id and position: 12-trace#walk/2.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from learn.site.directives import BLOCKS, in_line, prose_lines

HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*(?:\{[^}]*#([\w-]+)[^}]*\})?\s*$")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_NUMBER = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)\s*(万|亿|thousand\b|million\b|billion\b)?")
_SCALE = {"万": 10**4, "亿": 10**8, "thousand": 10**3, "million": 10**6, "billion": 10**9}
_CHINESE = r"\u2e80-\u9fff"


@dataclass
class Unit:
    """The prose between two marks of a page."""

    key: str  # "12-trace#walk/2"
    line: int
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines).strip()

    @property
    def hash(self) -> str:
        """Of the words: wrapping the lines another way changes nothing."""
        return hashlib.sha256(" ".join(self.text.split()).encode()).hexdigest()[:16]

    @property
    def links(self) -> list[str]:
        return sorted(_LINK.findall(self.text))

    @property
    def numbers(self) -> list[str]:
        """Each number once: 300,000 and 30 万 are the same one."""
        plain = _LINK.sub(lambda link: link.group(0).split("](")[0], self.text)
        found = set()
        for digits, scale in _NUMBER.findall(re.sub(rf"(?<=[{_CHINESE}])(?=\d)", " ", plain)):
            value = float(digits.replace(",", "")) * _SCALE.get(scale, 1)
            found.add(f"{value:g}" if value < 1e6 else f"{value:.0f}")
        return sorted(found)

    @property
    def tables(self) -> list[str]:
        """Rows x columns of each table."""
        shapes = []
        for position, line in enumerate(self.lines):
            if "|" in line and _TABLE_RULE.match(line):
                rows = 0
                while (
                    position + 1 + rows < len(self.lines) and "|" in self.lines[position + 1 + rows]
                ):
                    rows += 1
                shapes.append(f"{rows}x{line.strip().strip('|').count('|') + 1}")
        return shapes


@dataclass
class Page:
    """One page of one language."""

    name: str
    units: list[Unit]
    marks: list[tuple[str, int]]  # headings and directives in order, with their lines


def read(path: Path) -> Page:
    """Cuts the page at its headings and shown pieces."""
    units: list[Unit] = []
    marks: list[tuple[str, int]] = []
    anchor, position = "top", 0
    unit = Unit(f"{path.stem}#top/0", 1)

    def close(number: int) -> None:
        nonlocal unit, position
        if unit.text:
            units.append(unit)
            position += 1
        unit = Unit(f"{path.stem}#{anchor}/{position}", number + 1)

    for number, line, inside in prose_lines(path.read_text(encoding="utf-8")):
        heading = None if inside else HEADING.match(line)
        directives = [] if inside else in_line(line, number)
        if heading:
            close(number)
            anchor = heading.group(3) or ("title" if len(heading.group(1)) == 1 else "")
            position = 0
            unit = Unit(f"{path.stem}#{anchor}/0", number + 1)
            marks.append((f"{heading.group(1)} {{#{heading.group(3) or ''}}}", number))
        elif directives and all(d.alone and d.name in BLOCKS for d in directives):
            close(number)
            marks += [(d.text, number) for d in directives]
        else:
            unit.lines.append(line)
            marks += [(d.text, number) for d in directives]
    close(0)
    return Page(path.stem, units, marks)
