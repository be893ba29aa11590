# SPDX-License-Identifier: Apache-2.0
"""The gate speed: what has grown is red, what is not stored has not passed."""

import copy

import pytest

from learn import cli
from learn.gates import speed
from learn.gates.speed import Measured

GOOD = Measured(
    instructions=dict.fromkeys(speed.PATHS, 1000),
    used={"echo_1k": {"walks": 2000, "allocations": 0, "locks": 4000, "copied": 2000 * 1024},
          "slice_64k": {"walks": 2000, "allocations": 0, "locks": 4000, "copied": 0},
          "pool_1k": {"walks": 2000, "allocations": 0, "locks": 12500, "copied": 2288000}},
    syscalls={"inline": 2.02, "pool": 2.1},
    idle_bytes=1020,
)
KEPT = dict.fromkeys(speed.PATHS, 1000)


def judged(kept=KEPT, **changes):
    measured = copy.deepcopy(GOOD)
    for name, value in changes.items():
        setattr(measured, name, value)
    return speed.judge(measured, "gcc-12", kept)


def test_what_costs_no_more_is_green():
    result = judged()
    assert (result.ok, result.problems) == (True, [])
    assert result.figures["paths"] == len(speed.PATHS)
    assert result.figures["allocations_per_request"] == 0


@pytest.mark.parametrize(("now", "ok"), [(900, True), (1030, True), (1031, False)])
def test_a_path_may_grow_by_three_percent(now, ok):
    result = judged(instructions=GOOD.instructions | {"echo_64": now})
    assert result.ok is ok
    assert result.figures["grown"] == (0 if ok else 1)


def test_a_path_that_is_not_stored_is_red():
    assert not judged(kept={name: 1000 for name in speed.PATHS if name != "mcache"}).ok


def test_a_compiler_without_figures_has_not_passed():
    result = judged(kept=None)
    assert result.could_not_run and result.exit_code() == 4


@pytest.mark.parametrize("changes", [
    {"syscalls": {"inline": 2.2, "pool": 2.1}},
    {"syscalls": {"inline": 2.02, "pool": 4.1}},
    {"idle_bytes": 1025},
    {"used": GOOD.used | {"echo_1k": GOOD.used["echo_1k"] | {"allocations": 2000}}},
    {"used": GOOD.used | {"pool_1k": GOOD.used["pool_1k"] | {"allocations": 2000}}},
    {"used": GOOD.used | {"echo_1k": GOOD.used["echo_1k"] | {"locks": 6000}}},
    {"used": GOOD.used | {"echo_1k": GOOD.used["echo_1k"] | {"copied": 4096 * 1000}}},
    {"used": GOOD.used | {"slice_64k": GOOD.used["slice_64k"] | {"copied": 131072000}}},
])  # fmt: skip
def test_each_count_has_its_bound(changes):
    result = judged(**changes)
    assert (result.ok, len(result.problems)) == (False, 1)


def test_calls_are_summed_without_the_total():
    table = """\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000600           1       600           sendto
 40.00    0.000400           1       400        12 recvfrom
------ ----------- ----------- --------- --------- ----------------
100.00    0.001000           1      1000        12 total
"""
    assert speed.calls(table) == 1000


def test_figures_of_two_compilers_are_kept_apart(monkeypatch, tmp_path):
    monkeypatch.setattr(speed, "FIGURES", tmp_path / "figures.toml")
    assert speed.stored() == {}
    speed.store("gcc-12", {"echo_64": 5})
    speed.store("gcc-14", {"echo_64": 6})
    speed.store("gcc-12", {"echo_64": 7})
    assert speed.stored() == {"gcc-12": {"echo_64": 7}, "gcc-14": {"echo_64": 6}}


def test_write_belongs_to_this_gate(capsys):
    assert cli.main(["check", "house", "--write"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
