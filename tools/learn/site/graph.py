# SPDX-License-Identifier: Apache-2.0
"""Pictures of boxes and arrows, laid out by Graphviz.

What comes out is inline SVG in the colours of the page: the lines are `currentColor`,
and the background shows through.
"""

from __future__ import annotations

import functools
import html
import json
import re
import subprocess

from learn.say import area_messages
from learn.site.trace_figure import one_line_svg

DOT_S = 20.0
_HEAD = """digraph {{
  graph [bgcolor=transparent, rankdir={rankdir}, nodesep=0.35, ranksep=0.45, fontname="sans-serif"];
  node [shape=box, style=rounded, fontname="sans-serif", fontsize=12, margin="0.14,0.07"];
  edge [fontname="sans-serif", fontsize=11, arrowsize=0.7];
{lines}
}}
"""
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TITLE = re.compile(r"<title>.*?</title>", re.DOTALL)
_NAMES = re.compile(r'(?<=<g) id="[^"]*"')
_BLACK = re.compile(r'\b(stroke|fill)="black"')


class NoGraphviz(Exception):
    """dot is not installed, or could not read what it was given."""


def words(key: str, language: str, **values: object) -> str:
    """A sentence of messages/pictures.toml, in the page's language."""
    return area_messages("pictures")[key][language].format(**values)


def quoted(text: str) -> str:
    """A string of Graphviz: quotes and line ends escaped."""
    return json.dumps(text, ensure_ascii=False)


def source(lines: list[str], rankdir: str = "TB") -> str:
    return _HEAD.format(rankdir=rankdir, lines="\n".join(lines))


@functools.cache
def svg(dot: str, label: str) -> str:
    """The picture on one line; `label` is what a screen reader says of it."""
    try:
        done = subprocess.run(["dot", "-Tsvg"], input=dot, capture_output=True, text=True,
                              timeout=DOT_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise NoGraphviz(str(getattr(error, "stderr", "") or error)) from error
    return one_line_svg(_themed(done.stdout), label)


def _themed(drawn: str) -> str:
    plain = _NAMES.sub("", _TITLE.sub("", _COMMENT.sub("", drawn)))
    plain = _BLACK.sub(r'\1="currentColor"', plain)
    return plain.replace("<text ", '<text fill="currentColor" ')


def figure(picture: str, scroll: str, summary: str, text: str, caption: str) -> str:
    """A picture that scrolls on a narrow screen, and the same as text, folded."""
    return (
        '<figure class="trace" markdown="0">'
        f'<div class="trace-picture" tabindex="0" role="group"'
        f' aria-label="{html.escape(scroll)}">{picture}</div>'
        f'<details class="trace-steps"><summary>{summary}</summary>{text}</details>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table of HTML on one line; the cells are HTML."""
    top = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
