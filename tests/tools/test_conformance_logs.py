# SPDX-License-Identifier: Apache-2.0
"""Two logs of one case: what differs is told, unless a row allows just that."""

from __future__ import annotations

from pathlib import Path

from learn.conformance.cuts import SIZE, cuts
from learn.conformance.differences import Row
from learn.conformance.life import play
from learn.conformance.logs import hunks, judge, side_by_side
from learn.conformance.situations import SITUATIONS
from learn.conformance.suite import SuiteResult

ROW = Row(
    id="told",
    suite="life",
    contract="none",
    en="",
    zh="",
    op="the case",
    answers=r"b: ours \| b: theirs",
)


def judged(ours: list[str], theirs: list[str], case: str = "the case") -> SuiteResult:
    result = SuiteResult()
    judge(result, [ROW], case, ours, theirs)
    return result


def test_equal_logs_do_not_differ():
    result = judged(["a", "b"], ["a", "b"])
    assert (result.cases, result.differences, result.documented) == (1, [], {})


def test_a_row_allows_the_place_it_describes():
    result = judged(["a", "b: ours", "c"], ["a", "b: theirs", "c"])
    assert result.differences == []
    assert result.documented == {"told": 1}


def test_a_row_allows_no_other_case_and_no_other_place():
    assert judged(["b: ours"], ["b: theirs"], "another case").differences
    assert judged(["b: ours", "b: ours"], ["b: theirs"]).differences
    assert judged(["b: ours", "c"], ["b: theirs", "c", "c"]).differences


def test_a_line_twice_and_lines_in_another_order_are_seen():
    assert hunks(["a", "a"], ["a"]) == [("a", "-")]
    assert hunks(["a", "b"], ["b", "a"])


def test_the_logs_stand_side_by_side():
    shown = side_by_side(["same", "mine"], ["same", "another"])
    assert shown.splitlines()[1:] == ["  same  same", "! mine  another"]


def test_a_driver_that_dies_is_trouble_in_the_log(tmp_path: Path):
    driver = tmp_path / "driver"
    driver.write_text("#!/bin/sh\nexit 1\n")
    driver.chmod(0o755)
    log = play(driver, SITUATIONS[:1])[SITUATIONS[0].name]
    assert any(line.startswith("trouble: ") for line in log)


def test_every_cut_and_every_situation_has_a_name_of_its_own():
    assert len({cut.name for cut in cuts()}) == len(cuts()) == 8 * (SIZE + 1)
    assert len({one.name for one in SITUATIONS}) == len(SITUATIONS)


def test_lanes_are_free_for_a_reason():
    assert [one.name for one in SITUATIONS if bool(one.free) != bool(one.why_free)] == []
