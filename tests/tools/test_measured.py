# SPDX-License-Identifier: Apache-2.0
"""Figures of pages: taken from the files of runs, refused when no run has them."""

import json
from types import SimpleNamespace

import pytest

from learn import cli, say
from learn.race import cli as race_cli
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


@pytest.fixture
def raced(root, monkeypatch):
    """./learn race without servers."""
    monkeypatch.setattr(race_cli, "OUTPUT", root / "build")
    monkeypatch.setattr(race_cli, "measured", lambda *_: RACE | {"failed": []})
    (root / "benchmarks" / "measured" / "race.json").unlink()
    return root / "benchmarks" / "measured"


def test_a_run_is_kept_only_when_it_is_asked_for(raced):
    assert cli.main(["race"]) == 0
    assert [one.name for one in raced.iterdir()] == []
    assert json.loads((raced.parents[1] / "build" / "race.json").read_text())["machine"]["cores"] == 2
    assert cli.main(["race", "--keep"]) == 0
    assert sorted(one.name for one in raced.iterdir()) == ["race.json", "race.svg"]


@pytest.mark.parametrize("flags", [("--quick",), ("--only", "pool")])
def test_half_a_run_is_not_kept(raced, flags):
    assert cli.main(["race", "--keep", *flags]) == 2
    assert [one.name for one in raced.iterdir()] == []


def test_a_run_in_which_a_server_failed_is_not_kept(raced, monkeypatch):
    monkeypatch.setattr(race_cli, "measured", lambda *_: RACE | {"failed": ["asio: gone"]})
    assert cli.main(["race", "--keep"]) == 1
    assert [one.name for one in raced.iterdir()] == []


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


def test_a_figure_that_one_language_swaps_is_seen_by_parity():
    one, other = (find(f'{{{{ measured("race", server="{name}", what="cpu") }}}}')[0].text
                  for name in ("pool", "inline"))
    assert one != other
