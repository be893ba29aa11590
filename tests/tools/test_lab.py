# SPDX-License-Identifier: Apache-2.0
"""lab.toml: one clear line for each mistake."""

import pytest

from exercise_helpers import change
from lab_helpers import tree  # noqa: F401 (a fixture)
from learn.run import bounded
from learn.teacher import expect
from learn.teacher import lab as labs
from learn.teacher.lab import LabError

FILE = "labs/L0-toy/lab.toml"
MISTAKES = {
    'chapters = ["01-toy"]': ('chapters = ["09-none"]', "names chapter 09-none, which does not"),
    'title = {en = "Toys", zh = "玩具"}': ('title = {en = "Toys"}', "title has no zh text"),
    'exercise = "01-toy/2-double"': ('exercise = "01-toy/3-none"', "names exercise 01-toy/3-none"),
    "points = 5": ("points = 0", "points is 0; 1 at least"),
    "points = 4": ("points = 4.5", "parts[2].points must be a whole number"),
    "hidden_points = 3": ("", "has hidden tests or hidden_points; it needs both or none"),
    "clamp_seed_test.cpp": ("no_test.cpp", "hidden/no_test.cpp, which does not exist"),
    "minutes = 60": ("minutes = 65", "takes 95 minutes, 90 at most"),
    "minutes = 30": ("minutes = 0", "minutes is 0; 1 at least"),
    "01-toy/1-clamp/forgets_high": ("01-toy/1-clamp/none", "knows no mutant 01-toy/1-clamp/none"),
    'question = {en = "What of three?", zh = "三呢？"}': ("", "needs question, a dict"),
    "[[report]]": ("[[report", "is not TOML"),
}


def test_a_lab_is_read(tree):
    lab = labs.find("L0", tree)
    assert (lab.name, lab.short, lab.minutes) == ("L0-toy", "L0", 90)
    assert [(part.exercise.id, part.points, part.hidden_points) for part in lab.parts] == [
        ("01-toy/1-clamp", 5, 3), ("01-toy/2-double", 4, 0)]  # fmt: skip
    assert lab.parts[0].hidden == ["labs/L0-toy/hidden/clamp_seed_test.cpp"]


@pytest.mark.parametrize("right", MISTAKES)
def test_a_mistake_is_one_line(tree, right):
    wrong, told = MISTAKES[right]
    change(tree / FILE, right, wrong)
    with pytest.raises(LabError) as problem:
        labs.find("L0", tree)
    assert str(problem.value).startswith(f"{FILE}: ")
    assert told in str(problem.value)
    assert "\n" not in str(problem.value)


def test_two_wrong_ideas_are_too_few(tree):
    text = (tree / FILE).read_text("utf-8")
    (tree / FILE).write_text(text.rpartition("[[wrong_ideas]]")[0], "utf-8")
    with pytest.raises(LabError, match="has 2 wrong_ideas; 3 at least"):
        labs.find("L0", tree)


def test_an_unknown_lab_ends_with_those_that_there_are(tree):
    with pytest.raises(LabError, match="no lab L9; there are: L0-toy"):
        labs.find("L9", tree)


def test_a_busy_machine_gives_the_judge_more_time(tree, monkeypatch):
    """Else a test that had no time to run would count, though the starter passes it."""
    part = labs.find("L0", tree).parts[0]
    known = object.__new__(expect.Known)
    known.part, known.exercise, known.seed = part, part.exercise, 1
    seen = {}
    monkeypatch.setattr(expect.judge, "judge", lambda *_, **given: seen.update(given))
    monkeypatch.setattr(expect.sandbox, "patience", lambda: 4.0)
    known.judged(expect.REFERENCE, {}, expect.LAB)
    assert seen["seconds"] == 4 * bounded.LEARNER.seconds
    assert seen["env"] == {"LAB_SEED": "1"}
