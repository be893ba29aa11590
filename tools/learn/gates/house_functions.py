# SPDX-License-Identifier: Apache-2.0
"""How long functions are: C++ by the libclang index, Python by ast."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from learn import index
from learn.gate import Problem

FUNCTION_LINES = 60


def check(tree) -> tuple[int, list[Problem]]:
    """The longest function of src/, and every function that is too long."""
    broken: list[Problem] = []
    cpp = list(cpp_functions(tree))
    longest = max((lines for name, _, _, lines in cpp if name.startswith("src/")), default=0)
    too_long = [
        Problem(name, line, f"{function} has {lines} lines, {FUNCTION_LINES} at most",
                "give a part of it a name of its own")
        for name, line, function, lines in (*cpp, *python_functions(tree, broken))
        if lines > FUNCTION_LINES
    ]
    return longest, too_long + broken


def cpp_functions(tree) -> Iterator[tuple[str, int, str, int]]:
    """(file, line, name, lines) of each function with a body."""
    folders = [tree.root / name for name in ("src", "programs", "diagrams/programs")]
    found = index.build(root=tree.root, folders=[f for f in folders if f.is_dir()],
                        cache=tree.root / "build" / "index", quiet=True)
    for symbol in found.symbols:
        if symbol.kind == "function" and symbol.body_end:
            yield symbol.file, symbol.start, symbol.name, symbol.body_end - symbol.start + 1


def python_functions(tree, broken: list[Problem]) -> Iterator[tuple[str, int, str, int]]:
    """The same for Python; a file that does not parse goes to `broken`."""
    for name in tree.under("tools", "tests", "chapters", "exercises", suffixes=(".py",)):
        try:
            module = ast.parse(tree.text(name), filename=name)
        except SyntaxError as error:
            broken.append(Problem(name, error.lineno or 0, error.msg, "mend the syntax"))
            continue
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                last = node.end_lineno or node.lineno
                yield name, node.lineno, node.name, last - node.lineno + 1
