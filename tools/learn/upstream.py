# SPDX-License-Identifier: Apache-2.0
"""Where a name of the original stands: netpoll v0.7.0, by its symbol table.

    find("LinkBuffer.Next")              func, method, type, const or var
    find("mux/shard_queue.go:closing")   in one file, where two have the name

Linux' file is meant where other systems have one of their own. The lines come
from notes/upstream/; nobody types them.
"""

from __future__ import annotations

import csv
import difflib
import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from learn.paths import UPSTREAM_TSV

TAG = "v0.7.0"
SITE = f"https://github.com/cloudwego/netpoll/blob/{TAG}"
# Types that are another name of one: `type LinkBuffer = UnsafeLinkBuffer`.
ALIASES = {"LinkBuffer.": "UnsafeLinkBuffer."}
# Endings of files that are compiled elsewhere than on Linux with x86-64.
ELSEWHERE = ("_windows.go", "_bsd.go", "_darwin.go", "_race.go", "_arm64.go", "_loong64.go")


@dataclass(frozen=True)
class UpstreamSymbol:
    kind: str  # func method type const var
    symbol: str
    file: str
    line: int

    @property
    def url(self) -> str:
        return f"{SITE}/{self.file}#L{self.line}"


class UnknownUpstream(Exception):
    """A name that the table does not have, or has twice. What is near is looked for only
    when it is asked for: that takes milliseconds, and a page guesses thousands of names."""

    def __init__(self, name: str, what: str, near: list[str] | Callable[[], list[str]]) -> None:
        super().__init__(name, what)
        self.name, self.what, self._near = name, what, near

    @functools.cached_property
    def candidates(self) -> list[str]:
        return self._near if isinstance(self._near, list) else self._near()

    def __str__(self) -> str:
        return f"{self.what} {self.name}; near: {', '.join(self.candidates) or 'none'}"


class BrokenTable(Exception):
    """The symbol table cannot be read: one line that says where and why."""


def find(symbol: str) -> UpstreamSymbol:
    """The one symbol of that name."""
    return look_up(symbol, table())


def look_up(name: str, everything: tuple[UpstreamSymbol, ...]) -> UpstreamSymbol:
    file, _, symbol = name.strip().rpartition(":")
    for alias, real in ALIASES.items():
        if symbol.startswith(alias):
            symbol = real + symbol.removeprefix(alias)
    found = [s for s in everything if s.symbol == symbol and (not file or s.file == file)]
    here = [s for s in found if file or not _is_elsewhere(s.file)] or found
    if len(here) == 1:
        return here[0]
    if here:
        places = [f"{s.file}:{s.symbol}" for s in here]
        raise UnknownUpstream(name, "more than one upstream symbol", places)
    raise UnknownUpstream(name, "unknown upstream symbol", lambda: _near(symbol, everything))


def _near(symbol: str, everything: tuple[UpstreamSymbol, ...]) -> list[str]:
    """The same last word first, then alike."""
    names = sorted({s.symbol for s in everything})
    last = symbol.split(".")[-1].lower()
    same = [n for n in names if n.split(".")[-1].lower() == last]
    return (same or difflib.get_close_matches(symbol, names, n=3, cutoff=0.5))[:5]


@functools.cache
def table() -> tuple[UpstreamSymbol, ...]:
    return read(UPSTREAM_TSV)


def read(path: Path) -> tuple[UpstreamSymbol, ...]:
    """All rows; a row that is not kind, symbol, file, line is a BrokenTable."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t"))
    except OSError as problem:
        text = f"{path.name}: {problem.strerror}; restore it: git checkout {path}"
        raise BrokenTable(text) from problem
    symbols = []
    for number, row in enumerate(rows[1:], 2):
        if len(row) != 4 or not row[3].isdigit():
            want = "want kind, symbol, file, line, tab-separated"
            raise BrokenTable(f"{path.name}:{number}: {want}")
        symbols.append(UpstreamSymbol(row[0], row[1], row[2], int(row[3])))
    return tuple(symbols)


def _is_elsewhere(file: str) -> bool:
    return file.endswith(ELSEWHERE) and not file.endswith("_norace.go")
