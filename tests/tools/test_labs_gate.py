# SPDX-License-Identifier: Apache-2.0
"""The gate of the labs, seen red on planted faults."""

import pytest

from exercise_helpers import change
from lab_helpers import tree, workshop  # noqa: F401 (fixtures)
from learn import paths
from learn.gates import labs as gate
from learn.gates import labs_inputs
from learn.teacher import prove
from learn.teacher.prove import Proof

FILE = "labs/L0-toy/lab.toml"


@pytest.fixture
def harmless(monkeypatch):
    """The hostile submissions have tests of their own, and take minutes."""
    monkeypatch.setattr(prove, "attack", lambda *_: Proof(hostile=29))


def check(tree, workshop, formats=("dir",)):
    return gate.check(gate.Work(tree, workshop, formats))


def test_a_sound_lab_passes(tree, workshop, harmless, monkeypatch):
    result = check(tree, workshop)
    assert result.problems == []
    assert result.figures == {
        "labs": 1, "packs_ok": 1, "answers": 5, "ideas_named": 3, "hostile_submissions": 29,
        "hostile_harm": 0, "minutes": {"L0": 90}}  # fmt: skip
    monkeypatch.setattr(prove, "prove", lambda *_: Proof(problems=["not remembered"]))
    assert check(tree, workshop).ok
    change(tree / FILE, "points = 5", "points = 6")
    assert [p.text for p in check(tree, workshop).problems] == ["not remembered"]


def test_a_lab_of_95_minutes_is_red(tree, workshop, harmless):
    change(tree / FILE, "minutes = 60", "minutes = 65")
    result = check(tree, workshop)
    assert not result.ok
    assert (result.problems[0].file, result.problems[0].text) == (
        FILE, "takes 95 minutes, 90 at most; shorten its timeline")  # fmt: skip


def test_a_lab_whose_real_source_fails_its_hidden_tests_is_red(tree, workshop, harmless):
    change(tree / "labs/L0-toy/hidden/clamp_seed_test.cpp", "low, low + 9), low)",
           "low, low + 9), low + 1)")  # fmt: skip
    result = check(tree, workshop)
    assert (result.ok, result.figures["packs_ok"]) == (False, 0)
    assert "the real source is red with the hidden tests: ClampSeeded.BelowIsTheLowest" in str(
        result.problems[0])


def test_hidden_tests_that_the_starter_passes_are_red(tree, workshop, harmless):
    test = tree / "labs/L0-toy/hidden/clamp_seed_test.cpp"
    test.write_text("#include <gtest/gtest.h>\nTEST(ClampSeeded, Is) { EXPECT_TRUE(true); }\n")
    assert "its starter passes every hidden test" in str(check(tree, workshop).problems[0])


def test_wrong_ideas_that_fail_alike_are_red(tree, workshop, harmless):
    """The same tests with the same words: no grade can tell which of the two it is."""
    mutants = tree / "exercises/01-toy/2-double/mutants"
    twin = (mutants / "adds_two.toml").read_text("utf-8").replace("2 + number", "number + 2")
    (mutants / "adds_two_behind.toml").write_text(twin)
    result = check(tree, workshop)
    assert (result.ok, result.figures["packs_ok"], result.figures["ideas_named"]) == (False, 0, 2)
    assert "the grade of mutant-adds_two names no idea: another mutant of 01-toy/2-double" in str(
        result.problems[0])


def test_harm_is_red_and_too_few_hostile_ones_too(tree, workshop, monkeypatch):
    monkeypatch.setattr(prove, "attack", lambda *_: Proof(
        hostile=3, harm=1, problems=["hostile hangs: it has 5 points, not 0.0"]))  # fmt: skip
    result = check(tree, workshop, formats=())
    assert not result.ok
    assert result.figures["hostile_harm"] == 1
    assert len(result.problems) == 2
    assert all("5 points" in p.text or "fewer than 12" in p.text for p in result.problems)


def test_a_tree_without_labs_is_red(tmp_path):
    assert gate.check(gate.Work(tmp_path, tmp_path, ("dir",))).problems[0].text == "there is no lab"


def test_what_a_proof_depends_on_is_there(tree, workshop):
    """And nothing else: an edit of a page or of a class's report proves no pack again."""
    seen = {str(file.relative_to(paths.TOOLS)) for file in labs_inputs.tools()}
    wanted = {"grader/score.py", "grader/harness.cpp", "learn/exercise/judge.py",
              "learn/exercise/prelude.h", "learn/run/keeper.py", "learn/teacher/hostile/hangs.cpp",
              "learn/teacher/layouts/dir.py", "learn/teacher/prove.py"}  # fmt: skip
    aside = {"learn/teacher/report.py", "learn/teacher/slides.py", "learn/teacher/class_run.py",
             "learn/exercise/show.py"}  # fmt: skip
    assert (wanted - seen, aside & seen) == (set(), set())
    lab = gate.labs.find("L0", tree)
    work = gate.Work(tree, workshop, ("dir",))
    before = gate._key(work, lab)
    (tree / "labs/L0-toy/handout.en.md").write_text("A page changes no mark.\n")
    (tree / "tests/labs/other_test.cpp").write_text("// Of no part.\n")
    assert gate._key(work, lab) == before
    change(tree / "labs/L0-toy/hidden/clamp_seed_test.cpp", "low - 1", "low - 2")
    hidden = gate._key(work, lab)
    assert hidden != before
    change(tree / "src/netpoll/toy/toy.cpp", "return low", "return  low")
    assert gate._key(work, lab) not in (before, hidden)
