# SPDX-License-Identifier: Apache-2.0
"""House rules that one line, or the count of lines, can break."""

from __future__ import annotations

import re
from collections.abc import Iterator

from learn.gate import Problem

COLUMNS = 80
FILE_LINES = 300
HEADER_LINES = 200
LICENCE = "SPDX-License-" + "Identifier: Apache-2.0"
MACROS_ALLOWED = ("src/netpoll/base/thread_annotations.h",)

_CODE = ("src", "programs", "tests")
_SIZED = (*_CODE, "tools", "chapters", "cmake", "exercises")
_SOURCES = (".h", ".cpp", ".py", ".cmake", ".toml", ".in", ".sh", ".js", ".mjs", ".ts", ".css",
            ".yml", ".yaml", ".lock")
_SOURCE_NAMES = ("CMakeLists.txt", "learn", ".ci/run", ".clang-format", ".clang-tidy", "Doxyfile")
_LEFTOVER = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b")
_DEFINE = re.compile(r"^\s*#\s*define\b")
_DEAD = re.compile(r"^\s*#\s*if\s+0\b")
# With GCC 12 these copy a span of const bytes one byte at a time.
_SLOW_COPY = re.compile(r"\bstd::ranges::copy(_n|_backward)?\b")


def check(tree) -> Iterator[Problem]:
    for name in tree.files:
        if not is_source(name):
            continue
        yield from licence(tree, name)
        yield from leftovers(tree, name)
        if name.split("/", 1)[0] in _SIZED:
            yield from size(tree, name)
    for name in tree.under("src"):
        yield from columns(tree, name)
    for name in tree.under("src", "programs"):
        yield from slow_copies(tree, name)
    for name in tree.under(*_CODE):
        if "/data/" not in name:  # what tests read, not what they are
            yield from preprocessor(tree, name)


def is_source(name: str) -> bool:
    return name.endswith(_SOURCES) or name.endswith(_SOURCE_NAMES)


def licence(tree, name: str) -> Iterator[Problem]:
    count = sum(LICENCE in line for line in tree.lines(name)[:5])
    if count != 1:
        yield Problem(name, 1, f"{count} licence lines at the top",
                      f"one comment: {LICENCE}")


def size(tree, name: str) -> Iterator[Problem]:
    if name.endswith(".lock"):
        return
    limit = HEADER_LINES if name.endswith(".h") else FILE_LINES
    lines = len(tree.lines(name))
    if lines > limit:
        yield Problem(name, limit + 1, f"{lines} lines, {limit} at most", "split it by topic")


def leftovers(tree, name: str) -> Iterator[Problem]:
    for number, line in enumerate(tree.lines(name), 1):
        if match := _LEFTOVER.search(line):
            yield Problem(name, number, f"{match[0]} in the source", "do it, or open an issue")


def columns(tree, name: str) -> Iterator[Problem]:
    for number, line in enumerate(tree.lines(name), 1):
        if len(line) > COLUMNS:
            yield Problem(name, number, f"{len(line)} columns, {COLUMNS} at most",
                          f"clang-format-19 -i {name}")


def slow_copies(tree, name: str) -> Iterator[Problem]:
    for number, line in enumerate(tree.lines(name), 1):
        if _SLOW_COPY.search(line.split("//", 1)[0]):
            yield Problem(name, number, "std::ranges::copy, a loop of single bytes",
                          "copy_bytes() of base/bytes.h, or std::copy() if they are no bytes")


def preprocessor(tree, name: str) -> Iterator[Problem]:
    for number, line in enumerate(tree.lines(name), 1):
        if _DEFINE.match(line) and name not in MACROS_ALLOWED:
            yield Problem(name, number, "a macro", "a constexpr, a type or a function (rule 28)")
        if _DEAD.match(line):
            yield Problem(name, number, "dead code behind #if 0", "delete it; git remembers")
