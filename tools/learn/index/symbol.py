# SPDX-License-Identifier: Apache-2.0
"""What the index knows about one item of the source, and how looking it up fails."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Symbol:
    """One item of a C++ file. Lines count from 1; bytes from 0."""

    name: str  # qualified: "netpoll::LinkBuffer::next"
    kind: str  # function class enum constant variable field alias concept macro
    file: str  # from the top of the tree
    start: int  # first line, template head included, comment not
    end: int
    comment_start: int  # first line of the comment that touches it, or start
    body_start: int | None  # line of the { of a function
    body_end: int | None
    body_bytes: tuple[int, int] | None  # where the { and the } stand in the file
    is_definition: bool
    signature: str  # on one line, without the body
    parameters: list[str] | None  # types, of a function
    is_const: bool
    usr: str  # libclang's name for it: the same for declaration and definition
    text: str  # the lines start..end

    def __str__(self) -> str:
        call = f"({', '.join(self.parameters)})" if self.parameters is not None else ""
        const = " const" if self.is_const else ""
        return f"{self.name}{call}{const} ({self.file}:{self.start})"


class IndexUnavailable(Exception):
    """libclang is missing or cannot read a file: nothing is known (exit code 4)."""

    mend = "./learn doctor"


class SymbolError(Exception):
    """A name that does not lead to one symbol."""

    what = "no symbol"

    def __init__(self, name: str, candidates: list[Symbol]) -> None:
        self.name = name
        self.candidates = candidates
        listed = ", ".join(str(candidate) for candidate in candidates) or "none"
        super().__init__(f"{self.what} {name}; near: {listed}")


class UnknownSymbol(SymbolError):
    what = "unknown symbol"


class AmbiguousSymbol(SymbolError):
    what = "more than one symbol"
