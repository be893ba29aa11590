# SPDX-License-Identifier: Apache-2.0
"""What the player of a recording is given: its steps, and the source that they name.

    data(trace, language, index, root)        a dict, in one language, each piece of source
                                              once
    data(trace, language, index, root, of)    of a branch ("what if") of that other run
                                              only what it has not: the steps from the fork
                                              on, the pieces that come after its own

Values that the page shows as C++ are written here; what the state of an object looks
like is the player's affair (tools/node/player).
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from pygments.lexers.c_cpp import CppLexer
from pygments.lexers.configs import TOMLLexer
from pygments.token import STANDARD_TYPES

from learn.record import mermaid
from learn.site import step_list

# Pygments' short names that the player colours; what is not here is plain.
_COLOURED = {"c": "c", "k": "k", "s": "s", "m": "m", "nf": "f"}
_HEAD = re.compile(r"\s*(template\s*<.*>|requires\b.*[^{;])\s*$")
_AROUND = 4  # lines shown on either side of a line that lies in no function


def data(trace: dict, language: str, index, root: Path, of: dict | None = None) -> dict:
    """The record in one language."""
    cutter = _Cutter(index, root)
    if of is not None:
        return _branch(trace, of, language, cutter)
    return {
        "id": trace["id"],
        "title": trace["title"][language],
        "lanes": _lanes(trace, language),
        "sources": cutter.sources,
        "steps": [_step(step, language, cutter) for step in trace["steps"]],
    }


def _lanes(trace: dict, language: str) -> list[dict]:
    return [{"id": lane["id"], "name": lane[language]} for lane in trace["lanes"]]


def _branch(trace: dict, of: dict, language: str, cutter: _Cutter) -> dict:
    """Its lanes and its pieces only when they are others."""
    for step in of["steps"]:
        cutter.source(step["file"], step["line"], step["in"])
    known = len(cutter.sources)
    fork = trace["what_if"]["fork"]
    told = {
        "id": trace["id"],
        "title": trace["what_if"]["title"][language],
        "fork": fork,
        "steps": [_step(step, language, cutter) for step in trace["steps"][fork - 1 :]],
    }
    if own := cutter.sources[known:]:
        told["sources"] = own
    lanes = _lanes(trace, language)
    return told if lanes == _lanes(of, language) else told | {"lanes": lanes}


def _step(step: dict, language: str, cutter: _Cutter) -> dict:
    shown = {
        key: step[key]
        for key in ("n", "lane", "kind", "fn", "depth", "state")
        if key in step
    }
    shown["line"] = cutter.line(step["file"], step["line"])
    shown["label"] = mermaid.label(step)
    shown["text"] = step.get("text", {}).get(language, "")
    shown["source"] = cutter.source(step["file"], step["line"], step["in"])
    if "to_lane" in step:
        shown["to"] = step["to_lane"]
    if "phase" in step:
        shown["phase"] = step["phase"][language]
        shown["slug"] = step_list.slug(step["phase"])
    if "from" in step:
        site = step["from"]
        shown["from"] = {"fn": site["fn"], "place": f"{site['file']}:{site['line']}"}
    return shown


class _Cutter:
    """Pieces of source, each once, found by a line that lies in it."""

    def __init__(self, index, root: Path) -> None:
        self.index = index
        self.sources: list[dict] = []
        self.known: dict[tuple[str, int], int] = {}
        self.text = functools.cache(lambda file: (root / file).read_text(encoding="utf-8"))

    def line(self, file: str, line: int) -> int:
        """The line to light: of a function template the one behind `template <…>`."""
        text = self.text(file).splitlines()
        while _HEAD.match(text[line - 1]):
            line += 1
        return line

    def source(self, file: str, line: int, name: str) -> int:
        """Where in `sources` the piece around `line` stands."""
        text = self.text(file)
        start, end = self._around(file, line, text.splitlines())
        if (file, start) not in self.known:
            lines = list(_coloured(text, file.endswith(".toml"))[start - 1 : end])
            self.known[file, start] = len(self.sources)
            self.sources.append({"name": name, "file": file, "start": start, "lines": lines})
        return self.known[file, start]

    def _around(self, file: str, line: int, text: list[str]) -> tuple[int, int]:
        """The innermost function; of a scenario the lines between two blank ones."""
        inside = [
            s for s in self.index.in_file(file) if s.kind == "function" and s.start <= line <= s.end
        ]
        if inside:
            function = min(inside, key=lambda s: s.end - s.start)
            return function.start, function.end
        if not file.endswith(".toml"):
            return max(1, line - _AROUND), min(len(text), line + _AROUND)
        blank = [number for number, words in enumerate(text, 1) if not words.strip()]
        start = max((number for number in blank if number < line), default=0) + 1
        return start, min((number for number in blank if number > line), default=len(text) + 1) - 1


@functools.cache
def _coloured(text: str, toml: bool) -> tuple[list[str], ...]:
    """Each line of a file as colour, text, colour, text …"""
    lexer = TOMLLexer() if toml else CppLexer(stripnl=False)
    lines: list[list[str]] = [[]]
    for kind, value in lexer.get_tokens(text):
        colour = _colour(kind)
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
            if part:
                _add(lines[-1], colour, part)
    return tuple(lines)


def _add(line: list[str], colour: str, part: str) -> None:
    if line and line[-2] == colour:
        line[-1] += part
    else:
        line += [colour, part]


def _colour(kind) -> str:
    short = STANDARD_TYPES.get(kind, "")
    return _COLOURED.get(short) or _COLOURED.get(short[:1], "")
