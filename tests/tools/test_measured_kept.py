# SPDX-License-Identifier: Apache-2.0
"""The runs that are kept, against what is written about them: the README's tables, the
words of chapter 14, and the instructions that ./learn check speed has stored."""

import json
import re
import shutil
import tomllib

import pytest

from learn import paths
from learn.gates.speed import GROWTH
from learn.site import measured, measured_tables


@pytest.mark.parametrize("name", sorted(measured_tables.TABLES))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_table_can_be_made_of_what_is_kept(name, language):
    made = measured_tables.made(name, language, paths.ROOT).splitlines()
    head, rule, *body = (line.count("|") for line in made)
    assert body and {head, rule, *body} == {head}


def test_the_parts_of_a_request_are_as_many_instructions_as_the_stored_path():
    """by_part.json is made by hand when a path has changed; this says when."""
    stored = tomllib.loads((paths.ROOT / "benchmarks/speed/figures.toml").read_text())
    told = json.loads((paths.ROOT / "benchmarks/measured/by_part.json").read_text())
    total = sum(row["instructions"] for row in told["rows"])
    assert total == pytest.approx(stored[measured.COMPILER][told["path"]], rel=GROWTH)


def test_the_readme_shows_the_tables_as_they_are_made():
    """Else: paste what measured_tables.made(NAME, "en", paths.ROOT) returns."""
    readme = (paths.ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for name in ("race.small", "race.goals"):
        assert measured_tables.made(name, "en", paths.ROOT) in readme, name


def test_a_readme_with_another_figure_is_noticed(tmp_path):
    """The planted fault of the test above."""
    shutil.copytree(measured.folder(paths.ROOT), measured.folder(tmp_path))
    file = measured.folder(tmp_path) / "race.json"
    file.write_text(re.sub(r'"cpu": 0\.\d', '"cpu": 0.1', file.read_text()))
    readme = (paths.ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert measured_tables.made("race.small", "en", tmp_path) not in readme


def rows_kept(name):
    return measured.run(name, paths.ROOT)["rows"]


def untrue(told):
    """What chapter 14 says in words, and the rows of told(name) do not bear out."""
    cpu = {(row["workload"], row["server"]): row["cpu"] for row in told("race")}
    small = ("64×64 B", "64×1 KiB", "1000×1 KiB")
    noise = {row["workload"]: row["noise"] for row in told("race")}
    rate = {row["server"]: row["throughput"] for row in told("race")
            if row["workload"] == "64×1 KiB 50 µs"}
    knob = {(row["knob"], row["bytes"]): row for row in told("knobs")}
    kept = {(row["trouble"], row["server"]): row for row in told("fairness")}
    grown = {(row["axis"], row["at"], row["server"]): row for row in told("growth")}
    kernel = {row["server"]: row["kernel"] for row in told("share")}
    said = {
        "pool behind adaptive behind inline behind raw": all(
            cpu[at, "pool"] <= cpu[at, "adaptive"] <= cpu[at, "inline"] < 1 for at in small),
        "ahead of every Go server": all(cpu[at, "pool"] > cpu[at, peer] for at in small for peer in
                                        ("go net", "go gnet", "go evio", "go netpoll")),
        "asio is nearer with 64, and behind with 1000": (
            cpu["64×1 KiB", "asio"] > cpu["64×1 KiB", "inline"]
            and cpu["1000×1 KiB", "asio"] < cpu["1000×1 KiB", "inline"]),
        "raw r/w is no difference": abs(1 - cpu["64×1 KiB", "raw r/w"]) < noise["64×1 KiB"] + 0.01,
        "readv costs in the loop": knob["readv, sendmsg", 1024]["ratio"] < 0.96,
        "a memcpy of 1 KiB costs next to nothing": knob["memcpy more", 1024]["ratio"] > 0.97,
        "ranges::copy is slow": (knob["ranges::copy more", 16384]["ratio"]
                                 < 0.7 * knob["memcpy more", 16384]["ratio"]),
        "two epoll_ctl cost more than one": (knob["two epoll_ctl more", 1024]["ratio"]
                                             < knob["one epoll_ctl more", 1024]["ratio"] < 0.92),
        "in the race a request costs twice as much": all(
            row["cpu_us"] * 1000 > 2 * knob["recv, send", 1024]["ns"] for row in told("race")
            if row["server"] == "raw epoll" and row["workload"] == "64×1 KiB"),
        "io_uring: less than a tenth, and a loss at 64 KiB": (
            all(1 < cpu[at, "io_uring"] < 1.1 for at in small)
            and cpu["64×64 KiB", "io_uring"] < 0.95),
        "raw is no limit at 1 MiB": cpu["64×1 MiB", "libuv"] > 1.2,
        "adaptive and the pool use both cores": min(rate["adaptive"], rate["pool"]) > 1.3,
        "Go gets more with work in the handler": (
            min(rate["go net"], rate["go netpoll"]) > max(rate["adaptive"], rate["pool"])),
        "inline stops beside a blocking handler": kept["block", "inline"]["kept"] < 0.05,
        "the goals of fairness are met": all(row["want"] is None or row["kept"] >= row["want"]
                                             for row in kept.values()),
        "an idle connection costs next to no time": (
            grown["idle", 10000, "inline"]["cpu"] > grown["idle", 0, "inline"]["cpu"] - 0.03),
        "at 16 in flight ours falls behind": grown["depth", 16, "inline"]["cpu"] < 0.8,
        "two pollers on two cores: fewer requests": (
            grown["pollers", 2, "inline"]["requests_per_s"]
            < grown["pollers", 1, "inline"]["requests_per_s"]),
        "nearly all kernel": kernel["raw epoll"] > 0.9 > kernel["inline"],
        "adaptive cheaper than the limit": cpu["1×64 B", "adaptive"] > 1.05,
    }
    return [words for words, true in said.items() if not true]


def test_the_words_of_chapter_14_hold_in_the_runs_that_are_kept():
    """A run that is stored anew changes figures, and no word of the page by itself."""
    assert untrue(rows_kept) == []


def test_a_run_that_says_something_else_is_noticed():
    def another(name):
        return [row | ({"cpu": 0.9} if row.get("server") == "raw r/w" else {})
                for row in rows_kept(name)]

    assert untrue(another) == ["raw r/w is no difference"]
