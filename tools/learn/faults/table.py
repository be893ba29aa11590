# SPDX-License-Identifier: Apache-2.0
"""tests/faults/expected/ as cells, and what calls.toml says of each call.

A row names a call, its failures, the scenes, and what must come of it. A cell is one
failure of one call at one place in one scene under one runner:

    accept4:EMFILE:2/echo/pool      the second accept4 of the scene echo fails by EMFILE
"""

from __future__ import annotations

import errno
import socket
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from learn import paths
from learn.say import say

FOLDER = paths.TESTS / "faults"
EXPECTED = FOLDER / "expected"
CALLS = FOLDER / "calls.toml"
RUNNERS = ("pool", "inline", "adaptive")
OUTCOMES = ("whole", "logged", "closed", "closed, logged")
TOLD = "told by "
KEYS = {"call", "faults", "scenes", "which", "runners", "outcome", "error", "why"}


class TableError(Exception):
    """One line: what is wrong with the table."""


@dataclass(frozen=True)
class Row:
    call: str
    faults: tuple[str, ...]
    scenes: tuple[str, ...]
    which: tuple[str, ...]
    runners: tuple[str, ...]
    outcome: tuple[str, ...]
    error: str  # what a caller is told, when it is not the fault itself
    why: str


@dataclass(frozen=True)
class Cell:
    """One failure, at one place."""

    row: Row
    fault: str
    which: str
    scene: str
    runner: str

    @property
    def name(self) -> str:
        fault = self.fault.replace(" ", "-")
        return f"{self.row.call}:{fault}:{self.which}/{self.scene}/{self.runner}"

    @property
    def rule(self) -> str:
        """As NETPOLL_FAULT has it: tests/faults/inject.h."""
        first, _, then = self.fault.partition(" then ")
        rule = f"{self.row.call}:{how(first)}:{self.which}"
        if not then:
            return rule
        return f"{rule};{self.row.call}:{how(then)}:{int(self.which) + 1}"

    @property
    def told(self) -> int:
        """The errno that a caller is to be told; 0: not one of the system's."""
        word = self.row.error or self.fault.split()[-1]
        return getattr(errno, word, 0)


def how(fault: str) -> str:
    """EINTR, "EINTR after", "value ECONNREFUSED", "short 7", none, EAI_AGAIN."""
    match fault.split():
        case ["none"]:
            return "none"
        case ["short", size]:
            return f"short={size}"
        case ["value", name]:
            return f"value={number(name)}"
        case [name, "after"]:
            return f"lose={number(name)}"
        case [name]:
            return f"refuse={number(name)}"
    raise TableError(say("faults.no_fault", fault=fault))


def number(name: str) -> int:
    value = getattr(socket if name.startswith("EAI_") else errno, name, None)
    if value is None:
        raise TableError(say("faults.no_fault", fault=name))
    return value


def rows(folder: Path = EXPECTED) -> list[Row]:
    tables = [tomllib.loads(path.read_text()) for path in sorted(folder.glob("*.toml"))]
    groups = {name: scenes for table in tables for name, scenes in table.get("groups", {}).items()}
    return [row_of(row, groups) for table in tables for row in table.get("row", [])]


def row_of(row: dict, groups: dict[str, list[str]]) -> Row:
    if unknown := row.keys() - KEYS:
        raise TableError(say("faults.unknown_key", call=row.get("call", "?"),
                             word=" ".join(sorted(unknown))))
    outcome = words(row["outcome"])
    for one in outcome:
        if one not in OUTCOMES and not one.startswith(TOLD):
            raise TableError(say("faults.no_outcome", call=row["call"], outcome=one))
    scenes = tuple(scene for name in row["scenes"] for scene in groups.get(name, [name]))
    return Row(row["call"], tuple(row["faults"]), scenes, tuple(row.get("which", ("1", "2"))),
               tuple(row.get("runners", RUNNERS)), outcome, row.get("error", ""), row["why"])


def words(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def cells(all_rows: list[Row]) -> Iterator[Cell]:
    """Every cell once; a second row for the same cell is a mistake."""
    seen = set()
    for row in all_rows:
        for fault in row.faults:
            for scene in row.scenes:
                for which in row.which:
                    for runner in row.runners:
                        cell = Cell(row, fault, which, scene, runner)
                        if cell.name in seen:
                            raise TableError(say("faults.twice", cell=cell.name))
                        seen.add(cell.name)
                        yield cell


def manual(path: Path = CALLS) -> dict:
    """calls.toml: what each call may fail with, and which symbols make no system call."""
    return tomllib.loads(path.read_text())


def uncovered(all_rows: list[Row], calls: dict[str, dict]) -> Iterator[tuple[str, str]]:
    """(call, errno) that the manual lists, and that no row injects and nothing excuses."""
    for call, entry in calls.items():
        injected = {word for row in all_rows if row.call.split(".")[0] == call
                    for fault in row.faults for word in fault.split()}
        excused = {name for names in entry.get("never", {}) for name in names.split()}
        for name in entry["lists"].split():
            if name not in injected and name not in excused:
                yield call, name
