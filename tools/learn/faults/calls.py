# SPDX-License-Identifier: Apache-2.0
"""The functions of the C library that the library calls, as nm lists them.

Each must be known: as a call of calls.toml, whose failures are injected, or as one that
asks nothing of the system. So a new system call of the library is seen here.
"""

from __future__ import annotations

import re
from pathlib import Path

from learn.run import bounded
from learn.run.bounded import Limits

LIMITS = Limits(seconds=60.0)
# Of C++, only what may ask the system for something. The rest stays within the process.
ASKS = re.compile(r"std::(?:__cxx11::)?(?:this_thread|thread::_M_start"
                  r"|filesystem::(?!__cxx11::path)|random_device|basic_(?:[io]?fstream|filebuf))")


class CannotList(Exception):
    """One line: why nm did not answer."""


def undefined(archives: list[Path]) -> set[str]:
    """The symbols that the archives take from elsewhere, without those of the library."""
    ended = bounded.run(["nm", "--undefined-only", "--demangle", *archives], LIMITS)
    if ended.status or ended.why:
        raise CannotList(f"nm: {ended.why or bounded.how(ended.status)}")
    symbols = set()
    for line in ended.output.splitlines():
        match = re.match(r"\s+U (.+)$", line)
        if match and is_of_interest(match[1]):
            symbols.add(match[1].split("(")[0])
    return symbols


def is_of_interest(symbol: str) -> bool:
    """Of C, all but the compiler's own (two underscores); of C++ what may ask the system."""
    if re.fullmatch(r"[a-z][A-Za-z0-9_]*", symbol):
        return True
    return ASKS.match(symbol) is not None


def unknown(symbols: set[str], calls: dict) -> list[str]:
    """Those that calls.toml neither has as a call nor explains."""
    known = {*calls["call"], *calls["through"], *(name for names in calls["within"].values()
                                                  for name in names.split())}
    return sorted(symbols - known)
