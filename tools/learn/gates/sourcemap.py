# SPDX-License-Identifier: Apache-2.0
"""The gate `sourcemap`: each symbol of the original has one fate, told truly.

Red when a symbol has no row, or two; when a row names a symbol that upstream
does not have, or one of ours that the index does not find; when the words
differ and the row says `ported`; when a reason is missing in one language.
`planned` is red too: it is work that is left.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from learn import paths, sourcemap, upstream
from learn.gate import GateResult, Problem, blocked, verdict
from learn.index.symbol import IndexUnavailable, SymbolError
from learn.say import say
from learn.sourcemap import Row, Word, last_word, same_word

CHINESE = re.compile(r"[\u3400-\u9fff]")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
ENUMERATOR = re.compile(r"(?:^|[{,])\s*(\w+)\s*(?==|,|\}|$)", re.MULTILINE)
# Statuses that name something of ours, and those that must say why.
NAMES_OURS = ("ported", "renamed", "merged", "changed", "test", "planned")
SAYS_WHY = ("merged", "changed", "omitted", "test")


def run(options: object = None) -> GateResult:
    from learn import index

    try:
        library = index.load()
        # What only tests use may stand in their own headers.
        support = index.build(
            root=paths.ROOT,
            folders=[paths.TESTS / "support"],
            cache=paths.BUILD / "index-tests",
        )
        symbols = upstream.table()
    except (IndexUnavailable, upstream.BrokenTable) as error:
        return blocked("sourcemap", str(error), IndexUnavailable.mend)
    if library.errors:
        return blocked("sourcemap", library.errors[0], say("sourcemap.compile_mend"))
    try:
        rows, words = sourcemap.read_map(), sourcemap.read_words()
    except sourcemap.BadTable as error:
        text = say("sourcemap.bad_table", text=str(error))
        where = paths.relative(error.path)
        problem = Problem(where, error.line, text, say("sourcemap.bad_table_mend"))
        return verdict("sourcemap", _figures(symbols, [], set()), [problem])
    return check(symbols, rows, words, [library, support])


def check(
    symbols: Iterable[upstream.UpstreamSymbol],
    rows: list[Row],
    words: list[Word],
    indexes: list,
    *,
    table: Path = sourcemap.MAP_TSV,
    word_table: Path = sourcemap.WORDS_TSV,
) -> GateResult:
    """`indexes`: the library's, then those that only `test` rows may name."""
    checker = _Checker(indexes, words, paths.relative(table), paths.relative(word_table))
    symbols = list(symbols)
    checker.match_rows(symbols, rows)
    for row in rows:
        checker.check_row(row)
    checker.check_words()
    return verdict("sourcemap", _figures(symbols, rows, checker.bad), sorted(set(checker.problems)))


def _figures(symbols, rows: list[Row], bad: set[tuple[str, str]]) -> dict:
    known = {(s.symbol, s.file) for s in symbols}
    mapped = {(r.symbol, r.file) for r in rows} & known - bad
    ours = {name for row in rows if row.status != "planned" for name in row.ours}
    return {
        "symbols": len(known),
        "mapped": len(mapped),
        "unmapped": len(known - mapped),
        "ours": len(ours),
        "changed": sum(row.status == "changed" for row in rows),
        "omitted": sum(row.status == "omitted" for row in rows),
        "planned": sum(row.status == "planned" for row in rows),
    }


