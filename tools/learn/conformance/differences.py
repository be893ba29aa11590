# SPDX-License-Identifier: Apache-2.0
"""The allowed differences: the rows of tests/conformance/differences.toml and
of differences_SUITE.toml beside it.

    [[difference]]
    id = "ack-too-large"       counted by this name
    suite = "linkbuffer"
    contract = "e.2 row 5"     where the contract of the original tells of it
    en, zh                     why the library differs, one line each
    effect = "ends"            what may differ, each suite has its own words
    op, answers, after         when: the rest of the rule, also the suite's

`op` and `answers` are regular expressions that must match as a whole: the call
or case, and "OURS | THEIRS".
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from learn.paths import TESTS

FILE = TESTS / "conformance" / "differences.toml"


@dataclass(frozen=True)
class Row:
    id: str
    suite: str
    contract: str
    en: str
    zh: str
    op: str = ".*"
    answers: str = ".*"
    after: str = ""
    effect: str = "answer"

    def __post_init__(self) -> None:
        re.compile(self.op)
        re.compile(self.answers)

    def matches(self, op: str, ours: str, theirs: str) -> bool:
        """Whether both expressions match as a whole."""
        return bool(re.fullmatch(self.op, op)
                    and re.fullmatch(self.answers, f"{ours} | {theirs}"))


def load(suite: str = "", file: Path = FILE) -> list[Row]:
    """The rows of one suite, or all. Raises ValueError or TypeError if malformed."""
    files = [file, *sorted(file.parent.glob(f"{file.stem}_*.toml"))]
    tables = [tomllib.loads(each.read_text()).get("difference", []) for each in files]
    rows = [Row(**row) for table in tables for row in table]
    if len({row.id for row in rows}) != len(rows):
        raise ValueError(f"{file.name}: an id is there twice")
    return [row for row in rows if suite in ("", row.suite)]


def unused(used: Iterable[str], file: Path = FILE) -> list[Row]:
    """The rows that no case needed."""
    seen = set(used)
    return [row for row in load(file=file) if row.id not in seen]
