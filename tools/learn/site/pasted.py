# SPDX-License-Identifier: Apache-2.0
"""C++ that is typed into a page is refused: the pages show what really runs.

    ```cpp { .not-ours }

opens a block that is not of this project: another library, the naive idea.
"""

from __future__ import annotations

import re

from learn.gate import Problem
from learn.say import say
from learn.site.directives import fences

_CPP = re.compile(r"^\{?\s*\.?(?:c|cc|cpp|cxx|c\+\+|h|hh|hpp)(?![\w+-])", re.IGNORECASE)
_MARK = re.compile(r"^(\s*(?:`{3,}|~{3,})[^\n]*?)\s*\{\s*\.not-ours\s*\}[ \t]*$", re.MULTILINE)


def problems(markdown: str, file: str) -> list[Problem]:
    """One for each block of C or C++ that does not say it is not ours."""
    return [
        Problem(file, number, say("front.pasted_cpp"), say("front.pasted_cpp_mend"))
        for number, opening in fences(markdown)
        if _CPP.match(opening) and ".not-ours" not in opening
    ]


def without_marks(markdown: str) -> str:
    """The page as the Markdown reader knows it."""
    return _MARK.sub(r"\1", markdown)
