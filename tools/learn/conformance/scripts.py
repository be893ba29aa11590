# SPDX-License-Identifier: Apache-2.0
"""Random scripts of LinkBuffer calls, each from its own seed.

A script is a list of lines, told in tests/conformance/linkbuffer_driver.cpp.
`History` knows, from the text alone, what a script has done so far; it also says
which calls have no defined meaning in the original at that point. Those are
not generated (tests/conformance/README.md lists them).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

# While bytes that the original shows too early wait for a flush, only these.
_WITH_EARLY = {"malloc", "later", "write", "string", "byte", "reuse", "append", "flush", "close"}
_IN_PLACE = 4096  # the original refers to the memory of longer writes
_WRITES = ("malloc", "later", "write", "string", "reuse")


@dataclass
class History:
    """What the calls so far have done, as far as the text tells."""

    pending: int = 0       # malloc_size()
    early: int = 0         # of these: in the original readable already
    split: bool = False    # write_direct() split a node, since the last flush
    whole_from: int = 0    # before this byte it did
    zeroed: bool = False   # malloc_ack(0) dropped something, since then
    facts: set[str] = field(default_factory=set)
    live: set[str] = field(default_factory=set)  # of these: still in the buffer

    def allows(self, line: str) -> bool:
        op, *n = line.split()
        if self.early and op[0] != "@" and op not in _WITH_EARLY:
            return False
        if op == "direct" and 0 < int(n[1]) <= self.pending:
            return "rewound" not in self.facts and self.pending - int(n[1]) >= self.whole_from
        if op == "gather":  # where a piece ends is each library's own affair
            return n[0] in ("0", "256")
        return op != "append" or int(n[2]) <= int(n[0])

    def step(self, line: str) -> None:
        """Takes in one call; the answers do not matter."""
        words = line.split()
        n = [int(word) for word in words[1:] if not word.isalpha()]
        match words[0]:
            case "malloc" | "later" | "write" | "string":
                self.pending += n[0]
            case "reuse":
                self.pending += n[0]
                self.note("reuse", n[0] > _IN_PLACE)
            case "byte":
                self.pending += 1
            case "direct" if 0 <= n[1] <= self.pending and n[0]:
                self.pending += n[0]
                if n[1]:
                    self.split = True
                    self.whole_from = self.pending - n[1]
                    self.note("split", True)
            case "append":
                self.early += n[0] - n[2]
                self.pending += n[0] + n[1] - n[2]
            case "ack" if 0 <= n[0] <= self.pending:
                self.zeroed |= n[0] == 0 < self.pending
                self.note("zeroed", self.zeroed)
                self.note("rewound", n[0] < self.pending and self.split)
                self.pending = n[0]
            case "flush" | "close":
                self.pending = self.early = 0
                self.split = self.zeroed = False
                self.whole_from = 0
        self.note("peek", "peek" in words)
        self.note("slice", "slice" in words)

    def emptied(self) -> None:
        """The buffer has neither readable nor malloc'ed bytes."""
        self.live &= {"zeroed"} if self.zeroed else set()

    def note(self, fact: str, holds: bool) -> None:
        if holds:
            self.facts.add(fact)
            self.live.add(fact)


def defined(script: list[str]) -> bool:
    """Whether each of its calls has a meaning in the original."""
    history = History()
    for line in script:
        if not history.allows(line):
            return False
        history.step(line)
    return True


def generate(seed: int) -> list[str]:
    """The script of this seed, always the same."""
    return _Writer(seed).write()


