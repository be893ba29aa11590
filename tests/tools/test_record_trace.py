# SPDX-License-Identifier: Apache-2.0
"""./learn trace: the call tree of a recording, and the learner's own build beside it. And
what goes wrong with a recording: each is one line, and leaves nothing half-written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from learn import paths, say
from learn.paths import TOOLS
from learn.record import cli, scenario, session, show, trace
from learn.record.errors import EnvironmentRefuses, TookTooLong
from learn.record.runs import Bench
from record_helpers import DATA, bench, built, index, workshop
from test_canon import FORM
from test_record import WITHOUT_PTRACE

LIVE = """
import sys
from learn.record import show, trace
from record_helpers import bench, workshop
from test_canon import FORM
trace.write(FORM, trace.path_of("standin", workshop()))
sys.exit(show.run("standin", True, False, bench()))
"""


@pytest.fixture(autouse=True)
def stored():
    say.use_language("en")
    path = trace.path_of("standin", workshop())
    trace.write(FORM, path)
    yield path
    say.use_language(None)


_load = scenario.load


def scenario_of(name: str, root=None):
    """As a verb loads one, but from the workshop."""
    return _load(name, root or workshop())


def one_line(told: str) -> bool:
    return told.count("\n") == 1 and told.startswith("learn: ")


def test_the_tree_is_indented_and_ends_with_the_place(capsys):
    assert show.run("standin", False, False, bench()) == 0
    told = capsys.readouterr().out

    assert FORM["title"]["en"] in told
    recv = next(line for line in told.splitlines() if " recv = 6" in line)
    above = next(line for line in told.splitlines() if "Connection::on_readable" in line)
    assert recv.index("recv") == above.index("Connection") + 2
    assert recv.rstrip().endswith(f"standin.cpp:{_line('recv')}")


def _line(fn: str) -> int:
    return next(s["line"] for s in FORM["steps"] if s["fn"] == fn)


@pytest.mark.parametrize("name", scenario.names())
def test_every_recording_of_the_tree_can_be_shown(name, capsys):
    assert show.run(name, False, False) == 0
    told = capsys.readouterr().out
    assert "True" not in told and "['" not in told


def test_a_what_if_says_where_it_leaves_its_base(capsys):
    (name, *_) = [n for n in scenario.names() if "+" in n]
    show.run(name, False, False)
    made = json.loads(trace.path_of(name).read_text())

    lines = capsys.readouterr().out.splitlines()
    fork = next(i for i, line in enumerate(lines) if made["what_if"]["of"] + '"' in line)
    numbers = [line.split()[0] for line in lines[fork:] if line[:3].strip().isdigit()]
    assert numbers[0] == str(made["what_if"]["fork"])


def test_json_is_the_record_itself(capsys):
    assert show.run("standin", False, True, bench()) == 0
    assert json.loads(capsys.readouterr().out) == FORM


def test_an_unknown_name_is_one_line_with_the_near_ones(capsys):
    assert show.run("standn", False, False, bench()) == 2
    told = capsys.readouterr().err
    assert one_line(told) and "standin" in told


def test_without_a_name_all_are_listed(capsys):
    assert show.run("", False, False, bench()) == 0
    assert "standin" in capsys.readouterr().out


def test_a_live_run_that_does_the_same_says_so(capsys):
    assert show.run("standin", True, False, bench()) == 0
    assert "step for step" in capsys.readouterr().out


def test_a_live_run_that_differs_shows_the_first_step_side_by_side(capsys):
    assert show.run("standin", True, False, bench("EXTRA_SEND")) == 1
    told = capsys.readouterr().out

    first = next(s["n"] for s in FORM["steps"] if s["fn"] == "send" and s["kind"] == "syscall")
    assert f"step {first} is the first that differs" in told
    (result,) = [line for line in told.splitlines() if line.startswith("result")]
    assert result.split() == ["result", "6", "1"]


def test_a_live_run_as_json_says_where_it_differs(capsys):
    assert show.run("standin", True, True, bench("EXTRA_SEND")) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["differs"]["stored"]["ret"] == 6 and told["differs"]["live"]["ret"] == 1


def test_a_live_run_without_ptrace_is_one_line_and_status_4():
    here = str(DATA.parents[1])
    environment = {**os.environ, "PYTHONPATH": f"{TOOLS}:{here}", "LEARN_LANG": "en"}
    ran = subprocess.run([sys.executable, "-c", WITHOUT_PTRACE, "-c", LIVE], text=True,
                         capture_output=True, env=environment, timeout=60)

    assert ran.returncode == 4 and ran.stdout == ""
    assert one_line(ran.stderr) and "SYS_PTRACE" in ran.stderr


@pytest.mark.parametrize(("make", "said"), [
    (lambda made: made.pop("version"), "version 1"),
    (lambda made: made.update(version=7), "version 7"),
    (lambda made: made.pop("steps"), "steps is missing"),
])
def test_a_record_that_cannot_be_read_says_how_to_make_it_again(stored, capsys, make, said):
    made = json.loads(stored.read_text())
    make(made)
    stored.write_text(json.dumps(made))

    assert show.run("standin", False, False, bench()) == 1
    told = capsys.readouterr().err
    assert one_line(told) and said in told and "./learn record standin" in told


def test_half_a_record_is_one_line(stored, capsys):
    stored.write_text(stored.read_text()[:2000])
    assert show.run("standin", False, False, bench()) == 1
    assert one_line(capsys.readouterr().err)


def test_a_scenario_that_hangs_ends_in_time_with_one_line(stored):
    folder = workshop() / "diagrams" / "scenarios"
    text = (folder / "standin.toml").read_text()
    hangs = text[: text.rindex("[[peer]]")] + '[[peer]]\ndo = "wait"\nen = "Waits."\n' \
        'zh = "等。"\nthen = ["close"]\n'
    (folder / "hangs.toml").write_text(hangs)
    try:
        with pytest.raises(TookTooLong) as refused:
            session.record(scenario.load("hangs", workshop()), built(), index(), workshop(), 2.0)
    finally:
        (folder / "hangs.toml").unlink()

    assert refused.value.code == 3 and "\n" not in str(refused.value)
    assert "hangs.toml" in str(refused.value) and "close" in str(refused.value)


def test_a_busy_machine_is_no_hang():
    """Broken variant: time counts while gdb or the program waits for a core."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        assert session.is_busy(busy.pid)
        busy.kill()
    with subprocess.Popen(["sleep", "60"]) as idle:
        time.sleep(1)
        assert not session.is_busy(idle.pid)
        idle.kill()


