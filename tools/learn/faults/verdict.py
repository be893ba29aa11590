# SPDX-License-Identifier: Apache-2.0
"""What a cell has come to.

Whatever was expected: no crash, no hang, nothing leaked, no byte lost or doubled on a
connection that stands, and a new client is served once the fault is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from learn.faults.play import Told
from learn.faults.table import TOLD, Cell
from learn.say import say

COUNTED = ("crashes", "hangs", "leaks", "lost_bytes", "unserved", "unexpected", "not_injected")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a cell: a figure, how much of it, and a sentence."""

    kind: str  # of COUNTED
    count: int
    text: str


def faults(told: Told, objects: int, cell: Cell | None = None) -> Iterator[Fault]:
    """`objects`: how many a run of this scene without a fault leaves."""
    if told.status == "time":
        yield Fault("hangs", 1, say("faults.hang", what="…"))
        return
    if not told.said:
        last = told.output.strip().splitlines()[-1:] or [""]
        yield Fault("crashes", 1, say("faults.crash", status=told.status, line=last[0][:200]))
        return
    if cell and not told.injected:
        yield Fault("not_injected", 1, say("faults.not_injected"))
        return
    parts = [told.said, *([told.said["again"]] if "again" in told.said else [])]
    for part in parts:
        for what in part["hangs"]:
            yield Fault("hangs", 1, say("faults.hang", what=what))
        if part["lost"]:
            yield Fault("lost_bytes", part["lost"], say("faults.lost", count=part["lost"]))
        if part["served"] == 0:
            yield Fault("unserved", 1, say("faults.unserved"))
    yield from leaks(told.said, objects)
    outcome = outcome_of(told.said)
    expected = cell.row.outcome if cell else ("whole",)
    if outcome not in expected:
        yield Fault("unexpected", 1, say("faults.unexpected", got=outcome,
                                         want=" / ".join(expected)))
    elif outcome.startswith(TOLD) and cell:
        yield from wrong_error(told.said, cell)


def leaks(said: dict, objects: int) -> Iterator[Fault]:
    held = {"fds": said["fds"], "threads": said["threads"], "block_bytes": said["block_bytes"],
            "objects": said["objects"] - objects}
    for what, count in held.items():
        if count > 0:
            yield Fault("leaks", 1, say("faults.leak", what=what, count=count))


def outcome_of(said: dict) -> str:
    """One of the words of expected/."""
    if said["told_by"]:
        again = said["again"]
        if again["told_by"] or again["closed"]:
            return say("faults.not_again", by=said["told_by"])
        return TOLD + said["told_by"]
    logged = bool(said["log"])
    if said["closed"] == 0:
        return "logged" if logged else "whole"
    word = "closed" if said["closed"] == 1 else f"closed {said['closed']}"
    return f"{word}, logged" if logged else word


def wrong_error(said: dict, cell: Cell) -> Iterator[Fault]:
    """The caller is told the very error, or the one that the table names."""
    if cell.told and said["error"] != cell.told:
        yield Fault("unexpected", 1, say("faults.wrong_error", text=said["error_text"]))
