# SPDX-License-Identifier: Apache-2.0
"""ruff and mypy over the Python of the project, silent or the house is red.

Both take their rules from pyproject.toml. mypy reads all of tools/, but what it finds in a
module of `mypy-later` is not told yet: these are to be mended. That list can only shrink,
since a module in it that has nothing to mend is a problem too. What was found clean is
remembered by the hash of all that the two read.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from learn.gate import Problem
from learn.gates.house_tools import ToolMissing
from learn.paths import ROOT, VENV
from learn.run import bounded
from learn.run.bounded import Limits

RULES = "pyproject.toml"
LINTED = ("tools", "tests", "exercises", "chapters", "benchmarks", "labs", "diagrams")
TYPED = ("tools/learn", "tools/grader")
RUFF, MYPY = VENV / "bin" / "ruff", VENV / "bin" / "mypy"
_MEND = f"the rules are in {RULES}; .venv/bin/ruff check --fix mends some"
_SECONDS = 300.0  # mypy takes ten without what it remembers
_FOUND = re.compile(r"^([^:\s]+\.py):(\d+):(?:\d+:)? (?!note: )(?:error: )?(.*)$",
                    re.MULTILINE)


def check(tree) -> Iterator[Problem]:
    files = list(tree.under(*LINTED, suffixes=(".py",)))
    if not files:
        return
    rules = (ROOT / RULES).read_text(encoding="utf-8")
    clean = tree.root / "build" / "python" / _key(tree, files, rules)
    if clean.exists():
        return
    problems = [*lint(tree), *types(tree, tomllib.loads(rules)["tool"]["learn"]["mypy-later"])]
    yield from problems
    if not problems:
        clean.parent.mkdir(parents=True, exist_ok=True)
        clean.touch()


def lint(tree) -> Iterator[Problem]:
    output = _run(tree, [RUFF, "check", "--quiet", "--output-format=concise",
                         f"--config={ROOT / RULES}", "--no-cache", *_there(tree, LINTED)])
    for match in _FOUND.finditer(output):
        yield Problem(match[1], int(match[2]), match[3], _MEND)


def types(tree, later: list[str]) -> Iterator[Problem]:
    folders = _there(tree, TYPED)
    if not folders:
        return
    output = _run(tree, [MYPY, "--no-error-summary", "--no-pretty",
                         f"--config-file={ROOT / RULES}", *folders])
    dirty = set()
    for match in _FOUND.finditer(output):
        dirty.add(match[1])
        if match[1] not in later:
            yield Problem(match[1], int(match[2]), match[3], "mend the type, or the fault")
    for name in later:
        if name in tree.files and name not in dirty:
            yield Problem(RULES, 0, f"mypy has nothing against {name}",
                          "take it off mypy-later")


def _there(tree, folders: tuple[str, ...]) -> list[str]:
    python = [name for name in tree.files if name.endswith(".py")]
    return [folder for folder in folders
            if any(name.startswith(f"{folder}/") for name in python)]


def _run(tree, command: list) -> str:
    program = Path(command[0])
    if not program.exists():
        raise ToolMissing(f"{program.name} is not installed")
    done = bounded.run(command, Limits(seconds=_SECONDS), cwd=tree.root)
    if done.why or (done.status not in (0, 1) and not _FOUND.search(done.output)):
        said = done.why or " ".join(done.output.split())[:200]
        raise ToolMissing(f"{program.name} could not run: {said}")
    return done.output


def _key(tree, files: list[str], rules: str) -> str:
    """A name for "these files, under these rules, by these tools"."""
    total = hashlib.sha256(rules.encode())
    total.update((ROOT / "tools" / "requirements.lock").read_bytes())
    for name in files:
        total.update(f"\0{name}\0{tree.text(name)}".encode())
    return total.hexdigest()
