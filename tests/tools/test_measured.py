# SPDX-License-Identifier: Apache-2.0
"""Figures of pages: taken from the files of runs, refused when no run has them."""

import json
import re
import shutil
import tomllib
from types import SimpleNamespace

import pytest

from learn import paths, say
from learn.gates.speed import GROWTH
from learn.race import keep
from learn.site import expand, measured, measured_tables
from learn.site.directives import find
from learn.site.expand import PageText, Sources
from learn.site.measured import NotMeasured, value


def race_row(server, cpu, **more):
    return {"server": server, "conns": 64, "bytes": 1024, "work_us": 0, "idle": 0, "depth": 1,
            "throughput": cpu, "cpu": cpu, "cpu_low": cpu - 0.1, "cpu_high": cpu + 0.1,
            "requests_per_s": 250_000.4, "cpu_us": 4.0, "p99_us": 512.4, "foreign": 0.02} | more


RACE = {"check": "race", "rows": [
    race_row("raw epoll", 1.0), race_row("inline", 0.9), race_row("pool", 0.8),
    race_row("go netpoll", 0.64, cpu_us=1234.4), race_row("raw again", 0.996, foreign=0.07),
    race_row("inline", 0.95, bytes=64)],
    "goals": [
        {"goal": "pool 64×1 KiB: cpu ≥ 0.95 × raw epoll", "want": 0.95, "got": 0.8, "met": False},
        {"goal": "pool 64×64 B: cpu ≥ 0.95 × raw epoll", "want": 0.95, "got": 0.7, "met": False},
        {"goal": "pool 64×1 KiB: cpu ≥ 1.25 × go netpoll", "want": 1.25, "got": 1.3, "met": True}],
    "noise": 0.004}
FIGURES = "[gcc-12]\necho_1k = 3509\n[gcc-14]\necho_1k = 3544\n"


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(keep, "MEASURED", tmp_path / "benchmarks" / "measured")
    monkeypatch.setattr(keep, "machine", lambda: {"date": "2026-11-30", "cores": 2})
    keep.keep("race", RACE)
    (tmp_path / "benchmarks" / "speed").mkdir()
    (tmp_path / "benchmarks" / "speed" / "figures.toml").write_text(FIGURES)
    return tmp_path


def at(server, **more):
    return {"workload": "64×1 KiB", "server": server} | more


@pytest.mark.parametrize(("name", "options", "shown"), [
    ("race", at("inline", what="cpu"), "0.90"),
    ("race", at("inline", what="more"), "11 %"),
    ("race", at("pool", what="cpu", to="go netpoll"), "1.25"),
    ("race", at("inline", what="requests_per_s"), "250,000"),
    ("race", at("inline", what="noise"), "0.4 %"),
    ("race", {"workload": "64×64 B", "what": "cpu"}, "0.95"),  # one row is enough
    ("race", {"what": "date"}, "2026-11-30"),
    ("race", {"what": "goals_met"}, "1"),
    ("race", {"what": "goals_count"}, "3"),
    ("race", {"what": "foreign_most"}, "0.07"),
    ("race", at("go netpoll", what="cpu_us"), "1,234"),
    ("speed", {"path": "echo_1k", "what": "instructions"}, "3,509"),
    ("speed", {"path": "echo_1k", "compiler": "gcc-14", "what": "instructions"}, "3,544"),
])  # fmt: skip
def test_a_figure_is_the_one_of_its_row(root, name, options, shown):
    assert value(name, options, root) == shown


@pytest.mark.parametrize(("name", "options", "there_is"), [
    ("rice", at("inline", what="cpu"), ["race", "speed"]),
    ("race", {"workload": "64×2 KiB", "server": "inline", "what": "cpu"}, ["64×1 KiB", "64×64 B"]),
    ("race", at("muduo", what="cpu"), ["raw epoll", "inline", "pool", "go netpoll", "raw again"]),
    ("race", at("pool", what="cpu", to="gnet"),
     ["raw epoll", "inline", "pool", "go netpoll", "raw again"]),
    ("race", {"workload": "64×1 KiB", "what": "cpu"}, ["server=…"]),
    ("speed", {"path": "echo_9", "what": "instructions"}, ["echo_1k"]),
])  # fmt: skip
def test_what_was_not_measured_is_refused_with_what_there_is(root, name, options, there_is):
    with pytest.raises(NotMeasured) as refused:
        value(name, options, root)
    assert refused.value.there_is == there_is


