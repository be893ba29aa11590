# SPDX-License-Identifier: Apache-2.0
"""Charts of what was measured, as SVG: readable on a light page and on a dark one.

pygal draws. What it adds for a script (the script, hints for the mouse, the
date) is taken out again, so equal figures give equal bytes. A chart has a
background of its own; it and the ink follow the reader's colour scheme.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as xml
from collections.abc import Iterable, Sequence
from dataclasses import fields

import pygal
from pygal.style import Style

from learn.race.plan import Workload
from learn.race.servers import OURS, RAW, RAW_AGAIN, RAW_READ_WRITE
from learn.say import say

WIDTH = 860
BAR_HEIGHT = 17
FRAME = 110  # title, axis and margins of a chart, in height
LINES_HEIGHT = 300
SVG = "http://www.w3.org/2000/svg"
LIGHT = {"ink": "#1f2328", "paper": "#ffffff", "faint": "#d0d7de", "one": "#cf222e",
         "raw": "#57606a", "peer": "#8c959f", "inline": "#0969da", "adaptive": "#8250df",
         "pool": "#1a7f37"}
DARK = {"ink": "#e6edf3", "paper": "#0d1117", "faint": "#30363d", "one": "#ff7b72",
        "raw": "#adbac7", "peer": "#768390", "inline": "#58a6ff", "adaptive": "#bc8cff",
        "pool": "#3fb950"}
FOR_SCRIPTS = ("script", "desc")
# The line at 1.0: as good as the raw loop.
ONE = (".axis .major.guide.line{stroke:var(--one);stroke-width:2;opacity:1}",
       ".axis text.major{font-weight:bold;fill:var(--one)}")


def race(rows: Sequence[dict]) -> str:
    """CPU efficiency to raw epoll: a group of bars for each workload, a bar for each
    server, ours in colour; the whisker is from the worst to the best round."""
    workloads = list(dict.fromkeys(map(workload_of, rows)))[::-1]  # pygal begins below
    servers = list(dict.fromkeys(row["server"] for row in rows))
    end = max([1.25, *(int(row["cpu_high"] * 4 + 1) / 4 for row in rows)])
    chart = made(
        pygal.HorizontalBar, "race", say("race.chart_title"), servers,
        height=FRAME + BAR_HEIGHT * len(workloads) * (len(servers) + 1),
        x_title=say("race.chart_axis"), x_labels=[workload.name for workload in workloads],
        y_labels=[step / 4 for step in range(round(end * 4) + 1)], y_labels_major=[1.0],
        range=(0, end), print_values=True, print_values_position="bottom",
        value_formatter="{:.2f}".format, own_css=ONE)  # fmt: skip
    found = {(row["server"], workload_of(row)): row for row in rows}
    for server in servers:
        chart.add(server, [bar(found.get((server, workload))) for workload in workloads])
    return document([chart])


def workload_of(row: dict) -> Workload:
    return Workload(**{one.name: row[one.name] for one in fields(Workload)})


def bar(row: dict | None) -> dict | None:
    if row is None:
        return None
    return {"value": row["cpu"], "ci": {"low": row["cpu_low"], "high": row["cpu_high"]},
            "formatter": lambda value: f"{row['server']} {value:.2f}"}


def lines(name: str, title: str, axis: tuple[str, str], at: Sequence[str],
          found: dict[str, Sequence[float | None]], log: bool = False) -> pygal.Line:
    """A line for each server over the points `at`; None: not measured there."""
    known = [value for values in found.values() for value in values if value]
    chart = made(
        pygal.Line, name, title, list(found), height=LINES_HEIGHT, x_title=axis[0],
        y_title=axis[1], x_labels=at, logarithmic=log, include_x_axis=not log,
        show_legend=True, truncate_legend=-1, legend_box_size=10, dots_size=4,
        y_labels=powers(known) if log else None,
        allow_interruptions=True, value_formatter="{:,g}".format)  # fmt: skip
    for server, values in found.items():
        chart.add(server, values)
    return chart


def powers(known: Sequence[float]) -> list[float]:
    """Of ten, from below the least of the values to above the largest."""
    low, high = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    return [10.0**power for power in range(low, max(high, low + 1) + 1)]


def made(kind: type, name: str, title: str, servers: Sequence[str],
         own_css: Sequence[str] = (), **more) -> pygal.Line:
    sheets = ("file://style.css", "file://graph.css", f"inline:{css(name, servers, own_css)}")
    chart = kind(title=title, width=WIDTH, margin=16, style=style(servers), css=sheets, js=(),
                 **{"show_legend": False} | more)
    chart.uuid = name
    return chart


def style(servers: Sequence[str]) -> Style:
    return Style(
        background="var(--paper)", plot_background="var(--paper)",
        value_background="var(--faint)", foreground="var(--ink)",
        foreground_strong="var(--ink)", foreground_subtle="var(--ink)",
        guide_stroke_color="var(--faint)", major_guide_stroke_color="var(--faint)",
        guide_stroke_dasharray="2,3", major_guide_stroke_dasharray="none",
        font_family="system-ui, sans-serif", value_font_size=11, label_font_size=12,
        major_label_font_size=12, title_font_size=16, legend_font_size=12, opacity=".55",
        transition="0s", colors=tuple(f"var(--{colour(server)})" for server in servers),
        value_colors=("var(--ink)",) * len(servers))  # fmt: skip


def colour(server: str) -> str:
    if server in OURS:
        return server
    return "raw" if server in (RAW, RAW_AGAIN, RAW_READ_WRITE) else "peer"


def css(name: str, servers: Sequence[str], own_css: Sequence[str]) -> str:
    """What pygal's style has no word for; a dark page has colours of its own."""
    here = f"#chart-{name}"
    light, dark = (";".join(f"--{key}:{value}" for key, value in values.items())
                   for values in (LIGHT, DARK))
    rules = [
        ".text-overlay text.value{text-anchor:start}",
        ".axis .guide.line{stroke:var(--faint)}",
        ".series path.line{stroke-width:2}",
        ".ci path{stroke:var(--ink);stroke-opacity:.6}",
        *(f".text-overlay .serie-{place} text.value{{font-weight:bold}}"
          for place, server in enumerate(servers) if server in OURS),
        *own_css,
    ]  # fmt: skip
    return "".join([f"{here}{{{light}}}", f"@media (prefers-color-scheme:dark){{{here}{{{dark}}}}}",
                    *(f"{here} {rule}" for rule in rules)])


def document(charts: Iterable[pygal.Line]) -> str:
    """One file, the charts one below the other."""
    root, below = xml.Element("svg", {"xmlns": SVG, "role": "img"}), 0
    for chart in charts:
        drawn = plain(chart.render_tree())
        height = int(drawn.attrib["viewBox"].split()[-1])
        drawn.attrib |= {"y": str(below), "width": str(WIDTH), "height": str(height)}
        root.append(drawn)
        below += height
    root.attrib |= {"viewBox": f"0 0 {WIDTH} {below}", "width": str(WIDTH), "height": str(below)}
    return xml.tostring(root, encoding="unicode") + "\n"


def plain(node: xml.Element) -> xml.Element:
    """Without comments, scripts, and the notes that only they read."""
    for child in list(node):
        if child.tag in FOR_SCRIPTS or not isinstance(child.tag, str):
            node.remove(child)
        else:
            plain(child)
    return node