def test_a_lane_rests_when_each_of_its_threads_does():
    """Broken variant: the lane's last event alone is looked at."""
    made = session.Session(scenario.load("standin", workshop()), {}, [], 1.0)
    worker = next(lane for lane in made.scenario.lanes if lane.id == "worker")
    for thread, kind, rests in ((1, "enter", False), (2, "enter", False), (2, "exit", False),
                                (1, "exit", True)):
        made.events.append({"lane": "worker", "thread": thread, "kind": kind,
                            "fn": "Connection::run_task"})
        assert made.rests(worker) == rests


def test_a_full_disk_is_one_line_and_leaves_the_old_record(stored, monkeypatch, capsys):
    before = stored.read_text()
    monkeypatch.setattr(Bench, "of_project", bench)
    monkeypatch.setattr(cli.scenarios, "load", scenario_of)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(trace.os, "fsync", full)
    assert cli.record(["standin"], False, 1) == 4
    assert one_line(capsys.readouterr().err) and stored.read_text() == before
    assert [p.name for p in stored.parent.iterdir()] == ["standin.json"]


def test_no_record_is_written_where_gdb_may_not_trace(stored, monkeypatch, capsys):
    before = stored.read_text()

    def refuse(*_: object, **__: object):
        raise EnvironmentRefuses("gdb may not trace", "allow it")

    monkeypatch.setattr(session, "record", refuse)
    monkeypatch.setattr(Bench, "of_project", bench)
    monkeypatch.setattr(cli.scenarios, "load", scenario_of)
    assert cli.record(["standin"], False, 1) == 4
    assert one_line(capsys.readouterr().err) and stored.read_text() == before


def test_the_verb_is_known_to_the_shell_and_the_help():
    for language, word in (("en", "call tree"), ("zh", "调用树")):
        ran = subprocess.run([paths.ROOT / "learn", "trace", "--help"], text=True,
                             capture_output=True, env={**os.environ, "LEARN_LANG": language})
        assert word in ran.stdout, ran.stderr
