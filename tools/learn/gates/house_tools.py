# SPDX-License-Identifier: Apache-2.0
"""clang-format, silent or the house is red; and running a tool of clang's over a tree."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from learn.gate import Problem
from learn.run import bounded
from learn.run.bounded import Limits

FORMAT = "clang-format-19"
_SECONDS = 600.0  # for one file, which takes a few
FOUND = re.compile(r"^([^:\s]+):(\d+):\d+: (?:error|warning): (.*)$", re.MULTILINE)


class ToolMissing(Exception):
    """A program that the gate needs is not installed."""


def check_format(tree) -> Iterator[Problem]:
    """One problem a file: its first line that clang-format would change."""
    files = [name for name in tree.under("src", "programs", "tests", "diagrams")
             if "/data/" not in name]
    output = run(tree, [FORMAT, "--dry-run", "-Werror", *files]) if files else ""
    seen = set()
    for match in FOUND.finditer(output):
        if match[1] not in seen:
            seen.add(match[1])
            yield Problem(match[1], int(match[2]), "not as clang-format writes it",
                          f"{FORMAT} -i {match[1]}")


def run(tree, command: list) -> str:
    if not shutil.which(command[0]):
        raise ToolMissing(f"{command[0]} is not installed")
    done = bounded.run(command, Limits(seconds=_SECONDS), cwd=tree.root)
    if done.status and not FOUND.search(done.output):
        said = done.why or " ".join(done.output.split())[:200]
        raise ToolMissing(f"{command[0]} could not run: {said}")
    return done.output


def relative(tree, name: str) -> str:
    path = Path(name)
    inside = path.is_absolute() and path.is_relative_to(tree.root)
    return str(path.relative_to(tree.root)) if inside else name
