# SPDX-License-Identifier: Apache-2.0
"""What we say about the original is so.

Red when a comment of src/ or a row of the tables names a place of the original
that is not the symbol it says (learn/facts/places.py); when "Unlike upstream" has
no row in tests/conformance/claims.toml, or a row has lost its comment; when a
probe, run on netpoll v0.7.0, shows something else than its row says; and when
notes/ call a bug what upstream_bugs.tsv calls a contract, or link to a line that
is another. Without a Go tool chain no probe can run: the gate has not passed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from learn import paths
from learn.facts import claims, comments, links, places, probes, tables, wording
from learn.gate import GateResult, Problem, blocked, verdict
from learn.say import say

SOURCES = (".h", ".cpp")
_CLAIMS = "tests/conformance/claims.toml"


def run(options: object = None) -> GateResult:
    from learn import index, sourcemap
    from learn.conformance import originals
    from learn.run import go

    try:
        known, library = tables.load(), index.load()
        rows, shows = claims.read()
        changed = sum(row.status == "changed" for row in sourcemap.read_map())
        bugs = wording.read()
    except index.IndexUnavailable as error:
        return blocked("facts", str(error), error.mend)
    except (OSError, ValueError, KeyError, sourcemap.BadTable) as error:
        text = say("facts.bad_table", text=f"{type(error).__name__}: {error}")
        return verdict("facts", {}, [Problem(_CLAIMS, 0, text, say("facts.bad_table_mend"))])

    def symbol_at(file: str, line: int) -> str:
        around = library.at(file, line)
        return around.name.removeprefix("netpoll::") if around else ""

    checker = Checker(known)
    checker.sources(source_files(), rows, symbol_at)
    checker.table(wording.BUGS_TSV)
    checker.rows(rows, shows)
    checker.notes(sorted(paths.NOTES.glob("*/*.md")), bugs)
    if not changed:
        checker.add("notes/upstream/source-map.tsv", 0, "no_changed")
    try:
        program = originals.build() / "facts"
        wanted = sorted({row.probe for row in rows if row.probe} & set(shows))
        checker.probes(rows, shows, probes.run(program, wanted))
    except go.NoGo as missing:
        if not checker.problems:
            return blocked("facts", missing.text, missing.mend)
    return verdict("facts", checker.figures | {"changed": changed}, sorted(set(checker.problems)))


def source_files() -> list[Path]:
    return sorted(file for file in paths.SRC.rglob("*") if file.suffix in SOURCES)


class Checker:
    """Collects what is wrong, and counts what was looked at."""

    def __init__(self, known: tables.Tables) -> None:
        self.known = known
        self.problems: list[Problem] = []
        self.figures = {"places": 0, "claims": 0, "probes": 0, "skipped": 0, "read": 0}

    def add(self, file: str, line: int, key: str, /, **values: object) -> None:
        self.problems.append(Problem(file, line, say(f"facts.{key}", **values),
                                     say(f"facts.{key}_mend", **values)))

    def places(self, file: str, text: str, line_of: Callable[[int], int]) -> None:
        self.figures["places"] += len(places.read(text))
        for fault in places.faults(text, self.known):
            self.add(file, line_of(fault.at), fault.key, **fault.values)

    def sources(self, files: list[Path], rows: list[claims.Claim],
                symbol_at: Callable[[str, int], str]) -> None:
        said: list[claims.Said] = []
        for path in files:
            file, source = paths.relative(path), path.read_text(encoding="utf-8")
            for comment in comments.read(source):
                self.places(file, comment.text, comment.line_of)
            said += claims.said(file, source, symbol_at)
        bare, stale = claims.match(rows, said)
        self.figures["claims"] = len(said)
        for one in bare:
            self.add(one.file, one.line, "bare", words=short(one.words),
                     symbol=one.symbol or say("facts.head"))
        for row in stale:
            self.add(_CLAIMS, row.line, "stale", claim=row.claim, file=row.file,
                     symbol=row.symbol or say("facts.head"))

    def table(self, path: Path) -> None:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            self.places(paths.relative(path), line, lambda _, number=number: number)

    def rows(self, rows: list[claims.Claim], shows: dict[str, str]) -> None:
        for row in rows:
            if row.read:
                self.figures["read"] += 1
                self.places(_CLAIMS, row.read, lambda _, row=row: row.line)
                if not any(place.line for place in places.read(row.read)):
                    self.add(_CLAIMS, row.line, "no_place", read=row.read)
            elif row.probe not in shows:
                self.add(_CLAIMS, row.line, "no_probe", probe=row.probe)
        for name in sorted(set(shows) - {row.probe for row in rows}):
            self.add(_CLAIMS, probe_line(name), "idle_probe", probe=name)

    def probes(self, rows: list[claims.Claim], shows: dict[str, str],
               shown: dict[str, str]) -> None:
        """`shown` is what each probe printed."""
        for name, text in shown.items():
            skipped = text.splitlines()[-1:] and text.splitlines()[-1].startswith(probes.SKIP)
            self.figures["skipped" if skipped else "probes"] += 1
            if text == shows[name] or skipped:
                continue
            claim = next(row.claim for row in rows if row.probe == name)
            self.add(_CLAIMS, probe_line(name), "differs", probe=name, claim=claim,
                     shown=short(text), wanted=short(shows[name]))

    def notes(self, files: list[Path], bugs: list[wording.Row]) -> None:
        for path in files:
            file, text = paths.relative(path), path.read_text(encoding="utf-8")
            for one in wording.called(text, bugs):
                self.add(file, one.line, "contract", row=one.row, word=one.word)
            for link in links.broken(text, self.known):
                self.add(file, link.line, "link", link=link.link, right=link.right)


def probe_line(name: str) -> int:
    """Where the probe stands in claims.toml."""
    lines = (paths.ROOT / _CLAIMS).read_text(encoding="utf-8").splitlines()
    return next((at for at, line in enumerate(lines, 1) if line.startswith(f"{name} = ")), 0)


def short(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= 140 else text[:139] + "…"
