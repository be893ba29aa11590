# SPDX-License-Identifier: Apache-2.0
"""Which token of the source means which name of ours, and what is said of that name.

    Name         one place where a name is declared or defined, with its comment
    Mention      one token, and the name it means
    Names        all of a tree: mentions by line, and the places of each name

A name is told by the place of its declaration, as libclang gives it, and never by its
spelling. All declarations of one thing share a USR.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """A name where it is declared or defined. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    name: str  # qualified
    kind: str  # as of a Symbol, or `value` of an enum
    usr: str
    is_definition: bool
    declaration: str  # on one line
    comment: str  # above it or behind it, on one line
    guards: tuple[str, ...]  # of a mutex: the members that must not be used without it

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def last(self) -> str:
        return self.name.rsplit("::", 1)[-1]


@dataclass(frozen=True)
class Mention:
    """A token of a file: where it begins, how long it is, what it means."""

    line: int
    column: int
    length: int
    usr: str  # "" when nobody can say which of ours it is
    declares: bool  # the token is the name in a declaration of it


class Names:
    """The names of a tree and the tokens that mean them."""

    def __init__(self, entries: dict[str, dict] | None = None) -> None:
        """`entries`: file -> what learn.index.references found there."""
        self._places: dict[str, list[Name]] = {}
        self._mentions: dict[str, dict[int, list[Mention]]] = {}
        self.by_own_members = 0  # tokens that libclang left open, told by the class's members
        entries = entries or {}
        at: dict[str, str] = {}
        for file, entry in entries.items():
            for values in entry["names"]:
                name = Name(file, *values[:-1], tuple(values[-1]))
                self._places.setdefault(name.usr, []).append(name)
                at[name.place] = name.usr
        macros = {p[0].name: p[0].usr for p in self._places.values() if p[0].kind == "macro"}
        self._spelled = {places[0].last for places in self._places.values()}
        for file, entry in entries.items():
            self._read(file, entry, at, macros)

    def _read(self, file: str, entry: dict, at: dict[str, str], macros: dict[str, str]) -> None:
        """A macro is told by its word, as the preprocessor does."""
        lines = self._mentions.setdefault(file, {})

        def add(line: int, column: int, length: int, usr: str, declares: bool = False) -> None:
            lines.setdefault(line, []).append(Mention(line, column, length, usr, declares))

        for line, column, length, target in entry["mentions"]:
            usr = at.get(entry["targets"][target])
            if usr is not None:
                place = f"{file}:{line}:{column}"
                add(line, column, length, usr, place == entry["targets"][target])
        for line, column, word in entry["open"]:
            if word in self._spelled:
                add(line, column, len(word), macros.get(word, ""))
        for found in lines.values():
            found.sort(key=lambda mention: mention.column)
        self.by_own_members += entry["own"]

    def mentions(self, file: str) -> dict[int, list[Mention]]:
        """Line -> its tokens that mean names of ours, from left to right."""
        return self._mentions.get(file, {})

    def places(self, usr: str) -> list[Name]:
        """Where a name is declared and defined."""
        return self._places.get(usr, [])

    def all(self) -> Iterable[list[Name]]:
        return self._places.values()

    def files(self) -> list[str]:
        return sorted(self._mentions)
