# SPDX-License-Identifier: Apache-2.0
"""Each "Unlike upstream" of src/ has a row in claims.toml, and each row has it.

    [[claim]]
    file = "src/netpoll/poller/poller.h"
    symbol = "Poller::run"               left out for the head of a file
    claim = "words of the comment"       from the sentence, or what follows it
    probe = "dead_epoll"                 or: read = "file.go:102 (symbol)"

    [probe.dead_epoll]
    shows = "what the program prints"

`probe` is a Go program's part that runs the original (tests/conformance/cmd/
facts); `read` is where the original can be read, when nothing can be run. A
`file` of the tables of the original (.tsv) may make a claim as well: `symbol` is
the row's first column, and the words stand in that row.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from learn.facts import comments
from learn.paths import ROOT, TESTS

CLAIMS_TOML = TESTS / "conformance" / "claims.toml"
_MARK = re.compile(r"\bunlike upstream\b", re.IGNORECASE)
_KEYS = {"file", "symbol", "claim", "probe", "read"}


@dataclass(frozen=True)
class Claim:
    line: int  # in claims.toml
    file: str
    symbol: str
    claim: str
    probe: str
    read: str


@dataclass(frozen=True)
class Said:
    """One "Unlike upstream": where, of what, and the words that belong to it."""

    file: str
    line: int
    symbol: str
    words: str


def read(path: Path = CLAIMS_TOML) -> tuple[list[Claim], dict[str, str]]:
    """The claims, and what each probe shows. ValueError tells of a bad row."""
    text = path.read_text(encoding="utf-8")
    table = tomllib.loads(text)
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.strip() == "[[claim]]"]
    claims = []
    for line, row in zip(lines, table.get("claim", []), strict=True):
        if set(row) - _KEYS or not {"file", "claim"} <= set(row):
            raise ValueError(f"{path.name}:{line}: {', '.join(sorted(row))}")
        if ("probe" in row) == ("read" in row):
            raise ValueError(f"{path.name}:{line}: probe, read")
        claims.append(Claim(line, row["file"], row.get("symbol", ""), _plain(row["claim"]),
                            row.get("probe", ""), row.get("read", "")))
    probes = {name: probe["shows"].strip() for name, probe in table.get("probe", {}).items()}
    return claims, probes


def said(file: str, source: str, symbol_at: Callable[[str, int], str]) -> Iterator[Said]:
    """Each "Unlike upstream" of one file; `symbol_at` is asked for (file, line)."""
    for comment in comments.read(source):
        marks = list(_MARK.finditer(comment.text))
        begins = [_sentence(comment.text, mark.start()) for mark in marks]
        for at, mark in enumerate(marks):
            end = begins[at + 1] if at + 1 < len(marks) else len(comment.text)
            line = comment.line_of(mark.start())
            yield Said(file, line, symbol_at(file, line),
                       comment.text[begins[at]:max(end, mark.end())])


def match(claims: list[Claim], everything: list[Said]) -> tuple[list[Said], list[Claim]]:
    """What is said and claimed by no row; and the rows that nothing says."""
    used: set[Claim] = set()
    bare = []
    for one in everything:
        rows = [c for c in claims if (c.file, c.symbol) == (one.file, one.symbol)
                and c.claim in one.words]
        used.update(rows)
        if not rows:
            bare.append(one)
    used.update(c for c in claims if c.file.endswith(".tsv") and _in_table(c))
    return bare, [c for c in claims if c not in used]


def _in_table(claim: Claim) -> bool:
    path = ROOT / claim.file
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return any(line.split("\t")[0] == claim.symbol and claim.claim in line for line in lines)


def _sentence(text: str, at: int) -> int:
    """Where the sentence around `at` begins."""
    return text.rfind(". ", 0, at) + 2 if ". " in text[:at] else 0


def _plain(text: str) -> str:
    return " ".join(text.split())
