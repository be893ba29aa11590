# SPDX-License-Identifier: Apache-2.0
"""The parts beside their peers: what the programs print, what is missing, which goals are met."""

import json
import tomllib

import pytest
from rich.console import Console

from learn import cli, paths
from learn.race import cli as race_cli
from learn.race import parts
from learn.race.parts import PARTS, Effort, Part, Row
from learn.race.rounds import RaceError
from learn.run import build
from learn.say import say

POOL = Part("pool", "ours", {"one": ("always", "evbuffer"), "two/1": ("always",)},
            {"pool_benchmark": ("always", "evbuffer")})
QUICK = Effort(1, 1, 0.01)


def told(*found, error=""):
    """A benchmark's JSON; `found` are (name, ns an item)."""
    made = [{"name": name, "run_name": name, "run_type": "iteration", "items_per_second": 1e9 / ns}
            for name, ns in found]
    made += [{**one, "run_type": "aggregate", "items_per_second": 1.0} for one in made[:1]]
    if error:
        made.append({"name": "one/ours", "run_name": "one/ours", "run_type": "iteration",
                     "error_occurred": True, "error_message": error})
    return json.dumps({"context": {}, "benchmarks": made})


ALL = (("one/ours/real_time", 2.0), ("one/always/real_time", 4.0), ("one/evbuffer", 1.0),
       ("two/ours/1/real_time", 3.0), ("two/always/1/manual_time", 9.0))


def row(part, case, name, ns, ratio=1.0):
    return Row(part, case, name, ns, ns, ns, ratio, 0.0)


@pytest.mark.parametrize(("name", "case", "who"), [
    ("tasks/GoPool/2/real_time", "tasks/2", "GoPool"),
    ("read/asio::streambuf/manual_time", "read", "asio::streambuf"),
    ("pair/mcache", "pair", "mcache"),
])
def test_a_name_is_a_case_and_who_ran_it(name, case, who):
    assert parts.case_and_name(name) == (case, who)


def test_the_middle_of_the_repetitions_counts_and_no_aggregate():
    found = parts.figures(POOL, "pool_benchmark", told(*ALL, ("one/ours", 1.0), ("one/ours", 9.0)))
    assert found["one", "ours"] == pytest.approx(2.0)
    assert found["two/1", "always"] == pytest.approx(9.0)


@pytest.mark.parametrize("text", [
    "", "not JSON", "[]", "{}", '{"benchmarks": [{}]}', '{"benchmarks": [1]}',
    '{"benchmarks": [{"run_type": "iteration", "run_name": "one"}]}',
    '{"benchmarks": [{"run_type": "iteration", "run_name": "one", "items_per_second": 5}]}',
    '{"benchmarks": [{"run_type": "iteration", "run_name": "a/b", "items_per_second": 0}]}',
])
def test_what_is_no_figure_is_one_line_that_names_the_program(text):
    with pytest.raises(RaceError, match=r"^pool_benchmark [^\n]*$"):
        parts.figures(POOL, "pool_benchmark", text)


def test_an_error_of_a_case_fails_the_run():
    """A task that was lost, or a wrong byte."""
    with pytest.raises(RaceError, match="one/ours: a task was lost"):
        parts.figures(POOL, "pool_benchmark", told(*ALL, error="a task was lost"))


@pytest.mark.parametrize("gone", [name for name, _ in ALL])
def test_only_a_peer_with_a_library_may_be_missing(gone):
    text = told(*(one for one in ALL if one[0] != gone))
    if "evbuffer" in gone:
        runs = [parts.figures(POOL, "pool_benchmark", text)]
        assert parts.absent(POOL, runs) == [say("race.part_missing", part="pool", name="evbuffer")]
        assert "evbuffer" not in [one.name for one in parts.rows(POOL, runs, 0.0)]
    else:
        with pytest.raises(RaceError, match=gone.split("/")[1]):
            parts.figures(POOL, "pool_benchmark", text)


def test_a_peer_that_has_one_case_must_have_all():
    part = Part("x", "ours", {"one": ("evbuffer",), "two": ("evbuffer",)},
                {"x": ("evbuffer", "always")})
    text = told(("one/ours", 1.0), ("two/ours", 1.0), ("one/evbuffer", 1.0))
    with pytest.raises(RaceError, match="evbuffer"):
        parts.figures(part, "x", text)


def test_a_program_for_one_peer_measures_that_peer():
    """Broken variant: mcache_benchmark_mimalloc is not linked with mimalloc."""
    text = told(*((f"{case}/{who}", 5.0) for case in PARTS[0].cases for who in ("mcache", "glibc")))
    parts.figures(PARTS[0], "mcache_benchmark", text)
    with pytest.raises(RaceError, match="mimalloc"):
        parts.figures(PARTS[0], "mcache_benchmark_mimalloc", text)


def test_a_ratio_is_taken_within_a_run():
    runs = [{("one", "ours"): 1.0, ("one", "always"): 4.0},
            {("one", "ours"): 10.0, ("one", "always"): 20.0},
            {("one", "ours"): 3.0, ("one", "always"): 9.0},
            {("one", "ours"): 7.0, ("one", "evbuffer"): 3.5}]
    found = {one.name: one for one in parts.rows(POOL, runs, 0.5)}
    assert found["always"].ratio == 3.0
    assert (found["always"].ns, found["always"].ns_low, found["always"].ns_high) == (9.0, 4.0, 20.0)
    assert found["evbuffer"].ratio == 0.5
    assert found["ours"].ns == 5.0 and found["ours"].ratio == 1.0
    assert [one.foreign for one in found.values()] == [0.5] * 3


