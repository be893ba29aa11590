# SPDX-License-Identifier: Apache-2.0
"""Who may include whom: the list in src/CMakeLists.txt, and no cycles among files.

The build holds the same law (cmake/layer_check.cmake); here a violation gets its
line, and what the build cannot see is added: a folder that is no layer, a layer
that depends on a later one, a cycle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from learn.gate import Problem

LAYERS = "src/CMakeLists.txt"
FOLDER = "src/netpoll"  # the layers' folders; an include begins behind src/
_LAYER = re.compile(r"^\s*netpoll_layer\(\s*(\w+)([^)]*)\)", re.MULTILINE)
_DEPENDS = re.compile(r"\bDEPENDS((?:\s+[a-z_]+)*)")
_TARGET = re.compile(r"netpoll/([a-z_]+)/[^/]+")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"')


def layers(tree) -> dict[str, set[str]]:
    """Each layer with the folders it may include, lowest first."""
    found = {}
    for match in _LAYER.finditer(tree.text(LAYERS)):
        depends = _DEPENDS.search(match[2])
        found[match[1]] = set(depends[1].split()) if depends else set()
    return found


def includes(tree, *folders: str) -> Iterator[tuple[str, int, str]]:
    """(file, line, what it includes) for every project include, of src/ by default."""
    for name in tree.under(*(folders or ("src",))):
        for number, line in enumerate(tree.lines(name), 1):
            if match := _INCLUDE.match(line):
                yield name, number, match[1]


def violations(tree) -> list[Problem]:
    allowed = layers(tree)
    return [*_order(allowed), *_strangers(tree, allowed), *_upward(tree, allowed)]


def _order(allowed: dict[str, set[str]]) -> Iterator[Problem]:
    below: set[str] = set()
    for name, depends in allowed.items():
        for other in sorted(depends - below):
            yield Problem(LAYERS, 0, f"{name} depends on {other}, which is not below it",
                          "list the layers lowest first")
        below.add(name)


def _strangers(tree, allowed: dict[str, set[str]]) -> Iterator[Problem]:
    inside = (name for name in tree.under("src") if name.startswith(f"{FOLDER}/"))
    folders = {name.split("/")[2] for name in inside if name.count("/") > 2}
    for folder in sorted(folders - set(allowed)):
        yield Problem(f"{FOLDER}/{folder}", 0, "a folder that is no layer",
                      f"add netpoll_layer({folder} …) to {LAYERS}")


def _upward(tree, allowed: dict[str, set[str]]) -> Iterator[Problem]:
    for name, line, target in includes(tree):
        parts = name.split("/")
        if len(parts) == 3:  # src/netpoll/netpoll.h, the public names in one include
            continue
        may = allowed.get(parts[2], set()) | {parts[2]}
        match = _TARGET.fullmatch(target)
        if not match:
            yield Problem(name, line, f'includes "{target}"', 'write "netpoll/folder/file.h"')
        elif match[1] not in may:
            yield Problem(name, line, f"includes {target}, but {parts[2]} may only include: "
                          + " ".join(sorted(may)), "move the code down, or call upward by callback")


def cycles(tree) -> list[Problem]:
    """One problem for each knot of files that include each other."""
    graph: dict[str, list[str]] = {name: [] for name in tree.under("src")}
    lines: dict[tuple[str, str], int] = {}
    for name, line, target in includes(tree):
        if f"src/{target}" in graph:
            graph[name].append(f"src/{target}")
            lines[name, f"src/{target}"] = line
    found = []
    for knot in knots(graph):
        first = knot[0]
        line = next((lines[first, other] for other in knot if (first, other) in lines), 0)
        found.append(Problem(first, line, "includes go in a circle: " + " ".join(knot),
                             "declare forward, or move what both need below both"))
    return found


def knots(graph: dict[str, list[str]]) -> list[list[str]]:
    """Sets of nodes that all reach each other, and nodes that reach themselves."""
    reach = {node: reachable(graph, node) for node in graph}
    found = {
        tuple(sorted(other for other in reach[node] if node in reach[other]))
        for node in graph
        if node in reach[node]
    }
    return sorted(map(list, found))


def reachable(graph: dict[str, list[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(graph[node])
    return seen
