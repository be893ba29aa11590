# SPDX-License-Identifier: Apache-2.0
"""The symbol index: which lines of the source are which function, class, constant.

    index = load()
    index.find("LinkBuffer::next")             a unique suffix of the qualified name
    index.find("mcache::malloc@decl")          the declaration; else the definition
    index.find("LinkBuffer::next(size_t)")     one overload; " const" may follow
    index.find("mcache/mcache.cpp:spill")      what stands in one file
    index.find("Lifecycle::decide")            of a template, through the alias that ships

Pages of the notes, exercises and the recorder name symbols; nobody types a line
number.

    symbol.py       one symbol, and how looking it up fails
    reader.py       one C++ file, read with libclang -> its symbols
    declared.py     the names that one file declares, with what is said of them
    references.py   which token of one file means which name
    names.py        the same of a whole tree: index.names.mentions(file)
    lookup.py       many symbols -> the one that a name leads to
    cache.py        a tree -> an Index; a file that did not change is not read again
"""

from __future__ import annotations

from learn import paths
from learn.index.cache import build
from learn.index.lookup import Index
from learn.index.symbol import AmbiguousSymbol, IndexUnavailable, Symbol, SymbolError, UnknownSymbol

__all__ = [
    "AmbiguousSymbol",
    "Index",
    "IndexUnavailable",
    "Symbol",
    "SymbolError",
    "UnknownSymbol",
    "build",
    "load",
]


def load(*, quiet: bool = True) -> Index:
    """The index of src/ and the programs; fast when nothing has changed."""
    return build(
        root=paths.ROOT,
        folders=[paths.SRC, paths.PROGRAMS, paths.SCENES],
        cache=paths.BUILD / "index",
        quiet=quiet,
    )
