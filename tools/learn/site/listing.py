# SPDX-License-Identifier: Apache-2.0
"""A few lines of C++ as HTML: one light element a line, a link for each name of ours.

    html_of(lines, mentions, links)     the inside of <code>
    piece(...)                          the whole box: file name, lines, numbers

Few tags, because a page shows up to fifteen hundred lines. A line is <i>, its number is
counted by the style sheet, and colour is an element of one letter:

    <b> keyword    <em> comment    <u> number    <s> string    <dfn> the name of a function

Everything else is plain. notes/assets/code.css gives them their looks.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from pygments.lexers.c_cpp import CppLexer
from pygments.token import STANDARD_TYPES

from learn.index.names import Mention

_BLANK = re.compile(r"\n\s+")
_AS_IT_IS = re.compile(r"(<(pre|script|textarea)\b.*?</\2>)", re.DOTALL)
_REFERENCE = re.compile(r"&(?=[\w#])")  # what HTML could take for a character of its own
_ELEMENTS = {"k": "b", "c": "em", "m": "u", "s": "s"}
Run = tuple[str, str]  # element, or "" for plain, and text
Link = Callable[[Mention], str]  # where a name leads, or ""


@functools.cache
def coloured(file: Path) -> tuple[tuple[Run, ...], ...]:
    """Each line of a file as runs of one colour."""
    lines: list[list[Run]] = [[]]
    for kind, value in CppLexer(stripnl=False).get_tokens(file.read_text(encoding="utf-8")):
        element = _ELEMENTS.get(STANDARD_TYPES.get(kind, "")[:1], "")
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
            if part:
                _add(lines[-1], element, part)
    return tuple(tuple(line) for line in lines)


def _add(line: list[Run], element: str, part: str) -> None:
    """Neighbours of one colour are one run; white space has none of its own."""
    if line and (line[-1][0] == element or not part.strip()):
        line[-1] = line[-1][0], line[-1][1] + part
    else:
        line.append((element, part))


def line_html(runs: Iterable[Run], mentions: Iterable[Mention], link: Link,
              heads: frozenset[str] = frozenset()) -> str:
    """One line. `heads`: names of functions, which are coloured where they are declared."""
    shown, column = [], 1
    waiting = list(mentions)
    for element, text in runs:
        made, done = [], 0
        while waiting and waiting[0].column < column + len(text):
            mention = waiting.pop(0)
            start = mention.column - column
            if start < done:
                continue
            word = text[start : start + mention.length]
            made += [escaped(text[done:start]), _name(word, mention, link, heads)]
            done = start + mention.length
        made.append(escaped(text[done:]))
        inside = "".join(made)
        shown.append(f"<{element}>{inside}</{element}>" if element else inside)
        column += len(text)
    return "".join(shown)


def escaped(text: str) -> str:
    return _REFERENCE.sub("&amp;", text).replace("<", "&lt;")


def _name(word: str, mention: Mention, link: Link, heads: frozenset[str]) -> str:
    target = link(mention)
    shown = f"<a href={_attribute(target)}>{word}</a>" if target else word
    return f"<dfn>{shown}</dfn>" if mention.declares and mention.usr in heads else shown


def _attribute(value: str) -> str:
    """Without quotes where HTML needs none."""
    plain = value and not any(char in value for char in " \"'=<>`\t\n")
    return escaped(value) if plain else f'"{html.escape(value)}"'


def body(file: Path, first: int, last: int, mentions: dict[int, list[Mention]], link: Link,
         ids: dict[int, str], heads: frozenset[str] = frozenset()) -> str:
    """The lines first..last of a file. `ids`: the id of a line that others link to."""
    runs = coloured(file)
    shown = []
    for number in range(first, last + 1):
        mark = f" id={_attribute(ids[number])}" if number in ids else ""
        inside = line_html(runs[number - 1], mentions.get(number, ()), link, heads)
        shown.append(f"<i{mark}>{inside}\n</i>")
    return "".join(shown)


def box(title: str, first: int, inside: str, mark: str = "") -> str:
    """The lines in their frame; `mark` is the id of the whole."""
    named = f" id={mark}" if mark else ""
    start = f' style="counter-reset:l {first - 1}"' if first > 1 else ""
    return (f'<div class="piece"{named}><span class="filename">{title}</span>'
            f"<pre{start}><code>{inside}</code></pre></div>")  # fmt: skip


def squeezed(page: str) -> str:
    """A page without the theme's indentation and blank lines, ten thousand characters."""
    parts, at = [], 0
    for match in _AS_IT_IS.finditer(page):
        parts += [_BLANK.sub("\n", page[at : match.start()]), match.group(0)]
        at = match.end()
    return "".join([*parts, _BLANK.sub("\n", page[at:])])
