# SPDX-License-Identifier: Apache-2.0
"""The layers of the library as a picture: {{ layers("src") }}.

They are read from the CMakeLists.txt of that folder, which the build obeys: an include
that it does not allow is refused. diagrams/layers.toml has a word for each. The order in
src/README.md is compared; where it differs, the page cannot be built.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from learn.site import graph
from learn.site.graph import words

_LAYER = re.compile(r"^netpoll_layer\((\w+)\s+(?:DEPENDS\s+([\w\s]+?)\s+)?SOURCES", re.MULTILINE)
_README_ROW = re.compile(r"^\| (\d+) \| `netpoll/(\w+)` \|[^|]*\|([^|]*)\|$", re.MULTILINE)


class LayersDiffer(Exception):
    """The readme tells another order than the build obeys; says of which folder."""


def read(root: Path, folder: str = "src") -> dict[str, list[str]]:
    """Each layer, lowest first, and the layers that it may include."""
    text = (root / folder / "CMakeLists.txt").read_text(encoding="utf-8")
    return {name: below.split() for name, below in _LAYER.findall(text)}


def ranks(layers: dict[str, list[str]]) -> dict[str, int]:
    """How high each layer stands: one above the highest that it may include."""
    found: dict[str, int] = {}
    for name, below in layers.items():
        found[name] = 1 + max((found[other] for other in below), default=-1)
    return found


def reduced(layers: dict[str, list[str]]) -> dict[str, list[str]]:
    """Without what follows from the rest: nobody needs an arrow from each to `base`."""
    def reach(name: str) -> set[str]:
        return {other for each in layers[name] for other in {each} | reach(each)}

    return {
        name: [other for other in below
               if not any(other in reach(each) for each in below if each != other)]
        for name, below in layers.items()
    }


def compare_with_readme(root: Path, folder: str = "src") -> None:
    """Raises LayersDiffer if the table in README.md has another row for a layer."""
    layers = read(root, folder)
    high = ranks(layers)
    text = (root / folder / "README.md").read_text(encoding="utf-8")
    told = {name: (int(rank), sorted(below.split()))
            for rank, name, below in _README_ROW.findall(text)}
    for name in [*layers, *(set(told) - set(layers))]:
        if name not in layers or told.get(name) != (high[name], sorted(layers[name])):
            raise LayersDiffer(name)


def dot(layers: dict[str, list[str]], told: dict, language: str) -> str:
    high = ranks(layers)
    lines = []
    for rank in sorted(set(high.values()), reverse=True):
        names = [name for name in layers if high[name] == rank]
        lines += [f"  {name} [label={graph.quoted(name + chr(10) + told[name][language])}];"
                  for name in names]
        lines.append(f"  {{ rank=same; {'; '.join(names)}; }}")
    lines += [f"  {name} -> {other};" for name, below in reduced(layers).items() for other in below]
    return graph.source(lines)


def figure(folder: str, language: str, sources) -> str:
    """The HTML of the directive, on one line."""
    root = sources.root
    compare_with_readme(root, folder)
    layers = read(root, folder)
    told = tomllib.loads((root / "diagrams" / "layers.toml").read_text(encoding="utf-8"))
    title = words("layers_title", language)
    high = ranks(layers)
    rows = [[str(high[name]), f"<code>{name}</code>", told[name][language],
             " ".join(f"<code>{other}</code>" for other in below) or "–"]
            for name, below in layers.items()]
    return graph.figure(
        graph.svg(dot(layers, told, language), words("layers_label", language)),
        words("scroll", language, title=title),
        words("layers_table", language),
        graph.table(words("layers_head", language).split("|"), rows),
        words("layers_caption", language),
    )
