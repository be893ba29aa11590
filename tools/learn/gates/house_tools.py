# SPDX-License-Identifier: Apache-2.0
"""clang-format and clang-tidy, both silent or the house is red.

clang-tidy takes seconds a file, so a file found clean is remembered by the hash
of itself, of all it includes from the project, and of the rules.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path

from learn.gate import Problem
from learn.gates import house_layers
from learn.run import bounded
from learn.run.bounded import Limits

FORMAT = "clang-format-19"
TIDY = "clang-tidy-19"
_SECONDS = 600.0  # for one file, which takes a few
_FLAGS = ("-std=c++23",)
_FOUND = re.compile(r"^([^:\s]+):(\d+):\d+: (?:error|warning): (.*)$", re.MULTILINE)


class ToolMissing(Exception):
    """A program that the gate needs is not installed."""


def check_format(tree) -> Iterator[Problem]:
    """One problem a file: its first line that clang-format would change."""
    files = [name for name in tree.under("src", "programs", "tests") if "/data/" not in name]
    output = run(tree, [FORMAT, "--dry-run", "-Werror", *files]) if files else ""
    seen = set()
    for match in _FOUND.finditer(output):
        if match[1] not in seen:
            seen.add(match[1])
            yield Problem(match[1], int(match[2]), "not as clang-format writes it",
                          f"{FORMAT} -i {match[1]}")


def check_tidy(tree) -> Iterator[Problem]:
    """Every source of the library and the programs; headers are seen through them."""
    if not shutil.which(TIDY):
        raise ToolMissing(f"{TIDY} is not installed")
    sources = [name for name in tree.under("src", "programs") if name.endswith(".cpp")]
    keys = tidy_keys(tree, sources)
    clean = tree.root / "build" / "tidy"
    clean.mkdir(parents=True, exist_ok=True)
    stale = [name for name in sources if not (clean / keys[name]).exists()]
    with ThreadPoolExecutor(max_workers=cpu_count() or 1) as pool:
        found = pool.map(lambda name: tidy(tree, name), stale)
        reported = set()
        for name, problems in zip(stale, found, strict=True):
            if not problems:
                (clean / keys[name]).touch()
            for problem in problems:
                if problem not in reported:  # a header is seen by many sources
                    reported.add(problem)
                    yield problem


def tidy(tree, name: str) -> list[Problem]:
    output = run(tree, [TIDY, "--quiet", "--warnings-as-errors=*",
                        f"--header-filter=^{re.escape(str(tree.root))}/(src|programs)/",
                        name, "--", *_FLAGS, f"-I{tree.root}/src"])
    found = [(relative(tree, match[1]), int(match[2]), match[3])
             for match in _FOUND.finditer(output)]
    ours = [Problem(file, line, text, "see .clang-tidy")
            for file, line, text in found if not file.startswith("/")]
    if ours or not found:
        return ours
    return [Problem(name, 0, f"does not compile: {found[0][2]}", "./learn test --only clang")]


def tidy_keys(tree, sources: list[str]) -> dict[str, str]:
    """A name for "this file, with all that it includes, under these rules"."""
    graph: dict[str, list[str]] = {name: [] for name in tree.under("src", "programs")}
    for name, _, target in house_layers.includes(tree, "src", "programs"):
        if f"src/{target}" in graph:
            graph[name].append(f"src/{target}")
    rules = tree.text(".clang-tidy") + " ".join(_FLAGS)
    keys = {}
    for name in sources:
        parts = sorted(house_layers.reachable(graph, name) | {name})
        text = "\0".join([rules, *(f"{part}\0{tree.text(part)}" for part in parts)])
        keys[name] = hashlib.sha256(text.encode()).hexdigest()
    return keys


def run(tree, command: list[str]) -> str:
    if not shutil.which(command[0]):
        raise ToolMissing(f"{command[0]} is not installed")
    done = bounded.run(command, Limits(seconds=_SECONDS), cwd=tree.root)
    if done.status and not _FOUND.search(done.output):
        said = done.why or " ".join(done.output.split())[:200]
        raise ToolMissing(f"{command[0]} could not run: {said}")
    return done.output


def relative(tree, name: str) -> str:
    path = Path(name)
    inside = path.is_absolute() and path.is_relative_to(tree.root)
    return str(path.relative_to(tree.root)) if inside else name
