# SPDX-License-Identifier: Apache-2.0
"""The tables of {{ measured_table("race.small") }}: rows of a run, as Markdown.

Each makes its lines from the file alone, so no server and no point is on the page that
was not measured, and none that was is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from learn.race import growth, plan
from learn.race import parts as measured_parts
from learn.race.servers import OURS, RAW
from learn.site.measured import NotMeasured, run, shown, text

_GOAL = re.compile(r"^(\w+) (.+): (\w+) ≥ ([\d.]+) × (.+)$")


def race(root: Path, language: str, workloads: tuple[plan.Workload, ...]) -> str:
    """CPU efficiency, the best at the first workload first; ours in bold."""
    names = [workload.name for workload in workloads]
    cpu: dict[str, dict[str, float]] = {}
    for row in run("race", root)["rows"]:
        if row["workload"] in names:
            cpu.setdefault(row["server"], {})[row["workload"]] = row["cpu"]
    order = sorted(cpu, key=lambda server: -cpu[server].get(names[0], 0.0))
    body = [(ours(server), *(ratio(cpu[server].get(name)) for name in names)) for server in order]
    return table([text("server", language), *names], body)


def busy(root: Path, language: str) -> str:
    """With work in the handler, requests a second matter as well."""
    rows = [row for row in run("race", root)["rows"] if row["workload"] == plan.BUSY.name]
    rows.sort(key=lambda row: -row["throughput"])
    body = [(ours(row["server"]), ratio(row["throughput"]), ratio(row["cpu"]),
             shown("p99_us", row["p99_us"])) for row in rows]
    return table(text("busy_head", language).split("|"), body)


def goals(root: Path, language: str) -> str:
    """For each of ours and each one it is compared with: how many goals, how many met, and
    the one that is missed by most."""
    groups: dict[tuple[str, str], list[dict]] = {}
    for goal in run("race", root)["goals"]:
        if parts := _GOAL.match(goal["goal"]):
            server, point, what, want, peer = parts.groups()
            groups.setdefault((server, peer), []).append(
                goal | {"point": point, "what": what, "want": float(want)})
    body = []
    for (server, peer), here in groups.items():
        missed = [goal for goal in here if not goal["met"]]
        worst = min(missed, key=lambda goal: goal["got"] - goal["want"], default=None)
        body.append((ours(server), peer, f"{len(here) - len(missed)} / {len(here)}",
                     "–" if worst is None else
                     f"{worst['point']}: {worst['got']:.2f} ({worst['want']:.2f})"))
    return table(text("goals_head", language).split("|"), body)


def grown(root: Path, language: str, axis: str) -> str:
    """A line for each point: what a request costs the raw loop, and ours beside it."""
    rows = [row for row in run("growth", root)["rows"] if row["axis"] == axis]
    servers = [name for name in (RAW, *OURS) if any(row["server"] == name for row in rows)]
    what = "requests_per_s" if axis == "pollers" else "cpu"
    body = []
    for at in dict.fromkeys(row["at"] for row in rows):
        here = {row["server"]: row for row in rows if row["at"] == at}
        cells = [shown("cpu_us", here[name]["cpu_us"]) + " µs" if name == RAW
                 else shown(what, here[name][what]) if name in here else "–" for name in servers]
        body.append((growth.label(axis, at), *cells))
    return table([text(f"{axis}", language), *servers], body)


def fairness(root: Path, language: str) -> str:
    body = [(row["trouble"], ours(row["server"]), ratio(row["kept"]),
             f"{row['kept_low']:.2f}–{row['kept_high']:.2f}",
             "–" if row["want"] is None else ratio(row["want"]),
             shown("beside_p99_us", row["beside_p99_us"]))
            for row in run("fairness", root)["rows"]]
    return table(text("fairness_head", language).split("|"), body)


def parts(root: Path, language: str, part: str) -> str:
    """Of each case ours comes first, as in the file."""
    rows = [row for row in run("parts", root)["rows"] if row["part"] == part]
    first = {row["case"]: row["name"] for row in reversed(rows)}
    body = [(row["case"],
             f"**{row['name']}**" if first[row["case"]] == row["name"] else row["name"],
             shown("ns", row["ns"]), ratio(row["ratio"])) for row in rows]
    return table(text("parts_head", language).split("|"), body)


def knobs(root: Path, language: str) -> str:
    """What a program of the chapter has measured: one thing changed at a time."""
    body = [(f"`{row['knob']}`", f"{row['bytes']:,}", ratio(row["ratio"]),
             f"{row['low']:.2f}–{row['high']:.2f}", f"{row['ns']:,}")
            for row in run("knobs", root)["rows"]]
    return table(text("knobs_head", language).split("|"), body)


def table(head: list[str], rows: Sequence[tuple[str, ...]]) -> str:
    """Markdown; numbers to the right, the first column to the left."""
    rule = [":--", *["--:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *rows))


def ours(server: str) -> str:
    return f"**{server}**" if server in OURS else server


def ratio(got: float | None) -> str:
    return "–" if got is None else f"{got:.2f}"


TABLES: dict[str, Callable[[Path, str], str]] = {
    "race.small": lambda root, language: race(root, language, plan.SMALL),
    "race.large": lambda root, language: race(root, language, plan.LARGE),
    "race.one": lambda root, language: race(root, language, ONE),
    "race.busy": busy,
    "race.goals": goals,
    **{f"growth.{axis}": lambda root, language, axis=axis: grown(root, language, axis)
       for axis in growth.AXES},
    "fairness": fairness,
    **{f"parts.{part.name}": lambda root, language, part=part.name: parts(root, language, part)
       for part in measured_parts.PARTS},
    "knobs": knobs,
}  # fmt: skip
ONE = tuple(workload for workload in plan.FULL.workloads if workload.conns == 1)


def made(name: str, language: str, root: Path) -> str:
    """Raises NotMeasured when there is no such table, or its run was not kept."""
    if name not in TABLES:
        raise NotMeasured(name, list(TABLES))
    return TABLES[name](root, language)
