# SPDX-License-Identifier: Apache-2.0
"""./learn test: which parts run at once, what is remembered, and how it is told."""

import subprocess
import sys
import threading

import pytest

from learn.gates import checking
from learn.testing import memory, parts, schedule, suite
from learn.testing.counting import Count
from learn.testing.parts import Outcome, Part

GOOD = Outcome(Count(passed=1))


def part(name, alone=False, after=(), run=lambda: GOOD, inputs=None):
    return Part(name, run, alone, after, inputs)


def names(found):
    return [one.name for one in found]


def test_two_share_the_machine_and_no_third():
    waiting = [part("a"), part("b"), part("c")]
    assert names(schedule.startable(waiting, [])) == ["a", "b"]
    assert names(schedule.startable(waiting[1:], waiting[:1])) == ["b"]


def test_a_part_that_must_be_alone_is():
    alone = part("alone", alone=True)
    assert names(schedule.startable([alone, part("a")], [])) == ["alone"]
    assert schedule.startable([part("a")], [alone]) == []
    assert names(schedule.startable([alone, part("b")], [part("a")])) == ["b"]


def test_a_part_waits_for_what_it_uses():
    late = part("late", after=("first",))
    assert names(schedule.startable([late, part("first")], [])) == ["first"]
    assert schedule.startable([late], [part("first")]) == []
    assert names(schedule.startable([late], [])) == ["late"]


def test_every_part_runs_once_and_two_really_meet():
    meeting = threading.Barrier(2, timeout=20)
    ran = []
    chosen = [part("a", run=lambda: (meeting.wait() and GOOD) or GOOD),
              part("b", run=lambda: (meeting.wait() and GOOD) or GOOD), part("c", alone=True),
              part("d", run=lambda: 1 / 0)]

    def one(some):
        ran.append(some.name)
        return some.run()

    ended = {some.name: outcome for some, outcome, _ in schedule.run(chosen, one)}
    assert sorted(ran) == sorted(ended) == ["a", "b", "c", "d"]
    assert [name for name, outcome in ended.items() if outcome.reason] == ["d"]
    assert "ZeroDivisionError" in ended["d"].reason


@pytest.fixture
def tree(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.h").write_text("1")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("1")
    return tmp_path


def test_a_key_changes_with_the_inputs_and_only_with_them(tree):
    before = memory.key(("src",), tree)
    assert before and before == memory.key(("src",), tree)
    (tree / "notes" / "a.md").write_text("2")
    assert memory.key(("src",), tree) == before
    (tree / "src" / "a.h").write_text("2")
    changed = memory.key(("src",), tree)
    assert changed != before
    (tree / "src" / "b.h").write_text("2")
    assert memory.key(("src",), tree) not in (before, changed)
    (tree / "src" / "b.h").unlink()
    assert memory.key(("src",), tree) == changed


def test_outside_git_nothing_is_remembered(tmp_path):
    assert memory.key(("src",), tmp_path) == ""
    memory.remember("a", "", tmp_path)
    assert not memory.is_green("a", "", tmp_path)


def test_a_green_part_is_cached_and_a_red_one_never(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "GREEN", tmp_path)
    monkeypatch.setattr(memory, "key", lambda inputs: "one")
    ran = []
    green = part("a", inputs=("src",), run=lambda: ran.append("a") or GOOD)
    red = part("b", inputs=("src",), run=lambda: ran.append("b") or parts.failed("no"))
    never = part("c", run=lambda: ran.append("c") or GOOD)
    once = suite.one(fresh=False)
    assert [once(some) for some in (green, green)] == [GOOD, Outcome(Count(cached=1))]
    assert all(once(some).reason for some in (red, red))
    assert [once(some) for some in (never, never)] == [GOOD, GOOD]
    assert suite.one(fresh=True)(green) == GOOD
    monkeypatch.setattr(memory, "key", lambda inputs: "two")
    assert once(green) == GOOD
    assert ran == ["a", "b", "b", "c", "c", "a", "a"]


def test_the_lanes_of_the_load_tests_have_each_test_once():
    def collected(*options):
        command = [sys.executable, "-m", "pytest", "-q", "--co", "-p", "no:cacheprovider",
                   "--long", parts.TESTS / "load", *options]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return [line for line in told.splitlines() if "::" in line]

    lanes = [collected("-m", expression) for expression in parts.LANES.values()]
    assert all(lanes)
    assert sorted(name for lane in lanes for name in lane) == sorted(collected())


def test_the_lanes_run_side_by_side_after_the_soak_and_one_red_lane_is_a_red_part(monkeypatch):
    meeting = threading.Barrier(len(parts.LANES) - 1, timeout=20)
    ran = []
    told = dict.fromkeys(parts.LANES, GOOD)

    def python(folder, lane):
        ran.append(lane)
        if lane != "soak":
            meeting.wait()
        return told[lane]

    monkeypatch.setattr(parts, "python", python)
    assert parts.load() == Outcome(Count(passed=4))
    assert ran[0] == "soak" and sorted(ran) == sorted(parts.LANES)
    told["others"] = Outcome(Count(passed=2, failed=1), "one is red", "others.log")
    assert parts.load() == Outcome(Count(passed=5, failed=1), "one is red", "others.log")
    told["full"] = parts.failed("it did not start", "full.log", could_not_run=True)
    both = parts.load()
    assert (both.reason, both.log) == ("it did not start; one is red", "full.log")
    assert both.count == Count(passed=4, failed=2) and not both.could_not_run


def test_cached_is_never_called_passed(capsys):
    rows = [("a", GOOD, 1.0), ("b", Outcome(Count(cached=1)), 0.0)]
    assert suite.summarize(rows) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed, 1 cached"


def test_every_gate_is_a_part_and_each_slow_file_is_there():
    assert set(checking.GATES) < set(parts.everything())
    folder = parts.TESTS / "tools"
    assert [name for name in parts.SLOW_FILES if not (folder / name).is_file()] == []


def test_the_quick_run_has_no_sanitizer_and_no_browser():
    assert not {"dev", "tsan", "site", "traces", "conformance", "house"} & set(parts.quick())
    assert {"release", "ledger", "parity"} < set(parts.quick())
