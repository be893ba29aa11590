# SPDX-License-Identifier: Apache-2.0
"""The fault sweep: its table, what a cell has come to, and what makes the gate red."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from learn.faults import calls, play, table, verdict
from learn.gates import faults as gate

WHOLE = {"told_by": "", "error": 0, "error_text": "", "hangs": [], "lost": 0, "whole": 3,
         "closed": 0, "served": 1, "fds": 0, "threads": 0, "block_bytes": 0, "objects": 4,
         "log": [], "injected": 1, "calls": {}}
ROW = {"call": "accept4", "faults": ["EMFILE"], "scenes": ["echo"], "outcome": "logged",
       "why": "It pauses."}


def cell(**other: object) -> table.Cell:
    return next(table.cells([table.row_of(ROW | other, {})]))


def found(said: dict | None = None, status: str = "exit 0", **other: object) -> list[str]:
    """The figures that count what is wrong with a cell that has said this."""
    told = play.Told(status, WHOLE | said if said is not None else {}, "line one\nlast line")
    return [one.kind for one in verdict.faults(told, 4, cell(**other))]


def test_the_table_is_large_and_every_cell_has_its_own_name():
    all_cells = list(table.cells(table.rows()))
    assert len(all_cells) >= 600
    assert len({one.row.call.split(".")[0] for one in all_cells}) >= 14
    assert len({one.name for one in all_cells}) == len(all_cells)
    assert {one.runner for one in all_cells} == set(table.RUNNERS)


def test_every_failure_that_the_manual_lists_has_a_row_or_a_reason():
    manual = table.manual()["call"]
    assert list(table.uncovered(table.rows(), manual)) == []
    without = [row for row in table.rows() if row.call != "flock"]
    missing = {name for _, name in table.uncovered(without, manual)}
    assert missing == {"EINTR", "EWOULDBLOCK", "ENOLCK"}


@pytest.mark.parametrize(("fault", "rule"), [
    ("EINTR", f"refuse={errno.EINTR}"),
    ("EINTR after", f"lose={errno.EINTR}"),
    ("value ECONNREFUSED", f"value={errno.ECONNREFUSED}"),
    ("short 7", "short=7"),
    ("none", "none"),
    ("EAI_AGAIN", "refuse=-3"),
])  # fmt: skip
def test_a_fault_is_a_rule_of_the_injector(fault, rule):
    assert cell(faults=[fault]).rule == f"accept4:{rule}:1"


def test_a_second_failure_is_of_the_next_call():
    then = cell(call="send", faults=["EAGAIN then EPIPE"], which=["2"])
    assert then.rule == "send:refuse=11:2;send:refuse=32:3"
    assert then.name == "send:EAGAIN-then-EPIPE:2/echo/pool"


@pytest.mark.parametrize("wrong", [{"faults": ["ENOSUCH"]}, {"outcome": "fine"},
                                   {"because": "no such key"}])
def test_a_row_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(table.TableError):
        assert cell(**wrong).rule


def test_a_cell_may_not_be_in_two_rows():
    row = table.row_of(ROW, {})
    with pytest.raises(table.TableError):
        list(table.cells([row, row]))


def test_what_was_expected_is_no_fault():
    assert found({"log": ["accept: Too many open files"]}) == []
    assert found({}, outcome=["closed", "whole"]) == []


@pytest.mark.parametrize(("said", "kind"), [
    ({}, "unexpected"),
    ({"log": ["x"], "hangs": ["bytes"]}, "hangs"),
    ({"log": ["x"], "lost": 3}, "lost_bytes"),
    ({"log": ["x"], "fds": 1}, "leaks"),
    ({"log": ["x"], "threads": 1}, "leaks"),
    ({"log": ["x"], "block_bytes": 8192}, "leaks"),
    ({"log": ["x"], "objects": 5}, "leaks"),
    ({"log": ["x"], "served": 0}, "unserved"),
    ({"log": ["x"], "closed": 1}, "unexpected"),
    ({"log": ["x"], "injected": 0}, "not_injected"),
])  # fmt: skip
def test_each_fault_of_the_library_is_seen(said, kind):
    assert found(said) == [kind]


def test_a_process_that_ends_or_hangs_has_failed():
    assert found(None, "signal 6") == ["crashes"]
    assert found(None, "exit 3") == ["crashes"]
    assert found(None, "time") == ["hangs"]


def test_the_caller_must_be_told_the_very_error_and_the_scene_must_work_again():
    told = {"told_by": "listen", "error": errno.EMFILE, "again": WHOLE}
    assert found(told, outcome="told by listen") == []
    assert found(told | {"error": errno.EPERM}, outcome="told by listen") == ["unexpected"]
    other = {"outcome": "told by listen", "error": "EPERM"}
    assert found(told | {"error": errno.EPERM}, **other) == []
    again = WHOLE | {"hangs": ["bytes"]}
    assert found(told | {"again": again}, outcome="told by listen") == ["hangs"]
    closed = WHOLE | {"closed": 1}
    assert found(told | {"again": closed}, outcome="told by listen") == ["unexpected"]


def test_a_new_system_call_of_the_library_is_seen():
    manual = table.manual()
    assert calls.unknown({"accept4", "memcpy", "std::filesystem::absolute"}, manual) == []
    assert calls.unknown({"accept4", "splice"}, manual) == ["splice"]
    assert [problem.text for problem in gate.gaps(table.rows(), manual, {"splice"})]
    assert calls.is_of_interest("epoll_pwait2")
    assert calls.is_of_interest("std::filesystem::remove")
    assert not calls.is_of_interest("std::filesystem::__cxx11::path::_M_split_cmpts")
    assert not calls.is_of_interest("netpoll::Poller::run")
    assert not calls.is_of_interest("__assert_fail")


def stub(folder: Path, body: str) -> Path:
    """A fault_scenes whose answer to each line is what `body` makes of it."""
    program = folder / "fault_scenes"
    program.write_text("#!/usr/bin/env python3\nimport json, sys\n"
                       "for number, line in enumerate(sys.stdin):\n"
                       "    name, *rest = line.split()\n"
                       f"    {body}\n"
                       "    print(json.dumps(answer), flush=True)\n")
    program.chmod(0o755)
    return folder


def answer(said: dict) -> str:
    output = json.dumps(json.dumps(said, separators=(",", ":")) + "\n")
    return f"answer = {{'id': name, 'status': 'exit 0', 'output': {output}}}"


def test_cells_are_played_in_batches_until_it_is_enough(tmp_path):
    bin_ = stub(tmp_path, answer(WHOLE))
    plays = [play.Play(str(number), "echo", "pool", "recv:none:1") for number in range(20)]
    seen = []
    play.play_all(bin_, plays, lambda one, told: seen.append((one.name, told.injected)) or True)
    assert sorted(seen) == sorted((str(number), 1) for number in range(20))
    seen.clear()
    play.play_all(bin_, plays, lambda one, told: seen.append(one.name) or len(seen) < 5)
    assert 5 <= len(seen) <= 5 + play.BATCHES


def test_a_cell_without_its_fault_is_played_again_and_then_counts_as_wrong(tmp_path):
    bin_ = stub(tmp_path, answer(WHOLE | {"injected": 0}))
    seen = []
    play.play_all(bin_, [play.Play("1", "echo", "pool", "recv:none:9")],
                  lambda one, told: seen.append(told) or True)
    assert [told.injected for told in seen] == [0]
    assert [one.kind for one in verdict.faults(seen[0], 4, cell())] == ["not_injected"]


def test_a_batch_that_ends_is_an_error(tmp_path):
    bin_ = stub(tmp_path, "sys.exit(1)")
    with pytest.raises(play.Broken):
        play.play_all(bin_, [play.Play("1", "echo", "pool")], lambda one, told: True)


def test_a_library_that_hangs_everywhere_is_not_swept_to_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(gate, "HANGS_MAX", 3)
    bin_ = stub(tmp_path, answer(WHOLE | {"hangs": ["bytes"]}))
    sweep = gate.Sweep(list(table.cells(table.rows()))[:40])
    gate.sweep_all(bin_, sweep)
    assert sweep.figures["hangs"] >= 3
    assert sweep.figures["injections"] < 40
    assert any("not played" in problem.text for problem in sweep.problems)
