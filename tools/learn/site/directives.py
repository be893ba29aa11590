# SPDX-License-Identifier: Apache-2.0
"""Finds the directives of a page: {{ src("LinkBuffer::next") }} and its kin.

Nothing is resolved here. A directive inside a fenced block or between backticks
is text about directives, and stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NAMES = ("src", "quote", "upstream", "api", "trace", "beside", "steps", "all", "machine", "layers",
         "cast", "experiment", "exercises", "measured", "measured_table", "measured_chart")
PIECES = ("src", "quote")  # show code; stand alone on their line
BLOCKS = (*PIECES, "trace", "beside", "steps", "all", "machine", "layers", "cast", "experiment",
          "exercises", "measured_table", "measured_chart")

_DIRECTIVE = re.compile(r"\{\{\s*(\w+)\s*\((.*?)\)\s*\}\}")
_CALL = re.compile(r'^\s*"([^"]+)"\s*((?:,\s*(?:"[^"]+"|\d+)\s*)*)((?:,\s*\w+\s*=\s*"[^"]*"\s*)*)$')
_VALUE = re.compile(r'"([^"]+)"|(\d+)')
_OPTION = re.compile(r'(\w+)\s*=\s*"([^"]*)"')
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_HEADING = re.compile(r"^\s*#{1,6}\s")


@dataclass(frozen=True)
class Directive:
    """One directive as written. `argument` is empty when it cannot be read."""

    name: str
    argument: str
    options: dict[str, str] = field(hash=False)
    line: int  # of the page, from 1
    start: int  # columns within the line
    end: int
    indent: str
    alone: bool  # nothing else on its line
    more: tuple[str | int, ...] = ()  # what follows the argument: steps("echo", 13, 21)

    @property
    def text(self) -> str:
        more = "".join(f', "{v}"' if isinstance(v, str) else f", {v}" for v in self.more)
        more += "".join(f', {key}="{value}"' for key, value in self.options.items())
        return f'{self.name}("{self.argument}"{more})'


def prose_lines(markdown: str) -> list[tuple[int, str, bool]]:
    """(line number, line, inside a fence) for every line of the page."""
    lines = []
    fence = ""
    for number, line in enumerate(markdown.splitlines(), start=1):
        mark = _FENCE.match(line)
        inside = bool(fence) or bool(mark)
        if mark and not fence:
            fence = mark.group(1)
        elif mark and _closes(mark.group(1), fence):
            fence = ""
        lines.append((number, line, inside))
    return lines


def fences(markdown: str) -> list[tuple[int, str]]:
    """(line number, what stands behind the fence) for each block of code."""
    opened, fence = [], ""
    for number, line in enumerate(markdown.splitlines(), start=1):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark.group(1)
            opened.append((number, line[mark.end() :].strip()))
        elif mark and _closes(mark.group(1), fence):
            fence = ""
    return opened


def _closes(mark: str, fence: str) -> bool:
    return mark[0] == fence[0] and len(mark) >= len(fence)


def in_line(line: str, number: int) -> list[Directive]:
    """The directives of one line that is not inside a fence."""
    spans = [match.span() for match in _CODE_SPAN.finditer(line)]
    found = []
    for match in _DIRECTIVE.finditer(line):
        if any(start < match.start() and match.end() < end for start, end in spans):
            continue
        call = _CALL.match(match.group(2))
        found.append(
            Directive(
                name=match.group(1),
                argument=call.group(1) if call else "",
                options=dict(_OPTION.findall(call.group(3))) if call else {},
                line=number,
                start=match.start(),
                end=match.end(),
                indent=line[: len(line) - len(line.lstrip())],
                alone=line.strip() == match.group(0),
                more=_values(call.group(2)) if call else (),
            )
        )
    return found


def _values(written: str) -> tuple[str | int, ...]:
    return tuple(word or int(number) for word, number in _VALUE.findall(written))


def find(markdown: str) -> list[Directive]:
    """Every directive of a page, in order."""
    found: list[Directive] = []
    for number, line, inside in prose_lines(markdown):
        if not inside:
            found += in_line(line, number)
    return found


def touching_pieces(markdown: str) -> list[tuple[Directive, Directive]]:
    """Pairs of shown pieces with no word of prose between them."""
    pairs = []
    last: Directive | None = None
    for number, line, inside in prose_lines(markdown):
        here = [] if inside else in_line(line, number)
        pieces = [directive for directive in here if directive.name in PIECES]
        if pieces:
            if last is not None:
                pairs.append((last, pieces[0]))
            last = pieces[-1]
        elif line.strip() and not _HEADING.match(line) and not here:
            last = None
        elif here and not all(directive.alone for directive in here):
            last = None
    return pairs
