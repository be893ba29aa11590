# SPDX-License-Identifier: Apache-2.0
"""Links of the notes that lead into a line of the original.

    [`mcache.Malloc` mcache.go:60](https://github.com/…/blob/v0.1.1/lang/mcache/mcache.go#L60)

The text's line is the link's, the file is one of the tables, and the symbol in
the text, when it names one, begins there. Tests of the original are not in the
tables; of those only the two lines are compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from learn.facts.tables import Tables

_LINK = re.compile(
    r"\[(?P<text>[^\]]*)\]\(https://github\.com/(?P<module>[\w.-]+/[\w.-]+)/blob/"
    r"(?P<version>v[\d.]+)/(?P<file>[^)#\s]+\.go)#L(?P<line>\d+)\)"
)
_SAID = re.compile(r"(?:`(?P<symbol>[\w.]+)`\s+)?(?P<file>[\w./-]+\.go):(?P<line>\d+)")


@dataclass(frozen=True)
class Broken:
    line: int  # of the text
    link: str
    right: str


def broken(text: str, tables: Tables) -> Iterator[Broken]:
    for number, line in enumerate(text.splitlines(), 1):
        for match in _LINK.finditer(line):
            right = _right(match, tables)
            if right:
                yield Broken(number, match["text"], right)


def _right(match: re.Match, tables: Tables) -> str:
    """What the link should say, "" when it is right."""
    here = f"{match['file']}:{match['line']}"
    said = _SAID.search(match["text"])
    if said and (said["line"] != match["line"] or not here.startswith(_path(match, said))):
        return here
    if match["file"].endswith("_test.go"):
        return ""
    files = [f for f in tables.find(match["file"], match["version"])
             if f.module == f"github.com/{match['module']}"]
    if not files:
        return "notes/upstream/*-symbols.tsv"
    line = int(match["line"])
    if said and said["symbol"]:
        lines = [s.first for s in files[0].named(said["symbol"])]
        return "" if line in lines else f"{match['file']}:{', '.join(map(str, lines)) or '?'}"
    return "" if files[0].at(line) else here


def _path(match: re.Match, said: re.Match) -> str:
    """The link's own path, when the text names that file."""
    named = f"/{match['file']}".endswith(f"/{said['file']}")
    return match["file"] if named else "\0"
