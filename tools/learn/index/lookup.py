# SPDX-License-Identifier: Apache-2.0
"""Finds the one symbol that a name leads to; learn/index/__init__.py has the forms."""

from __future__ import annotations

import functools
import re

from learn.index.names import Names
from learn.index.symbol import AmbiguousSymbol, Symbol, UnknownSymbol

IN_FILE = re.compile(r"^([\w./-]+\.(?:cpp|h)):(?!:)(.+)$")
ALIAS = re.compile(r"^using (\w+) = (\w+)<")
CALL = re.compile(r"^(.*?\boperator\(\)|(?!.*operator\(\)).+?)\((.*)\)( const)?$")


class Index:
    """Every symbol of a tree, sorted by file and line."""

    def __init__(
        self, symbols: list[Symbol], errors: list[str] | None = None, entries: dict | None = None
    ) -> None:
        self.symbols = sorted(symbols, key=lambda s: (s.file, s.start, -s.end))
        self.errors = errors or []  # what libclang could not compile
        self._entries = entries or {}
        self._plain = {id(symbol): _plain(symbol.name) for symbol in self.symbols}
        self._files: dict[str, list[Symbol]] = {}
        self._by_last: dict[str, list[Symbol]] = {}  # the last word of the plain name
        for symbol in self.symbols:
            self._files.setdefault(symbol.file, []).append(symbol)
            self._by_last.setdefault(_last(self._plain[id(symbol)]), []).append(symbol)
        self.aliases = _aliases(self.symbols)  # Lifecycle -> BasicLifecycle

    @functools.cached_property
    def names(self) -> Names:
        """Which token of a file means which name; made when it is first asked for."""
        return Names(self._entries)

    def spoken(self, symbol: Symbol) -> str:
        """Its name as a page says it: with the alias of a template, without `netpoll::`."""
        name = symbol.name.removeprefix("netpoll::")
        for alias, template in self.aliases.items():
            name = re.sub(rf"\b{template}(?=::|$)", alias, name)
        return name

    def in_file(self, file: str) -> list[Symbol]:
        return self._files.get(file, [])

    def at(self, file: str, line: int) -> Symbol | None:
        """The innermost symbol around a line, its comment counted in."""
        around = [s for s in self.in_file(file) if s.comment_start <= line <= s.end]
        return min(around, key=lambda s: (s.end - s.start, -s.start), default=None)

    def find(self, name: str) -> Symbol:
        """The one symbol that `name` leads to; see learn/index/__init__.py."""
        asked, declaration = name.strip(), False
        if asked.endswith("@decl"):
            asked, declaration = asked[: -len("@decl")].strip(), True
        matches = self._matching(asked) or self._matching(self._template(asked))
        if not matches:
            raise UnknownSymbol(name, self._near(asked))
        chosen = _one_each(matches, declaration)
        if len(chosen) > 1:
            raise AmbiguousSymbol(name, chosen)
        return chosen[0]

    def _matching(self, asked: str) -> list[Symbol]:
        file, types, const = "", None, False
        if match := IN_FILE.match(asked):
            file, asked = match.groups()
        if match := CALL.match(asked):
            asked, types, const = match[1], _types(match[2]), bool(match[3])
        wanted = _plain(asked)
        plain, pool = self._plain, self._by_last.get(_last(wanted), [])
        found = [s for s in pool if _ends_with(plain[id(s)], wanted)
                 and (not file or f"/{s.file}".endswith(f"/{file}"))]  # fmt: skip
        exact = [s for s in found if plain[id(s)] == wanted]
        found = _without_constructors(exact or found)
        if types is None:
            return found
        found = [s for s in found if s.parameters is not None and _types(s.parameters) == types]
        return [s for s in found if s.is_const == const] or found

    def _template(self, asked: str) -> str:
        """`Lifecycle::decide` is a function of the template BasicLifecycle."""
        for alias, template in self.aliases.items():
            asked = re.sub(rf"\b{alias}(?=::)", template, asked)
        return asked

    def _near(self, asked: str) -> list[Symbol]:
        """What the writer may have meant: the same last word first, then alike."""
        import difflib

        last = _plain(asked).split("(")[0].split("::")[-1]
        by_last: dict[str, Symbol] = {}
        for symbol in self.symbols:
            by_last.setdefault(symbol.name.split("::")[-1], symbol)
        same = [s for s in self.symbols if s.name.split("::")[-1] == last]
        close = difflib.get_close_matches(last, by_last, n=3, cutoff=0.6)
        return (same or [by_last[word] for word in close])[:5]


def _aliases(symbols: list[Symbol]) -> dict[str, str]:
    """Each alias of a class template that has no other alias."""
    classes = {s.name for s in symbols if s.kind == "class"}
    found: dict[str, set[str]] = {}
    for symbol in symbols:
        match = ALIAS.match(symbol.signature) if symbol.kind == "alias" else None
        scope = symbol.name.rpartition("::")[0]
        if match and f"{scope}::{match[2]}" in classes:
            found.setdefault(match[2], set()).add(match[1])
    return {next(iter(names)): template for template, names in found.items() if len(names) == 1}


def _one_each(matches: list[Symbol], declaration: bool) -> list[Symbol]:
    """Of a declaration and its definition only the one that was asked for."""
    groups: dict[str, list[Symbol]] = {}
    for symbol in matches:
        groups.setdefault(symbol.usr, []).append(symbol)
    chosen = []
    for group in groups.values():
        wanted = [s for s in group if s.is_definition != declaration] or group
        chosen += wanted if not declaration and wanted[0].is_definition else wanted[:1]
    return chosen


def _without_constructors(found: list[Symbol]) -> list[Symbol]:
    """`LinkBuffer` means the class, `LinkBuffer::LinkBuffer` its constructors."""
    names = {s.name for s in found if s.kind == "class"}
    return [s for s in found if s.kind == "class" or s.name.rsplit("::", 1)[0] not in names]


def _plain(name: str) -> str:
    return re.sub(r"\s+", " ", name).replace("netpoll::", "").strip()


def _last(name: str) -> str:
    return name.rpartition("::")[2]


def _ends_with(name: str, wanted: str) -> bool:
    return name == wanted or name.endswith("::" + wanted)


def _types(written: str | list[str]) -> str:
    """Parameter types without what nobody wants to type: std::, spaces, netpoll::."""
    text = written if isinstance(written, str) else ",".join(written)
    return re.sub(r"\s+|std::|netpoll::", "", text)