class _Checker:
    """Collects what is wrong; `bad` are the symbols without a good row."""

    def __init__(self, indexes: list, words: list[Word], table: str, word_table: str) -> None:
        self.indexes, self.words = indexes, words
        self.table, self.word_table = table, word_table
        self.problems: list[Problem] = []
        self.bad: set[tuple[str, str]] = set()
        self.used_words: set[tuple[str, str]] = set()
        self.known_words = Counter((word.upstream, word.ours) for word in words)

    def say(self, row: Row, key: str, **values: str) -> None:
        self.bad.add((row.symbol, row.file))
        text = say(f"sourcemap.{key}", symbol=f"{row.file}:{row.symbol}", **values)
        self.problems.append(Problem(self.table, row.line, text, say(f"sourcemap.{key}_mend")))

    def match_rows(self, symbols: list, rows: list[Row]) -> None:
        """One row for each symbol, and no other row."""
        known = {(s.symbol, s.file): s for s in symbols}
        seen: dict[tuple[str, str], int] = {}
        for row in rows:
            place = (row.symbol, row.file)
            if place not in known:
                self.say(row, "unknown")
            elif place in seen:
                self.say(row, "twice", first=str(seen[place]))
            seen.setdefault(place, row.line)
        for place, symbol in known.items():
            if place not in seen:
                self.bad.add(place)
                text = say("sourcemap.missing", symbol=f"{symbol.file}:{symbol.symbol}")
                mend = say("sourcemap.missing_mend")
                self.problems.append(Problem(self.table, 0, text, mend))

    def check_row(self, row: Row) -> None:
        if row.status not in sourcemap.STATUSES:
            return self.say(row, "status", status=row.status)
        if bool(row.ours) != (row.status in NAMES_OURS):
            self.say(row, "no_ours" if not row.ours else "ours_omitted", status=row.status)
        if row.status == "planned":
            return self.check_planned(row)
        known = [self.check_ours(row, name) for name in row.ours]  # each may have a problem
        if all(known):
            self.check_word(row)
        self.check_why(row)
        return None

    def check_planned(self, row: Row) -> None:
        self.used_words |= {(last_word(row.symbol), last_word(name)) for name in row.ours}
        there = bool(row.ours) and all(self.find(name) is None for name in row.ours)
        self.say(row, "written" if there else "planned", ours="; ".join(row.ours))

    def check_ours(self, row: Row, name: str) -> bool:
        error = self.find(name, tests=row.status == "test")
        if error:
            near = ", ".join(str(symbol) for symbol in error.candidates) or "-"
            self.say(row, "no_symbol", what=error.what, ours=name, near=near)
        return error is None

    def find(self, name: str, *, tests: bool = False) -> SymbolError | None:
        """None when `name` is one symbol of ours, else what the index says."""
        failure = None
        for index in self.indexes if tests else self.indexes[:1]:
            try:
                index.find(name)
                return None
            except SymbolError as error:
                if is_enumerator(index, name):
                    return None
                failure = failure or error
        return failure

    def check_word(self, row: Row) -> None:
        """`ported` keeps the word; `renamed` has its reason among the words, and
        a word that only `changed` rows need may stand there too."""
        other = [name for name in row.ours if not same_word(row.symbol, name)]
        if row.status == "ported" and other:
            self.say(row, "not_ported", ours=other[0])
        if row.status == "changed":
            self.used_words |= {(last_word(row.symbol), last_word(name)) for name in other}
        if row.status != "renamed":
            return
        if not other:
            self.say(row, "not_renamed", ours="; ".join(row.ours))
        for name in other:
            pair = (last_word(row.symbol), last_word(name))
            self.used_words.add(pair)
            if not self.known_words[pair]:
                self.say(row, "no_word", upstream=pair[0], ours=pair[1])

    def check_why(self, row: Row) -> None:
        wanted = row.status in SAYS_WHY
        if wanted and not _both_languages(row.why):
            self.say(row, "no_why", status=row.status)
        if not wanted and any(row.why.values()):
            self.say(row, "needless_why", status=row.status)

    def check_words(self) -> None:
        """Each exception once, with its reason, and used by some row."""
        seen: set[tuple[str, str]] = set()
        for word in self.words:
            pair = (word.upstream, word.ours)
            if pair in seen:
                self.say_word(word, "word_twice")
            elif pair not in self.used_words:
                self.say_word(word, "word_unused")
            elif not _both_languages(word.why):
                self.say_word(word, "word_why")
            seen.add(pair)

    def say_word(self, word: Word, key: str) -> None:
        text = say(f"sourcemap.{key}", upstream=word.upstream, ours=word.ours)
        mend = say(f"sourcemap.{key}_mend")
        self.problems.append(Problem(self.word_table, word.line, text, mend))


def is_enumerator(index, name: str) -> bool:
    """`Errc::eof`: the index knows the enumerations, not what stands in them."""
    scope, _, last = name.rpartition("::")
    if not scope:
        return False
    try:
        symbol = index.find(scope)
    except SymbolError:
        return False
    body = COMMENT.sub("", symbol.text).partition("{")[2]
    return symbol.kind == "enum" and last in ENUMERATOR.findall("{" + body)


def _both_languages(why: dict[str, str]) -> bool:
    return bool(why["en"] and CHINESE.search(why["zh"]) and not CHINESE.search(why["en"]))
