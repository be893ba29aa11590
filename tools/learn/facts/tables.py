# SPDX-License-Identifier: Apache-2.0
"""Which line of which file declares which symbol, in each version we name.

    notes/upstream/netpoll-v0.7.0-symbols.tsv   kind symbol file line
    notes/upstream/other-symbols.tsv            module version file line kind symbol

The second has what the first has not: the fields of v0.7.0's structs, a later
netpoll, and the modules that netpoll stands on. To write it anew:

    PYTHONPATH=tools python -m learn.facts.tables
"""

from __future__ import annotations

import csv
import fnmatch
import functools
import json
import os
import subprocess
import sys
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from learn.paths import NOTES, TESTS

MAIN_TSV = NOTES / "upstream" / "netpoll-v0.7.0-symbols.tsv"
OTHER_TSV = NOTES / "upstream" / "other-symbols.tsv"
OTHER_HEADER = ("module", "version", "file", "line", "kind", "symbol")
NETPOLL, VERSION = "github.com/cloudwego/netpoll", "v0.7.0"
# module, version, the files of it that we name, and which kinds.
OTHERS = (
    (NETPOLL, VERSION, ("*.go",), ("field",)),
    (NETPOLL, "v0.7.2", ("connection_impl.go", "net_netfd_conn.go", "internal/runner/*.go"), ()),
    ("github.com/bytedance/gopkg", "v0.1.1",
     ("lang/dirtmake/*.go", "lang/mcache/*.go", "util/gopool/*.go"), ()),
)  # fmt: skip
# `type LinkBuffer = UnsafeLinkBuffer`: the methods stand under the second name.
ALIASES = {"LinkBuffer": "UnsafeLinkBuffer"}


@dataclass(frozen=True)
class Declared:
    """One symbol; its lines are first, first + 1, … up to, not with, `end`."""

    symbol: str
    kind: str
    first: int
    end: int


@dataclass(frozen=True)
class File:
    """One file of one version of one module."""

    module: str
    version: str
    path: str
    symbols: tuple[Declared, ...]

    def named(self, name: str) -> list[Declared]:
        """Those called `name`, or whose last word or words are."""
        name = name.removesuffix("()")
        folder = self.path.rpartition("/")[0].rpartition("/")[2]
        names = {name, name.removeprefix(f"{folder}.")}
        head, dot, rest = name.partition(".")
        if dot and head in ALIASES:
            names.add(f"{ALIASES[head]}.{rest}")
        return [s for s in self.symbols if any(_ends(s.symbol, one) for one in names)]

    def at(self, line: int) -> Declared | None:
        """The innermost symbol that `line` lies in."""
        around = [s for s in self.symbols if s.first <= line < s.end]
        return min(around, key=lambda s: s.end - s.first, default=None)


class Tables:
    """All files of all versions."""

    def __init__(self, files: list[File]) -> None:
        self.files = files

    def find(self, path: str, version: str = "") -> list[File]:
        """Those whose path is or ends with `path`; v0.7.0 of netpoll goes first."""
        found = [f for f in self.files if f"/{f.path}".endswith(f"/{path}")]
        if version:
            return [f for f in found if f.version == version]
        main = [f for f in found if (f.module, f.version) == (NETPOLL, VERSION)]
        exact = [f for f in main if f.path == path]
        return exact or main or [f for f in found if f.module != NETPOLL]


@functools.cache
def load() -> Tables:
    return read(MAIN_TSV, OTHER_TSV)


def read(main: Path, other: Path) -> Tables:
    """Raises OSError or ValueError when a table is not there or is broken."""
    rows = [(NETPOLL, VERSION, file, int(line), kind, symbol)
            for kind, symbol, file, line in _rows(main)]
    rows += [(module, version, file, int(line), kind, symbol)
             for module, version, file, line, kind, symbol in _rows(other)]
    grouped: dict[tuple[str, str, str], list[tuple[int, str, str]]] = {}
    for module, version, file, line, kind, symbol in rows:
        grouped.setdefault((module, version, file), []).append((line, kind, symbol))
    return Tables([File(*key, _with_ends(found)) for key, found in grouped.items()])


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


def _with_ends(rows: list[tuple[int, str, str]]) -> tuple[Declared, ...]:
    """A symbol ends where the next begins; its own fields do not end a struct."""
    outer = sorted({line for line, kind, _ in rows if kind != "field"})
    every = sorted({line for line, _, _ in rows})
    declared = []
    for line, kind, symbol in sorted(rows):
        starts = every if kind == "field" else outer
        after = bisect_right(starts, line)
        declared.append(Declared(symbol, kind, line,
                                 starts[after] if after < len(starts) else sys.maxsize))
    return tuple(declared)


def _ends(symbol: str, name: str) -> bool:
    return symbol == name or symbol.endswith(f".{name}")


def make() -> list[tuple[str, ...]]:
    """The rows of other-symbols.tsv, from the modules themselves."""
    from learn.conformance import originals
    from learn.run import go

    program = originals.build() / "symbols"
    rows: list[tuple[str, ...]] = []
    for module, version, patterns, kinds in OTHERS:
        done = subprocess.run(
            [go.find(), "mod", "download", "-json", f"{module}@{version}"], cwd=originals.MODULE,
            env=os.environ | {"GOFLAGS": "-mod=mod"}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        folder = json.loads(done.stdout)["Dir"]
        listed = subprocess.run([program, folder], capture_output=True, text=True, check=True)
        for line in listed.stdout.splitlines():
            kind, symbol, file, number = line.split("\t")
            wanted = any(_matches(file, pattern) for pattern in patterns)
            if wanted and (not kinds or kind in kinds):
                rows.append((module, version, file, number, kind, symbol))
    return rows


def _matches(file: str, pattern: str) -> bool:
    """fnmatch, but `*` stays inside a folder when the pattern names one."""
    return fnmatch.fnmatch(file, pattern) and ("/" not in pattern or
                                               file.count("/") == pattern.count("/"))


def main() -> None:
    lines = ["\t".join(row) for row in [OTHER_HEADER, *make()]]
    OTHER_TSV.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{OTHER_TSV.relative_to(TESTS.parent)}: {len(lines) - 1}")


if __name__ == "__main__":
    main()
