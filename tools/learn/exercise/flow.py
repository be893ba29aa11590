# SPDX-License-Identifier: Apache-2.0
"""A text of an exercise, laid out for the terminal at hand.

An author breaks lines where his editor's width is; a reader's terminal has another one.
Lines that begin with a blank, or as an item of a list or a row of a table does, are kept
as they are.
"""

from __future__ import annotations

import re
import shutil
import sys

from rich.console import Console
from rich.text import Text

_WIDEST, _PIPE = 100, 100
_KEPT = re.compile(r"\s|[-*>] |\||\d+[.)] |```")


def lines(text: str, indent: int = 0, width: int = 0) -> list[str]:
    """`width` 0: the terminal's, but no more than is easy to read."""
    if not width:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPE
    room = max(20, min(width, _WIDEST) - indent)
    console = Console(width=room, highlight=False)
    shown = []
    for paragraph in joined(text):
        wrapped = Text(paragraph).wrap(console, room, overflow="fold")
        shown += [" " * indent + line.plain.rstrip() for line in wrapped] or [""]
    return shown


def joined(text: str) -> list[str]:
    """One line a paragraph."""
    found: list[str] = []
    for line in text.strip("\n").splitlines():
        goes_on = found and found[-1].strip() and line.strip()
        if goes_on and not _KEPT.match(line) and not _KEPT.match(found[-1]):
            between = " " if found[-1][-1].isascii() and line[0].isascii() else ""
            found[-1] = f"{found[-1].rstrip()}{between}{line.strip()}"
        else:
            found.append(line.rstrip())
    return found
