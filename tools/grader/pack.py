# SPDX-License-Identifier: Apache-2.0
"""pack.json: what a lab asks for, and how it is built and run.

    parts[].files       the submission's files; each stands before source/ + the same name
    parts[].inner       how their names begin, which is left out where they are handed in
    parts[].sources     the units of the test program; parts[].program: of the learner's
    parts[].own         of these: the units that a submission can change
    parts[].counted     the tests with marks; hidden: those of the hidden part;
                        private: the teacher's own, which are hidden as well
    digests             of each unit with all that it includes: what may be kept
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = "annotated-netpoll/pack/1"


class Fault(Exception):
    """A fault of the grader or of the machine: there is no mark then."""


@dataclass(frozen=True)
class Limits:
    """Of one run of a test program."""

    seconds: float
    memory_mb: int
    processes: int
    output_mb: int
    file_mb: int


@dataclass(frozen=True)
class Part:
    exercise: str
    name: dict[str, str]
    points: int
    hidden_points: int
    private_points: int
    files: list[str]
    inner: str
    sources: list[str]
    program: list[str]
    own: list[str]
    tests: list[str]  # all that the program has but the hidden ones
    counted: list[str]
    hidden: list[str]
    private: list[str]
    allowed: list[str]  # words and symbols that are refused elsewhere; the reference has them
    ideas: list[dict[str, Any]]
    limits: Limits

    @property
    def most(self) -> int:
        return self.points + self.hidden_points + self.private_points

    @property
    def unseen(self) -> list[str]:
        """The tests that are hidden."""
        return [*self.hidden, *self.private]

    @property
    def secret(self) -> list[str]:
        """The units of the teacher's own tests, which no student may read."""
        return [unit for unit in self.sources if unit.startswith("private/")]

    def names_secret(self, line: str) -> bool:
        """A linker's complaint that tells of them."""
        own = [unit.rpartition("/")[2] for unit in self.secret]
        return any(word in line for word in (*own, *(
            f"{name.replace('.', '_')}_Test" for name in self.private)))  # fmt: skip

    def handed_in(self, name: str) -> str:
        """Where a file of the part lies in a submission."""
        return f"{self.exercise}/{name[len(self.inner):]}"


@dataclass(frozen=True)
class Pack:
    folder: Path
    lab: str
    title: dict[str, str]
    seed: int
    command: list[str]
    include: list[str]
    prelude: str
    libraries: list[str]
    digests: dict[str, str]
    parts: list[Part]

    @property
    def source(self) -> Path:
        return self.folder / "source"


def load(folder: Path, seconds: float | None = None) -> Pack:
    """Reads FOLDER/pack.json; a Fault says what is wrong with it. `seconds`: other ones than
    those of the pack."""
    file = folder / "pack.json"
    try:
        table = json.loads(file.read_text("utf-8"))
        if table["schema"] != SCHEMA:
            raise Fault(f"{file}: schema {table['schema']} is unknown; this grader reads {SCHEMA}")
        compiler = table["compiler"]
        return Pack(folder.resolve(), table["lab"], table["title"], int(table["seed"]),
                    compiler["command"], compiler["include"], compiler["prelude"],
                    compiler["libraries"], table["digests"],
                    [_part(entry, seconds) for entry in table["parts"]])  # fmt: skip
    except OSError as problem:
        raise Fault(f"{file} cannot be read: {problem.strerror}") from problem
    except (ValueError, KeyError, TypeError) as problem:
        raise Fault(f"{file} is no pack: {type(problem).__name__} {problem}") from problem


def _part(entry: dict[str, Any], seconds: float | None) -> Part:
    limits = {**entry["limits"], **({"seconds": seconds} if seconds else {})}
    return Part(**{**entry, "limits": Limits(**limits)})
