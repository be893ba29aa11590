# SPDX-License-Identifier: Apache-2.0
"""Figures that were taken, not typed: from benchmarks/measured/*.json when a page is built.

    {{ measured("race", workload="64×1 KiB", server="pool", what="cpu") }}       0.82
    {{ measured("race", …, server="pool", to="go netpoll", what="cpu") }}        1.16
    {{ measured("speed", path="echo_1k", what="instructions") }}                 3,509
    {{ measured("race", what="date") }}                                          2026-11-30
    {{ measured_table("race.small") }}     a table of measured_tables.py
    {{ measured_chart("race.small") }}     the race's bars, in the colours of the page

The first word is a file: race.json, growth.json … A row of it is chosen by what its
fields say; `what` is the field to be shown. `to` divides by the same field of another
server. Without a row, `what` is a field of the whole run. `speed` is
benchmarks/speed/figures.toml.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from learn import say
from learn.race import chart, plan
from learn.race.servers import RAW_AGAIN
from learn.site import trace_figure

NAMES = ("measured", "measured_table", "measured_chart")
COMPILER = "gcc-12"  # whose instructions the pages show
FORMATS = {"ratio": "{:.2f}", "count": "{:,.0f}", "ns": "{:,.1f}"}
PERCENT = {"percent": "{:.0f} %", "fine percent": "{:.1f} %"}
KINDS = {
    "noise": "fine percent", "more": "percent", "share": "percent", "kernel": "percent",
    "load": "percent", "load_core": "percent", "ns": "ns", "ns_low": "ns", "ns_high": "ns",
    "instructions": "count", "requests_per_s": "count", "alone_per_s": "count",
    "beside_per_s": "count", "neighbour_answers": "count", "p50_us": "count", "p99_us": "count",
    "alone_p99_us": "count", "beside_p99_us": "count",
}  # fmt: skip
COARSE_US = 100  # of a request: from here on a hundredth of a microsecond says nothing
_DARK = re.compile(r"@media \(prefers-color-scheme:dark\)\{(#[\w-]+)(\{[^}]*\})\}")


class NotMeasured(Exception):
    """No such file, row or field; carries the ones there are."""

    def __init__(self, what: str, there_is: list[str]) -> None:
        self.there_is = there_is
        super().__init__(what)


def text(key: str, language: str) -> str:
    """Words of a page, in its language."""
    return say.area_messages("measured")[key][language]


def folder(root: Path) -> Path:
    return root / "benchmarks" / "measured"


def run(name: str, root: Path) -> dict:
    """What a run has written, with the fields that follow from it. Raises NotMeasured."""
    if name == "speed":
        return {"rows": instructions(root)}
    file = folder(root) / f"{name}.json"
    if not file.is_file():
        raise NotMeasured(name, [*sorted(one.stem for one in folder(root).glob("*.json")), "speed"])
    told = json.loads(file.read_text(encoding="utf-8"))
    told |= told.pop("machine", {})
    if "goals" in told:
        told["goals_count"] = len(told["goals"])
        told["goals_met"] = sum(goal["met"] for goal in told["goals"])
    if others := [row["foreign"] for row in told.get("rows", ()) if "foreign" in row]:
        told["foreign_most"] = max(others)
    if name == "race":
        again = {point(row): row["cpu"] for row in told["rows"] if row["server"] == RAW_AGAIN}
        told["rows"] = [row | raced(row, again) for row in told["rows"]]
    return told


def point(row: dict) -> str:
    return chart.workload_of(row).name


def raced(row: dict, again: dict[str, float]) -> dict:
    """The workload's name, how much more CPU time than the raw loop's, and the noise."""
    here = point(row)
    noise = abs(1 - again[here]) if here in again else None
    return {"workload": here, "more": 1 / row["cpu"] - 1, "noise": noise}


def instructions(root: Path) -> list[dict]:
    file = root / "benchmarks" / "speed" / "figures.toml"
    if not file.is_file():
        raise NotMeasured("speed", [])
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return [{"path": path, "compiler": compiler, "instructions": count}
            for compiler, table in tables.items() for path, count in table.items()]


def row_of(rows: list[dict], wanted: dict[str, str]) -> dict:
    """The one row that has all these values. Raises NotMeasured."""
    left = rows
    for key, value in wanted.items():
        there_is = list(dict.fromkeys(str(row[key]) for row in left if key in row))
        left = [row for row in left if str(row.get(key)) == value]
        if not left:
            raise NotMeasured(f"{key} {value}", there_is or sorted(rows[0] if rows else ()))
    if len(left) > 1:
        differ = [key for key in left[0]
                  if isinstance(left[0][key], str) and len({str(row.get(key)) for row in left}) > 1]
        raise NotMeasured(", ".join(wanted.values()), [f"{key}=…" for key in differ])
    return left[0]


def value(name: str, options: dict[str, str], root: Path) -> str:
    """The text of {{ measured("name", …) }}. Raises NotMeasured."""
    wanted = dict(options)
    what, to = wanted.pop("what", ""), wanted.pop("to", "")
    if name == "speed":
        wanted.setdefault("compiler", COMPILER)
    told = run(name, root)
    row = row_of(told["rows"], wanted) if wanted else told
    got = field(row, what)
    if to:
        got /= field(row_of(told["rows"], wanted | {"server": to}), what)
    return shown(what, got)


def field(row: dict, what: str):
    if row.get(what) is None or isinstance(row[what], list | dict):
        there_is = [key for key, one in row.items()
                    if one is not None and not isinstance(one, list | dict)]
        raise NotMeasured(f"what={what}", there_is)
    return row[what]


def shown(what: str, got) -> str:
    """A number as people read it; a word as it is."""
    if isinstance(got, str):
        return got
    kind = KINDS.get(what) or ("count" if isinstance(got, int) else "ratio")
    if kind in PERCENT:
        return PERCENT[kind].format(100 * got)
    if what == "cpu_us" and got >= COARSE_US:
        kind = "count"
    return FORMATS[kind].format(got)


def picture(name: str, language: str, root: Path) -> str:
    """The HTML of {{ measured_chart("race.small") }}. Raises NotMeasured."""
    if name not in CHARTS:
        raise NotMeasured(name, list(CHARTS))
    names = {workload.name for workload in CHARTS[name]}
    rows = [row for row in run("race", root)["rows"] if row["workload"] in names]
    with speaking(language):
        drawn = chart.race(rows)
    svg = trace_figure.one_line_svg(in_page_colours(drawn), text("chart", language))
    return (f'<figure class="trace" markdown="0"><div class="trace-picture" tabindex="0"'
            f' role="group" aria-label="{text("chart_scroll", language)}">{svg}</div></figure>')


CHARTS = {"race.small": plan.SMALL, "race.large": plan.LARGE, "race.all": plan.FULL.workloads}


def in_page_colours(svg: str) -> str:
    """A chart of its own follows the reader's system; in a page it follows the page, whose
    dark colours may be chosen by hand."""
    return _DARK.sub(r"[data-md-color-scheme=slate] \1\2", svg)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """The chart takes its words from say(), which speaks to the one who runs the tools."""
    before = os.environ.get("LEARN_LANG")
    say.use_language(language)
    try:
        yield
    finally:
        say.use_language(None)  # from here on it is LEARN_LANG again that says
        os.environ.pop("LEARN_LANG")
        os.environ |= {} if before is None else {"LEARN_LANG": before}
