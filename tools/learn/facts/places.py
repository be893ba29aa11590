# SPDX-License-Identifier: Apache-2.0
"""Places of the original in a text, and whether each is what it says.

    connection.go:29 (Connection)      the line lies in the symbol; so it may
                                       point into a function
    Connection, connection.go:29       the line is the symbol's first
    Connection (connection.go:29)      the same
    a.go:7 (first), :9 (second)        the file need not be said again

The first name in the brackets is the symbol; more may follow, after commas, and
must stand in the same file. A name is the symbol table's, or its last words. In
front of the file may stand "gopkg" and a version, as in "gopkg v0.1.1,
util/gopool/pool.go:115 (CtxGo)". Without a version netpoll v0.7.0 is meant. A
file without a line must exist, and no more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from learn.facts.tables import Declared, File, Tables

_PLACE = re.compile(r"(?P<file>[\w./-]*\w\.go)\b(?::(?P<line>\d+))?|(?<=[\s(]):(?P<more>\d+)\b")
_INSIDE = re.compile(r"\s*\((?P<names>[^()]*)\)")
_NAME = r"`?(?P<name>(?!v\d+\.\d|gopkg\b)[A-Za-z_][\w.]*(?:\(\))?)`?"
_FROM = r"(?:gopkg[\s,]+)?(?:(?P<version>v\d+\.\d+\.\d+),?\s+)?(?:gopkg[\s,]+)?"
_BEFORE = re.compile(rf"(?:{_NAME}(?:,\s+|\s*\(|,?\s+\())?{_FROM}$")
_TEST = re.compile(r"_test\.go$")


@dataclass(frozen=True)
class Place:
    at: int  # where in the text
    file: str
    line: int  # 0: none
    version: str
    before: str  # the name in front of it
    names: tuple[str, ...]  # those in the brackets behind it

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Fault:
    at: int
    key: str  # of messages/facts.toml
    values: dict[str, str]


def read(text: str) -> list[Place]:
    """All places of a text, but those in tests of the original."""
    places, file, version = [], "", ""
    for match in _PLACE.finditer(text):
        if match["file"]:
            file = match["file"]
            version = ""
        if not file or _TEST.search(file):
            continue
        before = _BEFORE.search(text[: match.start()])
        version = (before and before["version"]) or version
        inside = _INSIDE.match(text, match.end())
        names = [n.strip().strip("`") for n in inside["names"].split(",")] if inside else []
        line = int(match["line"] or match["more"] or 0)
        name = (before and before["name"]) or ""
        places.append(Place(match.start(), file, line, version, name, tuple(names)))
    return places


def faults(text: str, tables: Tables) -> list[Fault]:
    """What is wrong with the places of a text."""
    found = (check(place, tables) for place in read(text))
    return [fault for fault in found if fault]


def check(place: Place, tables: Tables) -> Fault | None:
    files = tables.find(place.file, place.version)
    if not files:
        version = place.version or "v0.7.0"
        return Fault(place.at, "no_file", {"place": str(place), "version": version})
    if not place.line:
        return None
    faults = [_check(place, file) for file in files]
    return None if None in faults else faults[0]


def symbol_at(place: Place, tables: Tables) -> str:
    """The innermost symbol that the line lies in, "" for none."""
    files = tables.find(place.file, place.version)
    around = files[0].at(place.line) if files else None
    return around.symbol if around else ""


def _check(place: Place, file: File) -> Fault | None:
    values = {"place": str(place), "right": _right(place, file)}
    if place.names:
        missing = [name for name in place.names if not file.named(name)]
        if missing:
            return Fault(place.at, "no_symbol", values | {"symbol": missing[0]})
        chosen = file.named(place.names[0])
        if any(s.first <= place.line < s.end for s in chosen):
            return None
        return Fault(place.at, "outside", values | _lines(place.names[0], chosen))
    chosen = file.named(place.before) if place.before else []
    if not chosen:
        return Fault(place.at, "nameless", values)
    if any(s.first == place.line for s in chosen):
        return None
    return Fault(place.at, "not_first", values | _lines(place.before, chosen))


def _lines(name: str, chosen: list[Declared]) -> dict[str, str]:
    return {"symbol": name, "lines": ", ".join(str(s.first) for s in chosen)}


def _right(place: Place, file: File) -> str:
    """The place with the symbol around it, or the next symbol with its line."""
    if around := file.at(place.line):
        return f"{place} ({around.symbol})"
    after = [s for s in file.symbols if s.first > place.line]
    return f"{place.file}:{after[0].first} ({after[0].symbol})" if after else "-"