class _Writer:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.delimiters = 8 if seed % 2 == 0 else 255  # the bytes there are, or one more
        self.history = History()
        self.readable = 0              # at most; until() makes it a guess
        self.slices: dict[int, int] = {}
        self.cut = 0

    def write(self) -> list[str]:
        script = []
        for _ in range(self.random.randint(4, 60)):
            for line in self.lines():
                if self.history.allows(line):
                    self.history.step(line)
                    script.append(line)
        return script

    def lines(self) -> list[str]:
        """Mostly one call; now and then a scene that chance would hardly play."""
        draw = self.random.random()
        if draw < 0.003:
            return self.split_block()
        return self.released_views() if draw < 0.005 else [self.line()]

    def split_block(self) -> list[str]:
        """A slice of the first half of a split block, whose memory is then wanted."""
        first, second = self.random.randint(10, 500), self.random.randint(10, 500)
        part = self.random.randint(1, first)
        self.cut += 1
        self.readable = 5000
        return ["close", f"malloc {first}", "flush", f"malloc {second}",
                f"direct 8 {self.random.randint(1, second)}", "flush",
                f"slice {part} {self.cut}", "malloc 5000", "flush",
                f"skip {first - part + second + 8}", "release",
                "malloc 4000", "malloc 3000", f"@{self.cut} rbinary {part}"]

    def released_views(self) -> list[str]:
        """A view across nodes, a slice across nodes, and the memory is wanted."""
        self.cut += 1
        self.slices[self.cut] = 4000
        self.readable = 2000
        return ["close", "malloc 3000", "malloc 3000", "flush",
                f"next {self.random.randint(3001, 3500)}", "malloc 3500", "flush",
                f"slice 4000 {self.cut}", "malloc 3900", "malloc 3900", "release"]

    def line(self) -> str:
        draw = self.random.random()
        if self.history.early:
            return "flush" if draw < 0.4 else self.writer(self.random.random())
        if draw < 0.36:
            return self.writer(draw / 0.36)
        if draw < 0.50:
            return self.flush()
        if draw < 0.62 and self.slices:
            return self.of_slice()
        if draw < 0.64:
            return self.rare()
        if self.readable == 0 and draw < 0.9:  # nothing to read: rarely worth a try
            return self.flush() if self.history.pending else self.writer(self.random.random())
        line, self.readable = self.reader("", self.readable, self.random.random())
        return line

    def size(self) -> int:
        draw = self.random.random()
        if draw < 0.62:
            return self.random.randint(0, 40)
        if draw < 0.84:
            return self.random.randint(40, 700)
        if draw < 0.90:
            return self.random.randint(4090, 4100)
        return self.random.randint(700, 6000 if draw < 0.98 else 20000)

    def below(self, most: int) -> int:
        """0 … most, often one of the two ends."""
        draw = self.random.random()
        if draw < 0.12:
            return most
        return min(self.size(), most) if draw < 0.6 else self.random.randint(0, most)

    def flush(self) -> str:
        self.readable += self.history.pending
        return "flush"

    def writer(self, draw: float) -> str:
        if draw < 0.62:
            return f"{_WRITES[int(draw / 0.62 * len(_WRITES))]} {self.size()}"
        if draw < 0.68:
            return "byte"
        if draw < 0.80:
            remain = self.below(self.history.pending) if draw < 0.75 else 0
            return f"direct {self.size()} {remain}"
        if draw < 0.88:
            flushed = self.size() if draw < 0.85 else 0
            return f"append {flushed} {self.size()} {self.below(flushed)}"
        return f"ack {self.below(self.history.pending)}"

    def rare(self) -> str:
        draw = self.random.randint(0, 11)
        match draw:
            case 0:
                return f"ack {self.history.pending + self.random.randint(1, 9)}"
            case 1:
                return f"direct {self.size()} {self.history.pending + self.random.randint(1, 9)}"
            case 2:
                return f"direct {self.size()} -1"
            case 3:
                return "ack -1"
            case 4 | 5:
                self.readable = 0
                return "close"
        op = self.random.choice(("next", "peek", "skip", "rstring", "rbinary"))
        n = -self.random.randint(1, 9) if draw < 8 else self.readable + self.random.randint(1, 9)
        return f"{op} {n}"

    def of_slice(self) -> str:
        name = self.random.choice(list(self.slices))
        draw = self.random.random()
        if draw < 0.15:
            del self.slices[name]
            return f"@{name} drop"
        line, self.slices[name] = self.reader(f"@{name} ", self.slices[name], draw)
        return line

    def reader(self, target: str, left: int, draw: float) -> tuple[str, int]:
        """One call on a reader with `left` bytes, and what is left then."""
        n = self.below(left)
        if draw < 0.45:
            op = ("next", "skip", "rstring", "rbinary")[int(draw / 0.45 * 4)]
            return f"{target}{op} {n}", left - n
        if draw < 0.60:
            return f"{target}peek {n}", left
        if draw < 0.68:
            return f"{target}until {self.random.randint(0, self.delimiters)}", left
        if draw < 0.72:
            return f"{target}rbyte", max(0, left - 1)
        if draw < 0.82:
            self.cut += 1
            self.slices[self.cut] = n
            return f"{target}slice {n} {self.cut}", left - n
        if draw < 0.90 and not target:
            return ("bytes", "gather 0", "gather 256")[int((draw - 0.82) / 0.08 * 3)], left
        return f"{target}release", left
