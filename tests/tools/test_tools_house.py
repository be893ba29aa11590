# SPDX-License-Identifier: Apache-2.0
"""The tools import downward only and never in a circle; tools/learn/README.md has the layers."""

import ast
import re
from pathlib import Path

from learn.paths import TOOLS

ROW = re.compile(r"^\| *(\d+) *\| *((?:`\w+` *)+)\|", re.MULTILINE)


def layers(readme: str) -> dict[str, int]:
    """{package or flat module: its layer}, from the table of the README."""
    return {name: int(row[1]) for row in ROW.finditer(readme)
            for name in re.findall(r"\w+", row[2])}


def modules(top: Path) -> dict[str, Path]:
    """{"learn.index.cache": its file}; a package is called by its name alone."""
    found = {}
    for file in top.rglob("*.py"):
        parts = file.relative_to(top.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports(file: Path, known: dict[str, Path]) -> set[str]:
    """The modules of the tools that `file` imports, wherever in the file it does so."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from learn.index import cache` means a module when there is one of that name.
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            inside = {name for name in whole if name in known}
            found |= inside or {node.module}
            found |= {node.module} if whole - inside else set()
    return found & set(known)


def graph(top: Path) -> dict[str, set[str]]:
    known = modules(top)
    return {name: imports(file, known) for name, file in known.items()}


def upward(edges: dict[str, set[str]], layer: dict[str, int]) -> list[str]:
    """Imports of a higher layer."""
    found = []
    for name, targets in edges.items():
        for target in targets:
            ours, theirs = (part_of(module) for module in (name, target))
            if "" not in (ours, theirs) and ours != theirs and layer[theirs] > layer[ours]:
                found.append(f"{name} -> {target}")
    return sorted(found)


def part_of(module: str) -> str:
    """`index` of learn.index.cache; nothing of the package learn itself."""
    return [*module.split("."), ""][1]


def circles(edges: dict[str, set[str]]) -> list[str]:
    """Modules that import each other, directly or through others."""
    found = []
    for name in edges:
        seen, waiting = set(), list(edges[name])
        while waiting:
            module = waiting.pop()
            if module not in seen:
                seen.add(module)
                waiting += edges.get(module, ())
        if name in seen:
            found.append(name)
    return sorted(found)


def test_every_module_has_a_layer():
    parts = {part_of(name) for name in modules(TOOLS / "learn")} - {""}
    assert parts == set(layers((TOOLS / "learn" / "README.md").read_text()))


def test_imports_point_downward():
    table = layers((TOOLS / "learn" / "README.md").read_text())
    assert upward(graph(TOOLS / "learn"), table) == []


def test_no_modules_import_each_other_in_a_circle():
    assert circles(graph(TOOLS / "learn")) == []


def plant(tmp_path: Path, files: dict[str, str]) -> dict[str, set[str]]:
    for name, text in files.items():
        file = tmp_path / "learn" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return graph(tmp_path / "learn")


def test_a_planted_upward_import_is_seen(tmp_path):
    edges = plant(tmp_path, {
        "__init__.py": "", "low/__init__.py": "", "high/__init__.py": "", "high/top.py": "",
        "low/a.py": "def later():\n    from learn.high import top\n"})
    assert upward(edges, {"low": 1, "high": 2}) == ["learn.low.a -> learn.high.top"]


def test_a_planted_circle_is_seen(tmp_path):
    edges = plant(tmp_path, {
        "__init__.py": "", "p/__init__.py": "from learn.p.a import f\n",
        "p/a.py": "from learn.p import b\n", "p/b.py": "import learn.p.c\n",
        "p/c.py": "from learn.p.a import f\n"})
    assert circles(edges) == ["learn.p.a", "learn.p.b", "learn.p.c"]
