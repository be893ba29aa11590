# SPDX-License-Identifier: Apache-2.0
"""The records of the players, each a file of its own for each language.

    assets/traces/echo.en.js                   a run
    assets/traces/echo+eintr.branch.en.js      a "what if": only what that run has not

All pages that play a recording share its file. It is a script, which puts the record
where the player looks for it, because a page that was opened from a file may load
scripts, and nothing else. A script that is not there, or is damaged, puts nothing there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from learn.site import player

FOLDER = "assets/traces"  # in the site
REGISTRY = "recordings"  # as in tools/node/player/src/records.ts
_FILE = re.compile(rf'\(self\.{REGISTRY}\?\?=\{{\}}\)\["[\w+.-]+"\]=(.*);\n', re.DOTALL)


def branch(name: str) -> str:
    """What the file of a "what if" is called: a page may show the whole run as well."""
    return f"{name}.branch"


def address(name: str, language: str) -> str:
    return f"{FOLDER}/{name}.{language}.js"


def tags(names: Iterable[str], language: str, to_root: str) -> str:
    """They keep nothing waiting, and have all run before the player's own script does."""
    return "".join(
        f'<script defer src="{to_root}{address(name, language)}"></script>' for name in names
    )


def script(name: str, record: dict) -> str:
    told = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return f'(self.{REGISTRY}??={{}})["{name}"]={told};\n'


def read(file: Path) -> dict:
    """The record that a file puts there; raises ValueError, as OSError when there is none."""
    found = _FILE.fullmatch(file.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{file.name} registers no record")
    return json.loads(found[1])


def add(name: str, trace: dict, language: str, sources, of: dict | None = None) -> None:
    """To the files that pages ask for; `of` is the run that a "what if" leaves."""
    where = address(name, language)
    if where not in sources.files:
        told = player.data(trace, language, sources.index, sources.root, of)
        sources.files[where] = script(name, told)
