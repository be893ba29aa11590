# SPDX-License-Identifier: Apache-2.0
"""Mutants in the order of a seed: every code line of src/ has the same chance, and gets one.

A longer sample of a seed begins with the shorter one. A line's mutant depends on the seed and
the line alone: when another file changes, the rest stays.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from learn.mutants import operators

# Lines that are no code of a function or a value, wherever they stand.
NO_CODE = re.compile(r"^\s*(?:#|using\b|namespace\b|template\b|friend\b|static_assert\b|public:|"
                     r"private:|protected:|NETPOLL_|enum\b|"
                     r"(?:class|struct)\s+\w+(?:;| final| \{| :))")  # fmt: skip
# What follows an open brace of one of these is no function's body.
NO_BODY = re.compile(r"\b(?:namespace|class|struct|enum|union)\b")
INNER = re.compile(r"^\s*(?:\}\s*)?(?:if|for|while|switch|do|else|case|default|try|catch)\b")


@dataclass(frozen=True)
class Mutant:
    """One line of one file, and what it becomes."""

    file: str  # from the top of the tree
    line: int
    operator: str
    was: str
    now: str
    copy: int = 0  # how many lines above it in the file have the same text

    @property
    def folder(self) -> str:
        return Path(self.file).parent.name

    @property
    def key(self) -> str:
        """The same as long as the line is the same, wherever it moves to."""
        text = f"{self.file}\0{self.was.strip()}\0{self.now.strip()}\0{self.copy}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def text(self, root: Path) -> str:
        """The file with the change in it."""
        lines = (root / self.file).read_text("utf-8").split("\n")
        assert lines[self.line - 1] == self.was
        lines[self.line - 1] = self.now
        return "\n".join(lines)

    def __str__(self) -> str:
        return f"{self.was.strip()} → {self.now.strip()}"


@dataclass(frozen=True)
class Line:
    """A line of code: where, its text, and what leaves the function that it stands in."""

    file: str
    number: int
    text: str
    copy: int  # how many lines above it have the same text
    returns: str | None
    whole: bool


def mutants(root: Path, seed: int) -> Iterator[Mutant]:
    """All of a seed: each line that an operator fits, once, in the seed's order."""
    lines = [line for file in sources(root) for line in code_lines(root, file)]
    lines.sort(key=lambda line: _number(seed, line, "place"))
    for line in lines:
        if mutant := _mutant(line, seed):
            yield mutant


def sources(root: Path) -> list[str]:
    top = root / "src" / "netpoll"
    return sorted(str(f.relative_to(root)) for f in top.rglob("*") if f.suffix in (".h", ".cpp"))


def code_lines(root: Path, file: str) -> list[Line]:
    """The lines that may change: no comment, no declaration of a type, no assert."""
    found, depth = [], 0  # depth: of an assert that goes on
    seen: Counter[str] = Counter()
    text = (root / file).read_text("utf-8").split("\n")
    for number, line in enumerate(text, 1):
        code = bare(line)
        if depth or re.match(r"\s*assert\(", code):
            depth += code.count("(") - code.count(")")
            continue
        if not re.search(r"\w", code) or NO_CODE.match(code):
            continue
        whole = number < 2 or ends_statement(bare(text[number - 2]))
        copy = seen[line.strip()]
        seen[line.strip()] += 1
        found.append(Line(file, number, line, copy, leaves(text, number), whole))
    return found


def bare(line: str) -> str:
    """`line` without its comment."""
    for match in re.finditer(r"\s*//", line):
        if not operators.in_text(line, match.start()):
            return line[: match.start()]
    return line.rstrip()


def ends_statement(code: str) -> bool:
    return not code.strip() or code.rstrip()[-1] in "{};:"


def leaves(text: list[str], number: int) -> str | None:
    """`return;` or `return {};` for the function that line `number` stands in; None outside."""
    indent = len(text[number - 1]) - len(text[number - 1].lstrip())
    for place in range(number - 2, -1, -1):
        code = bare(text[place])
        here = len(code) - len(code.lstrip())
        if not code.strip() or here >= indent:
            continue
        if not code.endswith("{"):
            continue  # the inner line of a long head
        first = place
        while not ends_statement(bare(text[first - 1])) and first > 0:
            first -= 1
        head = " ".join(bare(part).strip() for part in text[first : place + 1])
        if NO_BODY.search(head) and "(" not in head:
            return None
        indent = len(text[first]) - len(text[first].lstrip())
        if INNER.match(head):
            continue
        return _leaving(head)
    return None


def _leaving(head: str) -> str:
    before = head.split("(")[0].split()
    nothing = len(before) < 2 or "void" in before or before[-1].startswith("~")
    arrow = re.search(r"-> (\w+)", head)
    if "[" in head.split("{")[0] and "(" not in head.split("[")[0]:  # a lambda
        nothing = not arrow or arrow[1] == "void"
    return "return;" if nothing else "return {};"


def _mutant(line: Line, seed: int) -> Mutant | None:
    code = bare(line.text)
    made = operators.changes(code, line.returns, line.whole)
    chosen = random.Random(_number(seed, line, "operator"))
    thinned = chosen.randrange(operators.EARLY_ONE_IN) > 0
    if thinned:
        made.pop("return early", None)
    if not made:
        return None
    operator = chosen.choice(sorted(made))
    now = chosen.choice(made[operator])
    return Mutant(line.file, line.number, operator, line.text, now + line.text[len(code) :],
                  line.copy)


def _number(seed: int, line: Line, what: str) -> int:
    text = f"{seed}\0{line.file}\0{line.text.strip()}\0{line.copy}\0{what}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
