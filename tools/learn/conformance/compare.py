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
    recalls   flush() or malloc_ack() finds more in the original; then it ends
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
_VIEWS = re.compile(r"((?:\S+ )?)ok \| \1bad")
_COUNTS = re.compile(r"(\d+):\w* \| (\d+):\w*")
# Their answers may be about bytes that have left the buffer.
_ABOUT_VIEWS = ("release", "close", "drop", "end", "E")
# At the end of each script: the views of all slices, and then the buffer's.
END = ("@ end", "E")


@dataclass
class Verdict:
    """`where` is None, or the index of the call that no row covers."""

    documented: Counter[str] = field(default_factory=Counter)
    where: int | None = None
    ours: str = ""
    theirs: str = ""


def compare(script: list[str], ours: list[str], theirs: list[str], rows: list[Row]) -> Verdict:
    verdict, history = Verdict(), History()
    for index, op in enumerate([*script, *END]):
        mine = ours[index] if index < len(ours) else _NOTHING
        other = theirs[index] if index < len(theirs) else _NOTHING
        if op not in END:
            history.step(op)
        if mine != other:
            allowed, over = judge(op, mine, other, history, rows, verdict.documented)
            if not allowed:
                verdict.where, verdict.ours, verdict.theirs = index, mine, other
            if over:
                return verdict
        if mine.startswith("0 0 "):
            history.emptied()
    return verdict


def judge(op: str, ours: str, theirs: str, history: History, rows: list[Row],
          documented: Counter[str]) -> tuple[bool, bool]:
    """Whether rows allow the two lines, and whether the comparison ends here.

    Counts each row that it needed.
    """
    mine, other = split(ours), split(theirs)
    early = next((row for row in rows if row.effect == "lengths"), None)
    if early and other[0] and shown_early(mine[0], history.early) == other[0]:
        documented[early.id] += 1
        mine = (other[0], mine[1])
        if mine == other:
            return True, False
    facts = history.facts if op[0] == "@" or op in _ABOUT_VIEWS else history.live
    for row in rows:
        if (not row.after or row.after in facts) and covers(row, op, mine, other):
            documented[row.id] += 1
            return True, row.effect == "ends" or "until" in op or mine[0] != other[0]
    return False, True


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
    return (ours[0] == theirs[0] and counts is not None
            and int(counts[2]) < int(counts[1]))


def _recalls(op: str, ours: tuple[str, str], theirs: tuple[str, str]) -> bool:
    if op.startswith("ack "):
        return (ours[1], theirs[1]) == ("invalid", "ok")
    return op == "flush" and int(ours[0].split()[0]) < int(theirs[0].split()[0])


_EFFECTS = {
    "answer": lambda op, ours, theirs: ours[0] == theirs[0],
    "fewer": _fewer,
    "bytes": _bytes,
    "recalls": _recalls,
    "lengths": lambda op, ours, theirs: False,  # judge() has looked
    "ends": lambda op, ours, theirs: True,
}


def split(line: str) -> tuple[str, str]:
    """("12 0", "ok") of "12 0 ok"; ("", line) of any other form."""
    words = line.split(" ", 2)
    if len(words) < 3 or not (words[0].isdigit() and words[1].isdigit()):
        return "", line
    return f"{words[0]} {words[1]}", words[2]


def shown_early(lengths: str, early: int) -> str:
    """Our two lengths as the original has them."""
    if not early or " " not in lengths:
        return ""
    size, pending = map(int, lengths.split())
    return f"{size + early} {pending - early}"
