# SPDX-License-Identifier: Apache-2.0
"""Each "Unlike upstream" of src/ has a row in claims.toml, and each row has it.

    [claims."src/netpoll/connection/handlers.h"]
    head."words of the comment" = "probe own_close"
    "Handlers::on_request"."called for ever" = "read file.go:102 (symbol)"

    [shows]
    own_close = "what the program prints"

First stands the symbol that the comment is of, "head" for the head of the file,
then words from the sentence of "Unlike upstream" or what follows it. `probe` is
a part of a Go program that runs the original (tests/conformance/cmd/facts);
`read` is where the original can be read, when nothing can be run. A table (.tsv)
may make a claim too: then first stands the row's first column, and the words
are in that row.
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
_HEAD = "head"


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
    claims = [
        _claim(line_of(text, file, words), file, symbol, words, how)
        for file, symbols in table["claims"].items()
        for symbol, rows in symbols.items()
        for words, how in rows.items()
    ]
    return claims, {name: shown.strip() for name, shown in table["shows"].items()}


def _claim(line: int, file: str, symbol: str, words: str, how: str) -> Claim:
    kind, _, what = how.partition(" ")
    if kind not in ("probe", "read") or not what:
        raise ValueError(f"claims.toml:{line}: {how}; want probe NAME, or read PLACE")
    probe, place = (what, "") if kind == "probe" else ("", what)
    return Claim(line, file, "" if symbol == _HEAD else symbol, _plain(words), probe, place)


def line_of(text: str, file: str, words: str) -> int:
    """The line of claims.toml that has `words` under the table of `file`."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("["):
            inside = line == f'[claims."{file}"]'
        elif inside and f'"{words}"' in line:
            return number
    return 0


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
