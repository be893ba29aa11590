# SPDX-License-Identifier: Apache-2.0
"""A function of src/ that can fail is [[nodiscard]], so that no caller forgets to look.

Can fail: it returns std::error_code, Result<…> or std::expected<…>. Not meant are
make_error_code(), which converts and does not fail, and a function whose comment
says "Never fails".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from learn.gate import Problem

_COMMENT = re.compile(r"//[^\n]*")
_FUNCTION = re.compile(
    r"(?<![\w:<,(&])"  # a type of its own, no argument of another
    r"(?:std::error_code|(?:Result|std::expected)<[^;{}()]*>)\s+(\w+)\("
)
# What ends the declaration before; an attribute stands behind it.
_END = re.compile(r"[;{}]|\b(?:public|private|protected):")
_CONVERTS = "make_error_code"
_NEVER = re.compile(r"\b[Nn]ever\s+fails\b")


def check(tree) -> Iterator[Problem]:
    for name in tree.under("src", suffixes=(".h",)):
        yield from header(tree, name)


def header(tree, name: str) -> Iterator[Problem]:
    text = tree.text(name)
    # Comments become blanks, so that places stay the same.
    code = _COMMENT.sub(lambda match: " " * len(match[0]), text)
    for match in _FUNCTION.finditer(code):
        before = max((end.end() for end in _END.finditer(code, 0, match.start())), default=0)
        # The comment of the declaration, without its marks and line ends.
        said = re.sub(r"\s*///?\s*", " ", text[before:match.start()])
        if (match[1] == _CONVERTS or "[[nodiscard]]" in code[before:match.start()]
                or _NEVER.search(said)):
            continue
        yield Problem(name, text.count("\n", 0, match.start()) + 1,
                      f"{match[1]}() can fail and is not [[nodiscard]]",
                      "write [[nodiscard]] before it")