def test_a_field_that_is_missing_is_refused_with_the_fields(root):
    with pytest.raises(NotMeasured) as refused:
        value("race", at("inline", what="cpus"), root)
    assert "cpu" in refused.value.there_is


def page_of(markdown, root):
    page = PageText("notes/en/a.md", "en", "")
    sources = Sources(root, SimpleNamespace(), None, root / "traces")
    return expand.expand(markdown, page, sources), page.problems


def test_a_page_has_the_figure_and_a_fault_is_one_line_of_it(root):
    text, problems = page_of(
        'So {{ measured("race", workload="64×1 KiB", server="pool", what="cpu") }} it is.\n', root)
    assert (text, problems) == ("So 0.80 it is.\n", [])
    _, problems = page_of(
        'a\n\n{{ measured("race", workload="64×1 KiB", server="poll", what="cpu") }}\n', root)
    assert [(one.file, one.line) for one in problems] == [("notes/en/a.md", 3)]
    assert "server poll was not measured" in problems[0].text and "go netpoll" in problems[0].text


def rows(table):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_a_table_has_every_server_that_ran_the_best_first(root):
    text, problems = page_of('{{ measured_table("race.small") }}\n', root)
    head, _, *body = rows(text)
    assert problems == [] and head == ["server", "64×64 B", "64×1 KiB", "1000×1 KiB"]
    assert body[0] == ["**inline**", "0.95", "0.90", "–"]
    assert {row[0] for row in body} == {
        "raw epoll", "**inline**", "**pool**", "go netpoll", "raw again"}


def test_the_table_of_goals_counts_them_and_names_the_worst(root):
    _, _, *body = rows(measured_tables.made("race.goals", "en", root))
    assert body == [["**pool**", "raw epoll", "0 / 2", "64×64 B: 0.70 (0.95)"],
                    ["**pool**", "go netpoll", "1 / 1", "–"]]


def test_a_table_or_chart_that_is_unknown_is_a_problem(root):
    for name in ("measured_table", "measured_chart"):
        _, problems = page_of(f'{{{{ {name}("race.big") }}}}\n', root)
        assert len(problems) == 1 and "race.small" in problems[0].text


@pytest.mark.parametrize(("language", "word"), [("en", "longer is better"), ("zh", "越长越好")])
def test_a_chart_speaks_and_wears_what_the_page_does(root, language, word):
    made = measured.picture("race.small", language, root)
    assert word in made and "\n" not in made
    assert "[data-md-color-scheme=slate] #chart-race{--ink" in made
    assert "prefers-color-scheme" not in made


def test_the_chart_leaves_the_tools_their_own_language(root, monkeypatch):
    monkeypatch.setenv("LEARN_LANG", "en")
    measured.picture("race.small", "zh", root)
    assert say.language() == "en"


def test_a_kept_run_tells_where_and_when_with_a_line_for_each_row(root):
    lines = (root / "benchmarks" / "measured" / "race.json").read_text().splitlines()
    assert json.loads("".join(lines))["machine"] == {"date": "2026-11-30", "cores": 2}
    assert sum('"server"' in line for line in lines) == len(RACE["rows"])


def test_a_machine_is_told_without_its_builders_words(tmp_path):
    assert keep.kernel("6.12.8-amd64") == "6.12.8"
    told = tmp_path / "CMakeFiles" / "3.25.1" / "CMakeCXXCompiler.cmake"
    told.parent.mkdir(parents=True)
    told.write_text('set(CMAKE_CXX_COMPILER_ID "GNU")\nset(CMAKE_CXX_COMPILER_VERSION "12.2.0")\n')
    assert keep.compiler(tmp_path) == "GCC 12.2.0"
    assert keep.compiler(tmp_path / "none") == ""
    cpus = tmp_path / "cpuinfo"
    cpus.write_text("processor\t: 0\nmodel name\t: Some  CPU\nprocessor\t: 1\n")
    assert keep.processor(cpus) == "Some CPU"


@pytest.mark.parametrize("name", sorted(measured_tables.TABLES))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_table_can_be_made_of_what_is_kept(name, language):
    head, rule, *body = rows(measured_tables.made(name, language, paths.ROOT))
    assert body and all(len(row) == len(head) == len(rule) for row in body)


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


def test_a_figure_that_one_language_swaps_is_seen_by_parity():
    one, other = (find(f'{{{{ measured("race", server="{name}", what="cpu") }}}}')[0].text
                  for name in ("pool", "inline"))
    assert one != other


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
