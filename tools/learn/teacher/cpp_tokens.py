# SPDX-License-Identifier: Apache-2.0
"""C++ text as tokens that survive a disguise: no comments, no layout, no names.

Every identifier is the same token, a string is a string whatever it says, and lines of
the preprocessor are left out. The text may be anything at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

NAME, STRING = "name", '""'
MOST = 512 << 10  # characters of a file that are looked at

_TOKEN = re.compile(
    r"""
    (?P<skip> //[^\n]* | /\*.*?(?:\*/|\Z) | ^[ \t]*\#(?:\\\n|[^\n])* | \s+ )
  | (?P<text> (?:u8|[uUL])?R"(?P<end>[^()\\\s]{0,16})\(.*?(?:\)(?P=end)"|\Z)
            | (?:u8|[uUL])?"(?:\\.|[^"\\\n])*"? )
  | (?P<char> (?:u8|[uUL])?'(?:\\.|[^'\\\n])*'? )
  | (?P<number> \.?\d(?:['\w.]|(?<=[eEpP])[+-])* )
  | (?P<word> [^\W\d]\w* )
  | (?P<sign> <<=|>>=|<=>|->\*|\.\.\.|[-+*/%&|^<>=!]=|\+\+|--|&&|\|\||<<|>>|->|:: | . )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)  # fmt: skip

_KEYWORDS = frozenset(
    """alignas alignof and asm auto bool break case catch char char16_t char32_t char8_t class
    co_await co_return co_yield compl concept const const_cast consteval constexpr constinit
    continue decltype default delete do double dynamic_cast else enum explicit export extern
    false float for friend goto if inline int long mutable namespace new noexcept not nullptr
    operator or private protected public register reinterpret_cast requires return short signed
    sizeof static static_assert static_cast struct switch template this thread_local throw true
    try typedef typeid typename union unsigned using virtual void volatile wchar_t while xor
    """.split()
)


@dataclass(frozen=True)
class Token:
    text: str
    line: int  # from 1


def tokens(source: str) -> list[Token]:
    return [Token(_normal(text, kind), line) for text, kind, line in _split(source)]


def words(source: str) -> list[str]:
    """The tokens as they were written: only comments, layout and the preprocessor's lines
    are left out."""
    return [text for text, _, _ in _split(source)]


def _split(source: str) -> Iterator[tuple[str, str, int]]:
    line = 1
    for match in _TOKEN.finditer(source[:MOST]):
        text, kind = match[0], match.lastgroup or ""
        if kind != "skip":
            yield text, "text" if kind == "end" else kind, line
        line += text.count("\n")


def _normal(text: str, kind: str) -> str:
    if kind == "word":
        return text if text in _KEYWORDS else NAME
    return {"text": STRING, "char": "''"}.get(kind, text)
