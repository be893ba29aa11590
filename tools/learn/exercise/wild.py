# SPDX-License-Identifier: Apache-2.0
"""Wrong answers that nobody designed: small random faults in the reference bodies.

An author's mutants are the mistakes that he thought of. These show what his tests would
let through: `./learn check exercises --wild 100` makes so many, judges each as a learner's,
and lists those that are green. Such a one is either equal in what it does, or a test is
missing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from learn.exercise import cut
from learn.exercise.model import Body, Edit, Exercise, Mutant
from learn.index import Index

# What one may be mistaken for: (what stands there, what a hurried hand writes).
TOKENS = [
    (r"(?<=\s)<(?![<=])(?=\s)", "<="), (r"(?<=\s)<=", "<"),
    (r"(?<=\s)>(?![>=])(?=\s)", ">="), (r"(?<=\s)>=", ">"),
    ("==", "!="), ("!=", "=="), ("&&", "||"), (r"\|\|", "&&"),
    (r"(?<=\s)\+(?=\s)", "-"), (r"(?<=\s)-(?=\s)", "+"), (r"\+=", "-="), ("-=", "+="),
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
    (r"std::min", "std::max"), (r"std::max", "std::min"),
    (r"(?<=\()!(?=\w)", ""), (r"\b0\b(?!x)", "1"), (r"\b1\b", "0"), (r"\b1\b", "2"),
    (r"\bif \(", "if (false && "), (r"\bif \(", "if (true || "),
    (r"\bbreak;", "continue;"), (r"\bcontinue;", "break;"), (r"\bbegin\(\)", "end()"),
    (r"\+\+", "--"), ("acquire", "relaxed"),
]  # fmt: skip
STATEMENT = re.compile(r"^\s+[\w:*].*;\s*(//.*)?$")
DECLARES = re.compile(r"^\s*(const|auto|static|using|return|case|default)\b")


@dataclass(frozen=True)
class Wild:
    """One fault: where, and what it makes of the line."""

    exercise: Exercise
    symbol: str
    line: int  # of the body
    was: str
    now: str
    body: str

    def mutant(self, number: int) -> Mutant:
        return Mutant(f"wild-{number}", "", "", [Body(self.symbol, self.body)], {})

    def __str__(self) -> str:
        return f"{self.symbol}+{self.line}: {self.was.strip()} → {self.now.strip()}"


def faults(exercises: list[Exercise], index: Index, count: int, seed: int) -> list[Wild]:
    """`count` of all that can be made, as the seed chooses, as many of each exercise as of
    the others."""
    chosen = random.Random(seed)
    pools = [list(_every(exercise, index)) for exercise in exercises]
    for pool in pools:
        chosen.shuffle(pool)
    found: list[Wild] = []
    while len(found) < count and any(pools):
        for pool in pools:
            if pool and len(found) < count:
                found.append(pool.pop())
    return found


def _every(exercise: Exercise, index: Index) -> Iterator[Wild]:
    for name in _symbols(exercise):
        symbol = cut.function(name, index)
        opening, closing = symbol.body_bytes
        source = (exercise.root / symbol.file).read_bytes()
        lines = source[opening + 1 : closing].decode("utf-8").split("\n")
        for number, line in enumerate(lines):
            for now in _changed(line):
                body = "\n".join([*lines[:number], now, *lines[number + 1 :]])
                yield Wild(exercise, name, number, line, now, body)


def _symbols(exercise: Exercise) -> list[str]:
    """The functions that a learner writes: those that are cut, or have the bug."""
    holes = [hole.symbol for hole in exercise.holes]
    return holes + [one.symbol for one in exercise.planted if not isinstance(one, Edit)]


def _changed(line: str) -> Iterator[str]:
    code = line.split("//")[0]
    if not code.strip() or "assert(" in code:
        return
    for pattern, other in TOKENS:
        for match in re.finditer(pattern, code):
            yield line[: match.start()] + other + line[match.end() :]
    if STATEMENT.match(code) and not DECLARES.match(code):
        yield re.match(r"\s*", line)[0] + ";"
