# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over the library and the programs, silent or the house is red.

Most of its time goes into the standard headers, so several sources are given to
it as one text, a unit. Sources of which two have a helper of the same name do
not compile as one: that unit is halved until its parts do. What is found in a
unit counts only if the source has it alone too: the analyzer follows a call
into another source of its unit, which no build would let it do. A source found
clean is remembered by the hash of itself, of all it includes from the project, and of
the rules.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count

from learn.gate import Problem
from learn.gates import house_layers
from learn.gates.house_tools import FOUND, relative, run

TIDY, COMPILER = "clang-tidy-19", "clang++-19"
UNIT_FILES = 8
FLAGS = ("-std=c++23",)


def check(tree, changed: bool = False) -> Iterator[Problem]:
    """Every source that is not known to be clean; headers are seen through them.

    `changed` leaves out the sources that git does not call changed, but for one
    that includes each changed header.
    """
    sources = [name for name in tree.under("src", "programs") if name.endswith(".cpp")]
    if changed:
        sources = changed_sources(tree, sources)
    keys = tidy_keys(tree, sources)
    clean = tree.root / "build" / "tidy"
    (clean / "units").mkdir(parents=True, exist_ok=True)
    stale = [name for name in sources if not (clean / keys[name]).exists()]
    with ThreadPoolExecutor(max_workers=cpu_count() or 1) as pool:
        found = list(pool.map(lambda unit: tidy(tree, unit), units(stale)))
    problems = {problem for some in found for problem in some}  # a header is seen many times
    if not any(problem.file.endswith(".h") for problem in problems):
        for name in set(stale) - {problem.file for problem in problems}:
            (clean / keys[name]).touch()
    yield from sorted(problems)


def changed_sources(tree, sources: list[str]) -> list[str]:
    """Since the last commit; in a tree that is clean, by the last commit."""
    files = git_names(tree, "HEAD") or git_names(tree, "HEAD~1")
    found = {name for name in sources if name in files}
    for header in (name for name in files if name.endswith(".h")):
        include = f'#include "{header.removeprefix("src/")}"'
        users = [name for name in sources if include in tree.text(name)]
        if not found & set(users):
            found |= set(users[:1])
    return sorted(found)


def git_names(tree, since: str) -> set[str]:
    git = ["git", "-c", "safe.directory=*", "-C", tree.root]
    listings = [[*git, "diff", "--name-only", "-z", since],
                [*git, "ls-files", "-z", "--others", "--exclude-standard"]]
    outputs = (subprocess.run(command, capture_output=True, text=True, check=False).stdout
               for command in listings)
    names = {name for output in outputs for name in output.split("\0")}
    return {name for name in names if name.startswith(("src/", "programs/"))}


def units(names: list[str]) -> list[list[str]]:
    """Neighbours together, as many in each, and work for every processor."""
    count = max(min(len(names), cpu_count() or 1), -(-len(names) // UNIT_FILES))
    return [names[len(names) * n // count : len(names) * (n + 1) // count] for n in range(count)]


def tidy(tree, names: list[str]) -> list[Problem]:
    """What is wrong with these sources, and with the headers that they include."""
    unit = Unit(tree, names)
    if len(names) > 1 and FOUND.search(run(tree, [COMPILER, "-fsyntax-only", *unit.flags])):
        half = len(names) // 2
        return tidy(tree, names[:half]) + tidy(tree, names[half:])
    found = report(tree, unit)
    if len(names) == 1 or not found:
        return found
    mine = {problem.file for problem in found}
    again = [name for name in names if name in mine] if mine <= set(names) else names
    return [problem for name in again for problem in report(tree, Unit(tree, [name]))]


def report(tree, unit: Unit) -> list[Problem]:
    output = run(tree, [TIDY, "--quiet", "--warnings-as-errors=*", "--config-file=.clang-tidy",
                        f"--header-filter=^{re.escape(str(tree.root))}/(src|programs)/",
                        unit.path, "--", *unit.flags[1:]])
    found = [(*unit.place(relative(tree, match[1]), int(match[2])), match[3])
             for match in FOUND.finditer(output)]
    ours = [Problem(file, line, text, "see .clang-tidy")
            for file, line, text in found if not file.startswith("/")]
    if ours or not found:
        return ours
    text = f"does not compile: {found[0][2]}"
    return [Problem(unit.starts[0][1], 0, text, "./learn test --only clang")]


class Unit:
    """Some sources as one file, and the way back from its lines to theirs."""

    def __init__(self, tree, names: list[str]) -> None:
        key = hashlib.sha256("\0".join(names).encode()).hexdigest()[:16]
        self.path = tree.root / "build" / "tidy" / "units" / f"{key}.cpp"
        self.name = relative(tree, str(self.path))
        self.starts: list[tuple[int, str]] = []
        text = ""
        for name in names:
            self.starts.append((text.count("\n"), name))
            text += tree.text(name).rstrip("\n") + "\n"
        self.path.write_text(text, encoding="utf-8")
        # An include without a folder is looked for beside the source that has it.
        beside = sorted({f"-I{(tree.root / name).parent}" for name in names})
        self.flags = [str(self.path), *FLAGS, f"-I{tree.root}/src", *beside]

    def place(self, file: str, line: int) -> tuple[str, int]:
        if file != self.name:
            return file, line
        before, name = max(start for start in self.starts if start[0] < line)
        return name, line - before


def tidy_keys(tree, sources: list[str]) -> dict[str, str]:
    """A name for "this file, with all that it includes, under these rules"."""
    graph: dict[str, list[str]] = {name: [] for name in tree.under("src", "programs")}
    for name, _, target in house_layers.includes(tree, "src", "programs"):
        if f"src/{target}" in graph:
            graph[name].append(f"src/{target}")
    rules = tree.text(".clang-tidy") + " ".join(FLAGS)
    keys = {}
    for name in sources:
        parts = sorted(house_layers.reachable(graph, name) | {name})
        text = "\0".join([rules, *(f"{part}\0{tree.text(part)}" for part in parts)])
        keys[name] = hashlib.sha256(text.encode()).hexdigest()
    return keys
