# SPDX-License-Identifier: Apache-2.0
"""After green: the folder's own tests. What else a learner's file does must go on."""

import json

import pytest

from exercise_helpers import ID, answer, exercise, tree  # noqa: F401 (fixtures)
from learn import cli, paths
from learn.exercise import catalogue, guards, judge, session, workspace

RIGHT = "  return value < low ? low : value > high ? high : value;"
# Right for all that the exercise's tests ask, and wrong for a range of one number.
NARROW = "  if (low == high) return 0;\n" + RIGHT
GUARD = """\
#include <gtest/gtest.h>
#include "netpoll/toy/toy.h"
TEST(Range, OfOneNumber) { EXPECT_EQ(netpoll::toy::clamp(1, 4, 4), 4) << "four and four"; }
"""


@pytest.fixture
def guarded(exercise, monkeypatch):
    (exercise.root / "tests" / "toy" / "range_test.cpp").write_text(GUARD)
    (exercise.root / "tests" / "toy" / "range_stress_test.cpp").write_text("#error never built\n")
    monkeypatch.setattr(catalogue, "find", lambda name, root=None: exercise)
    return exercise


def test_they_are_the_folders_tests_that_the_verdict_has_not_run(guarded):
    assert [f.name for f in guards.files(guarded)] == ["range_test.cpp"]


def test_a_right_answer_breaks_nothing(guarded):
    answer(guarded, RIGHT)
    assert session.verdict_of(guarded).verdict == judge.GREEN
    assert session.look_closer(guarded).clean


def test_what_breaks_something_else_is_taken_back_and_told(guarded, capsys):
    answer(guarded, NARROW)
    assert cli.main(["run", ID]) == 1
    said = capsys.readouterr().out
    assert "do not any more" in said
    assert "Range.OfOneNumber" in said
    assert "four and four" in said
    assert not workspace.progress(guarded)["green"]


def test_the_verdict_as_json_has_it_too(guarded, capsys):
    answer(guarded, NARROW)
    assert cli.main(["run", ID, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["clean"]) == ("green", False)
    assert told["found"] == ["Range.OfOneNumber"]


def test_of_the_project_every_fill_and_fix_has_guards_or_runs_them_all():
    for one in catalogue.load_all(paths.ROOT):
        if one.kind in ("fill", "fix"):
            assert guards.files(one) or one.folder_tests, one.id


def test_a_test_of_the_folder_that_does_not_compile_any_more_is_told(guarded, capsys):
    file = guarded.root / "tests" / "toy" / "range_test.cpp"
    file.write_text(GUARD.replace("clamp(1, 4, 4)", "clamp_to(1, 4, 4)"))
    answer(guarded, RIGHT)
    assert cli.main(["run", ID]) == 1
    said = capsys.readouterr().out
    assert "does not compile any more" in said
    assert "clamp_to" in said
    assert not workspace.progress(guarded)["green"]
