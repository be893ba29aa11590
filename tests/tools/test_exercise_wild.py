# SPDX-License-Identifier: Apache-2.0
"""Faults that nobody designed: what is made of a body, and what is told of it."""

import pytest

from exercise_helpers import ID, exercise, tree  # noqa: F401 (fixtures)
from learn import start
from learn.exercise import catalogue, cut, wild, workspace
from learn.gates import exercises_wild


def test_each_fault_changes_one_line_of_the_real_body(exercise):
    index = cut.index_of(exercise.root)
    faults = wild.faults([exercise], index, 1000, seed=1)
    symbol = cut.function("toy::clamp", index)
    opening, closing = symbol.body_bytes
    real = (exercise.root / symbol.file).read_bytes()[opening + 1 : closing].decode().split("\n")
    assert len(faults) > 3
    for fault in faults:
        body = fault.body.split("\n")
        assert [n for n, line in enumerate(body) if line != real[n]] == [fault.line]


@pytest.mark.parametrize(("line", "among"), [
    ("  if (a < b)", "  if (a <= b)"), ("  if (a < b)", "  if (false && a < b)"),
    ("  count += 1;", "  count -= 1;"), ("  count += 1;", "  ;"),
    ("  count += 1;", "  count += 2;"),
    ("  return std::min(a, b);", "  return std::max(a, b);"),
])  # fmt: skip
def test_what_a_hurried_hand_writes(line, among):
    assert among in list(wild._changed(line))


@pytest.mark.parametrize("line", ["  // a < b", "  assert(a < b);", "  return x;", "",
                                  "  vector<int> v;"])  # fmt: skip
def test_what_is_no_fault(line):
    assert [now for now in wild._changed(line) if now.strip() != ";"] == []


def test_the_same_seed_gives_the_same_faults(exercise):
    index = cut.index_of(exercise.root)
    assert wild.faults([exercise], index, 5, 7) == wild.faults([exercise], index, 5, 7)


def test_a_fault_that_a_test_lets_through_is_listed(tree):
    sound = exercises_wild.run(tree, "", 40)
    # The folder's own test stays; what only the exercise's test saw is let through.
    test = tree / "exercises" / ID / "tests" / "clamp_test.cpp"
    test.write_text("#include <gtest/gtest.h>\nTEST(Clamp, Nothing) {}\n")
    weak = exercises_wild.run(tree, "", 40)
    assert weak.figures["green"] > sound.figures["green"]
    assert "toy::clamp+" in weak.problems[0].text


def test_learn_alone_says_where_one_was(exercise, monkeypatch, capsys):
    monkeypatch.setattr(catalogue, "whole", lambda: ([exercise], []))
    start.go_on()
    assert capsys.readouterr().out == ""
    workspace.start(exercise, "en")
    start.go_on()
    assert "You were at 01-toy/1-clamp" in capsys.readouterr().out
    workspace.record(exercise, green=True)
    start.go_on()
    assert "./learn list" in capsys.readouterr().out
