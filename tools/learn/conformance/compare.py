# SPDX-License-Identifier: Apache-2.0
"""Two drivers' answers to one script: the same, allowed to differ, or not.

A line is "SIZE MALLOC_SIZE ANSWER": the lengths and what the call returned. What
a row of differences.toml with suite "linkbuffer" may say as `effect` (of two
words either may happen):

    answer    only the answer differs, as `answers` says
    fewer     as answer, and the original's has fewer bytes
    bytes     only the content of the bytes differs, or that of earlier views; an
              until() may find its byte elsewhere, and then nothing more compares
    lengths   the original counts the early bytes as readable, not as malloc'ed
    longer    after flush() the original has more bytes; then nothing more compares
    ends      what follows cannot be compared

`after` names a fact of scripts.History that must hold.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from learn.conformance.differences import Row
from learn.conformance.scripts import History

_NOTHING = "nothing"
_SAME_SIZE = re.compile(r"((?:\d+ )?\d+):\w* \| \1:\w*")
_VIEWS = re.compile(r"((?:\d+ )?)ok \| \1(stale|bad)")
_COUNTS = re.compile(r"(\d+):\w* \| (\d+):\w*")
# Their answers may be about bytes that have left the buffer.
_ABOUT_VIEWS = ("release", "close", "E", "drop")


@dataclass
class Verdict:
    """`where` is None, or the index of the call that no row covers."""

    documented: Counter[str] = field(default_factory=Counter)
    where: int | None = None
    ours: str = ""
    theirs: str = ""


def compare(script: list[str], ours: list[str], theirs: list[str], rows: list[Row]) -> Verdict:
    verdict, history = Verdict(), History()
    for index, op in enumerate([*script, "E"]):
        mine = ours[index] if index < len(ours) else _NOTHING
        other = theirs[index] if index < len(theirs) else _NOTHING
        if op != "E":
            history.step(op)
        if mine != other:
            row = judge(op, mine, other, history, rows, verdict.documented)
            if row is None:
                verdict.where, verdict.ours, verdict.theirs = index, mine, other
            if row is None or ends(row, op, mine, other):
                return verdict
        if mine.startswith("0 0 "):
            history.emptied()
    return verdict


def judge(op: str, ours: str, theirs: str, history: History, rows: list[Row],
          documented: Counter[str]) -> Row | None:
    """The last row that was needed to allow the two lines; counts each."""
    lengths, answer = split(ours)
    their_lengths, their_answer = split(theirs)
    needed = None
    if lengths != their_lengths and shown_early(lengths, history.early) == their_lengths:
        needed = next((row for row in rows if row.effect == "lengths"), None)
        if needed is None:
            return None
        documented[needed.id] += 1
        if answer == their_answer:
            return needed
        lengths = their_lengths
    facts = history.facts if op[0] == "@" or op in _ABOUT_VIEWS else history.live
    for row in rows:
        if row.after and row.after not in facts:
            continue
        if covers(row, op, (lengths, answer), (their_lengths, their_answer)):
            documented[row.id] += 1
            return row
    return None


def ends(row: Row, op: str, ours: str, theirs: str) -> bool:
    """Whether the two have gone different ways for good."""
    if row.effect == "lengths":
        return False
    return row.effect == "ends" or "until" in op or split(ours)[0] != split(theirs)[0]


def covers(row: Row, op: str, ours: tuple[str, str], theirs: tuple[str, str]) -> bool:
    """Whether this row alone allows the two lines."""
    if not row.matches(op, ours[1], theirs[1]):
        return False
    return any(_EFFECTS[effect](op, ours, theirs) for effect in row.effect.split())


def _bytes(op: str, ours: tuple[str, str], theirs: tuple[str, str]) -> bool:
    if "until" in op:
        return True
    form = _VIEWS if op.split()[-1] in _ABOUT_VIEWS else _SAME_SIZE
    return ours[0] == theirs[0] and bool(form.fullmatch(f"{ours[1]} | {theirs[1]}"))


def _fewer(op: str, ours: tuple[str, str], theirs: tuple[str, str]) -> bool:
    counts = _COUNTS.fullmatch(f"{ours[1]} | {theirs[1]}")
    return ours[0] == theirs[0] and bool(counts) and int(counts[2]) < int(counts[1])


def _longer(op: str, ours: tuple[str, str], theirs: tuple[str, str]) -> bool:
    if op != "flush" or ours[1] != theirs[1]:
        return False
    return int(ours[0].split()[0]) < int(theirs[0].split()[0])


_EFFECTS = {
    "answer": lambda op, ours, theirs: ours[0] == theirs[0],
    "fewer": _fewer,
    "bytes": _bytes,
    "longer": _longer,
    "lengths": lambda op, ours, theirs: False,  # judge() has looked
    "ends": lambda op, ours, theirs: True,
}


def split(line: str) -> tuple[str, str]:
    """("12 0", "ok") of "12 0 ok"; ("E", "ok") of "E ok"; ("", "panic")."""
    words = line.split(" ", 2)
    if line.startswith("E ") or not words[0].isdigit():
        return ("E", line[2:]) if line.startswith("E ") else ("", line)
    return " ".join(words[:2]), words[2]


def shown_early(lengths: str, early: int) -> str:
    """Our two lengths as the original has them."""
    if not early or " " not in lengths:
        return ""
    size, pending = map(int, lengths.split())
    return f"{size + early} {pending - early}"