@pytest.mark.parametrize(("ns", "met"), [(2.5, True), (2.501, False)])
def test_a_goal_in_nanoseconds(ns, met):
    goal, = parts.judge([row("mcache", "pair", "mcache", ns), row("mcache", "pair", "glibc", 9.0)])
    assert (goal.want, goal.got, goal.met) == (2.5, ns, met)


@pytest.mark.parametrize(("ratio", "met"), [(1.25, True), (1.0, True), (0.8, False)])
def test_a_goal_beside_a_peer(ratio, met):
    """The ratio of a row is the peer's time to ours; the goal's is ours to the peer's."""
    ours = row("mcache", "handoff", "mcache", 50.0)
    goal, = parts.judge([ours, row("mcache", "handoff", "mimalloc", 60.0, ratio)])
    assert (goal.got, goal.met) == (round(1 / ratio, 3), met)
    assert parts.judge([ours]) == []


def test_every_goal_and_every_sentence_is_of_a_case_that_runs():
    cases = {part.name: part.cases for part in PARTS}
    for part, case, peer, _ in parts.WANTED:
        assert not peer or peer in cases[part][case]
    for part in PARTS:
        for case in part.cases:
            assert say("race.case_" + case.replace("/", "_"))
        measured = {name for names in part.programs.values() for name in names}
        assert measured == {name for peers in part.cases.values() for name in peers}


def test_the_libraries_of_the_peers_are_installed_by_learn():
    wanted = tomllib.loads(paths.DEBIAN_TOML.read_text())
    assert {"libgoogle-perftools-dev", "libjemalloc-dev", "libmimalloc-dev", "libasio-dev",
            "libevent-dev"} <= set(wanted)


def script(folder, name, text):
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)
    return folder / name


@pytest.mark.parametrize(("text", "why"), [
    ("echo '***WARNING*** DEBUG' >&2; exit 3", "exit status 3$"),
    ("echo libfoo.so: not found >&2; exit 127", "exit status 127: libfoo.so: not found$"),
    ("kill -SEGV $$", "SIGSEGV$"),
    ("sleep 9", "0 s$"),
])
def test_a_program_that_fails_is_one_line(tmp_path, monkeypatch, text, why):
    monkeypatch.setattr(parts, "LIMIT_S", 0.3)
    with pytest.raises(RaceError, match=f"^pool_benchmark: .*{why}"):
        parts.told(script(tmp_path, "pool_benchmark", text), POOL, QUICK)


def test_a_program_that_is_not_there_is_an_error_unless_it_needs_a_library(tmp_path):
    part = Part("x", "ours", {"one": ("glibc", "mimalloc")},
                {"x": ("glibc",), "x_mimalloc": ("mimalloc",)})
    with pytest.raises(RaceError, match="^x: "):
        parts.repeated(tmp_path, part, QUICK, lambda text: None)
    script(tmp_path, "x", f"echo '{told(('one/ours', 1.0), ('one/glibc', 2.0))}'")
    runs, others = parts.repeated(tmp_path, part, QUICK, lambda text: None)
    assert len(runs) == 1 and others >= 0.0
    assert len(parts.absent(part, runs)) == 1


@pytest.fixture
def programs(monkeypatch, tmp_path):
    """The verb with one part, whose program is a script."""
    monkeypatch.setattr(race_cli, "OUTPUT", tmp_path)
    monkeypatch.setattr(parts, "PARTS", (POOL,))
    monkeypatch.setattr(parts, "WANTED", (("pool", "one", "", 2.5), ("pool", "one", "always", 0.4)))
    monkeypatch.setattr(parts, "table", lambda *_: None)
    monkeypatch.setattr(build, "build", lambda *_: tmp_path)
    return tmp_path


def test_the_verb_prints_one_object_and_stores_it(programs, capsys):
    script(programs, "pool_benchmark", f"echo '{told(*ALL)}'")
    assert cli.main(["race", "--parts", "--quick", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made == json.loads((programs / "parts.json").read_text())
    assert (made["check"], made["ok"], made["missing"]) == ("race_parts", False, [])
    assert [goal["met"] for goal in made["goals"]] == [True, False]
    assert len(made["rows"]) == len(ALL)


def test_the_verb_names_who_is_missing(programs, capsys):
    text = told(*(one for one in ALL if "evbuffer" not in one[0]))
    script(programs, "pool_benchmark", f"echo '{text}'")
    assert cli.main(["race", "--parts", "--quick"]) == 0
    assert say("race.part_missing", part="pool", name="evbuffer") in capsys.readouterr().out


def test_a_crash_and_a_failed_build_are_one_line_each(programs, capsys, monkeypatch):
    script(programs, "pool_benchmark", "exit 1")
    assert cli.main(["race", "--parts"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "learn: pool_benchmark: ended with exit status 1"]

    def failed(*_):
        raise build.BuildError("the build failed", "log")

    monkeypatch.setattr(build, "build", failed)
    assert cli.main(["race", "--parts"]) == 4
    assert capsys.readouterr().err.splitlines() == ["learn: the build failed"]
    assert not (programs / "parts.json").exists()


@pytest.mark.parametrize("flags", [["--only", "nothing"], ["--growth"], ["--fairness"]])
def test_what_does_not_go_together_is_one_line(programs, capsys, flags):
    assert cli.main(["race", "--parts", *flags]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_table_has_a_line_for_each_who_ran(part):
    found = [row(part.name, case, name, 1234.5) for case, peers in part.cases.items()
             for name in (part.ours, *peers)]
    console = Console(width=120, highlight=False)
    with console.capture() as captured:
        parts.table(console, part, found)
    assert captured.get().count("1,234.5–1,234.5") == len(found)
