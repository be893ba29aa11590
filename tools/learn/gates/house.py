# SPDX-License-Identifier: Apache-2.0
"""The house rules of style.md that a machine can see.

    house_text      sizes of files, columns, SPDX, macros, leftovers
    house_layers    who includes whom: layers and cycles
    house_nodiscard what can fail is [[nodiscard]]
    house_functions lengths of functions, C++ by libclang and Python by ast
    house_tools     clang-format
    house_python    ruff and mypy
    house_tidy      clang-tidy

Each rule is a function of a Tree, so that a test can plant a fault in a copy.
"""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from learn.gate import GateResult, blocked, verdict
from learn.gates import (
    house_functions,
    house_layers,
    house_nodiscard,
    house_python,
    house_text,
    house_tidy,
    house_tools,
)
from learn.index.symbol import IndexUnavailable
from learn.paths import ROOT

_CPP = (".h", ".cpp")
_MADE = {"build", "site", ".venv", ".learn", ".git", "node_modules", "__pycache__"}


@dataclass(frozen=True)
class Tree:
    """The files of a project, read once."""

    root: Path

    @cached_property
    def files(self) -> list[str]:
        """Every file that belongs to the project: git's, or all but what is made."""
        command = ["git", "-c", "safe.directory=*", "-C", str(self.root), "ls-files", "-z",
                   "--cached", "--others", "--exclude-standard"]
        listing = subprocess.run(command, capture_output=True, text=True, check=False)
        if listing.returncode == 0 and (self.root / ".git").exists():
            names = set(listing.stdout.split("\0")) - {""}
        else:
            names = {str(path.relative_to(self.root)) for path in self.root.rglob("*")}
            names = {name for name in names if not _MADE & set(Path(name).parts)}
        return sorted(name for name in names if (self.root / name).is_file())

    @cached_property
    def texts(self) -> dict[str, str]:
        return {}

    def text(self, name: str) -> str:
        if name not in self.texts:
            self.texts[name] = (self.root / name).read_text(errors="replace")
        return self.texts[name]

    def lines(self, name: str) -> list[str]:
        return self.text(name).splitlines()

    def under(self, *folders: str, suffixes: tuple[str, ...] = _CPP) -> Iterator[str]:
        for name in self.files:
            if name.split("/", 1)[0] in folders and name.endswith(suffixes):
                yield name


def run(options, root: Path = ROOT) -> GateResult:
    tree = Tree(root)
    try:
        longest, too_long = house_functions.check(tree)
        problems = [
            *house_text.check(tree),
            *house_nodiscard.check(tree),
            *too_long,
            *house_tools.check_format(tree),
            *house_python.check(tree),
            *house_tidy.check(tree, getattr(options, "changed", False)),
        ]
    except (IndexUnavailable, house_tools.ToolMissing) as problem:
        return blocked("house", str(problem), "./learn doctor")
    violations = house_layers.violations(tree)
    cycles = house_layers.cycles(tree)
    figures = sizes(tree) | {
        "max_function_lines": longest,
        "layer_violations": len(violations),
        "cycles": len(cycles),
    }
    return verdict("house", figures, sorted([*problems, *violations, *cycles]))


def sizes(tree: Tree) -> dict[str, float]:
    """Figures of the library alone: src/."""
    counts = [len(tree.lines(name)) for name in tree.under("src")]
    return {
        "files": len(counts),
        "lines": sum(counts),
        "median_file_lines": statistics.median(counts) if counts else 0,
    }
