# SPDX-License-Identifier: Apache-2.0
"""A fix, what a closer look finds, and when a wrong idea is told to be a known one."""

import json

import pytest

from exercise_helpers import ID, answer, change, exercise, tree  # noqa: F401 (fixtures)
from learn import cli
from learn.exercise import catalogue, cut, judge, sanitizer, session, show, workspace
from learn.exercise.model import ExerciseError
from learn.gates.exercises import prove

FIX = '''
kind = "fix"
folder = "toy"
folder_tests = ["toy_test.cpp"]
minutes = 5
stars = 1
prerequisites = []
after = {en = "Why?", zh = "为什么？"}
title = {en = "Clamp", zh = "夹住"}

[[planted]]
symbol = "toy::clamp"
body = """
  if (value < low) return low;
  return value >= high ? low : value;
"""

[story]
en = "It happened in 1999."
zh = "1999 年发生过。"
'''
RIGHT = "  return value < low ? low : value > high ? high : value;"


@pytest.fixture
def fix(tree):
    (tree / "exercises" / ID / "exercise.toml").write_text(FIX, "utf-8")
    return catalogue.find("clamp", tree)


def test_the_starter_of_a_fix_is_the_real_file_with_the_bug(fix):
    text = cut.starter(fix, cut.index_of(fix.root), "en")["src/netpoll/toy/toy.cpp"]
    real = (fix.root / "src" / "netpoll" / "toy" / "toy.cpp").read_text()
    assert text == real.replace("value > high ? high", "value >= high ? low")


def test_a_fix_proves_itself_as_a_fill_does(fix):
    result = prove(fix.root, variants=("plain",), timed=False)
    assert (result.problems, result.figures["starters_red"]) == ([], 1)


def test_a_fix_whose_bug_no_test_sees_is_red(fix):
    change(fix.directory / "exercise.toml", "value >= high ? low", "value > high ? high")
    (problem,) = prove(fix.root, variants=("plain",), timed=False).problems
    assert "its starter is green, not red" in problem.text


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[[planted]]", "[[bug]]", "needs planted, a list"),
        ('zh = "1999 年发生过。"', "", "story has no zh text"),
        ('kind = "fix"', 'kind = "fix"\nholes = []', "has holes, which its kind does not know"),
        ('kind = "fix"', 'kind = "fill"\nholes = []', "needs holes, one at least"),
    ],
)
def test_a_broken_fix_is_one_line(fix, old, new, says):
    change(fix.directory / "exercise.toml", old, new)
    with pytest.raises(ExerciseError, match=says):
        catalogue.load_all(fix.root)


def learn(*words: str) -> int:
    return cli.main([*words])


@pytest.fixture
def from_here(tree, monkeypatch):
    """The verbs find the tree's exercise."""
    found = catalogue.find("clamp", tree)
    monkeypatch.setattr(catalogue, "find", lambda name, root=None: found)
    return found


def test_a_fix_that_is_green_and_clean_tells_its_story(fix, from_here, capsys):
    workspace.start(from_here, "en")
    answer(from_here, RIGHT)
    assert learn("run", ID) == 0
    assert "It happened in 1999." in capsys.readouterr().out


def test_the_story_is_not_told_before(fix, from_here, capsys):
    workspace.start(from_here, "en")
    assert learn("run", ID) == 1
    assert "1999" not in capsys.readouterr().out


# --- a build --------------------------------------------------------------------------

BUILD = '''
kind = "build"
folder = "toy"
folder_tests = []
minutes = 5
stars = 1
prerequisites = []
after = {en = "Why?", zh = "为什么？"}
title = {en = "Sum", zh = "求和"}
'''
HEADER = "#pragma once\nint sum(int a, int b);\n"
SUM = '#include "sum.h"\nint sum(int a, int b) { return a + b; }\n'
SUM_TEST = '''
#include <gtest/gtest.h>
#include "sum.h"
TEST(Sum, OfTwo) { EXPECT_EQ(sum(2, 3), 5); }
'''
WRONG = '''
killed_by = "Sum.OfTwo"
help = {en = "That is a difference.", zh = "这是差。"}
[[edits]]
file = "sum.cpp"
find = "a + b"
replace = "a - b"
'''


@pytest.fixture
def build(tree):
    """An exercise whose answer is a function in files of its own."""
    home = tree / "exercises" / ID
    for name, text in {"exercise.toml": BUILD, "start/sum.h": HEADER,
                       "start/sum.cpp": SUM.replace("a + b", "0"), "solution/sum.h": HEADER,
                       "solution/sum.cpp": SUM, "tests/clamp_test.cpp": SUM_TEST,
                       "mutants/forgets_high.toml": WRONG}.items():  # fmt: skip
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(text, "utf-8")
    return catalogue.find("clamp", tree)


def test_a_build_proves_itself(build):
    result = prove(build.root, variants=("plain", "asan"), timed=False)
    assert result.problems == []
    assert (result.figures["starters_red"], result.figures["killed"]) == (1, 1)


def test_the_files_of_a_build_lie_in_the_workspace_by_their_names(build, from_here, capsys):
    written = workspace.start(build, "en")
    home = workspace.folder(build)
    assert written == [home / "sum.cpp", home / "sum.h"]
    written[0].write_text(SUM.replace("a + b", "a + c"), "utf-8")
    assert learn("run", ID) == 2
    assert f"{home}/sum.cpp:2" in capsys.readouterr().out
    written[0].write_text(SUM, "utf-8")
    assert learn("run", ID) == 0
    assert "letter by letter" in (learn("solution", ID), capsys.readouterr().out)[1]


def test_a_build_that_is_a_program_is_run_by_its_tests(build):
    home = build.directory
    change(home / "exercise.toml", "minutes = 5", "minutes = 5\nprogram = true")
    for folder, status in (("start", 1), ("solution", 0)):
        (home / folder / "sum.cpp").write_text(f"int main() {{ return {status}; }}\n", "utf-8")
    (home / "tests" / "clamp_test.cpp").write_text(
        '#include <gtest/gtest.h>\n#include <cstdlib>\nTEST(Program, Ends) '
        '{ EXPECT_EQ(std::system(std::getenv("LEARN_PROGRAM")), 0); }\n', "utf-8")
    (home / "mutants" / "forgets_high.toml").write_text(
        WRONG.replace("Sum.OfTwo", "Program.Ends").replace("a + b", "return 0")
        .replace("a - b", "return 3"), "utf-8")
    result = prove(build.root, variants=("plain",), timed=False)
    assert result.problems == []
    assert (result.figures["starters_red"], result.figures["killed"]) == (1, 1)


def test_an_edit_that_does_not_fit_is_one_line(build):
    change(build.directory / "mutants" / "forgets_high.toml", "a + b", "a * b")
    (problem,) = prove(build.root, variants=("plain",), timed=False).problems
    assert "'a * b' stands 0 times in exercises/01-toy/1-clamp/solution/sum.cpp" in problem.text


def test_a_build_without_a_start_is_one_line(build):
    (build.directory / "start" / "sum.h").unlink()
    with pytest.raises(ExerciseError, match="must have the same files"):
        catalogue.load_all(build.root)


# --- a closer look --------------------------------------------------------------------

OVERFLOW = """  auto* const kept = new int[1];
  kept[value < low ? 1 : 0] = value;
  delete[] kept;
""" + RIGHT


def test_green_by_luck_is_not_green(exercise, from_here, capsys):
    answer(exercise, OVERFLOW)
    assert learn("run", ID) == 1
    shown = capsys.readouterr().out
    assert "the tests pass, but only by luck" in shown
    assert "past the end of a block: src/netpoll/toy/toy.cpp:" in shown
    assert not workspace.progress(exercise)["green"]


def test_quick_does_not_look_closer(exercise, from_here, capsys):
    answer(exercise, OVERFLOW)
    assert learn("run", ID, "--quick") == 0
    assert "luck" not in capsys.readouterr().out


def test_as_json_a_closer_look_is_a_part_of_the_verdict(exercise, from_here, capsys):
    answer(exercise, OVERFLOW)
    assert learn("run", ID, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["clean"], told["exit"]) == ("green", False, 1)
    assert "past the end" in told["found"][0]


def test_a_crash_is_told_with_its_place(exercise, from_here, capsys):
    answer(exercise, "  int* const none = nullptr;\n  return value < low ? low : *none;")
    assert learn("run", ID) == 1
    assert "(a null pointer?): src/netpoll/toy/toy.cpp:" in capsys.readouterr().out


def test_a_leak_is_not_green(exercise, from_here, capsys):
    lose = "  static thread_local volatile int* lost;\n  lost = new int(value);\n"
    answer(exercise, lose + RIGHT)
    assert learn("run", ID) == 1
    assert "memory is never given back" in capsys.readouterr().out


def test_undefined_behaviour_is_told_in_its_own_words(exercise):
    answer(exercise, "  volatile int most = 2147483647;\n  most = most + value + 1;\n" + RIGHT)
    closer = session.look_closer(exercise)
    assert not closer.clean
    assert "undefined behaviour: signed integer overflow" in closer.sentences[0]


def test_what_is_no_report_is_no_finding(tmp_path):
    assert sanitizer.finding("Expected: 1\n  Actual: 2", tmp_path) is None


# --- known ideas ----------------------------------------------------------------------


def test_the_same_tests_with_other_words_are_another_idea(exercise):
    """forgets_high returns 10 for 10; this returns 11."""
    answer(exercise, "  return value < low ? low : value > high ? value + 1 : value;")
    assert session.verdict_of(exercise).mutant is None


def test_two_known_ideas_that_fail_alike_are_none(exercise):
    mutants = exercise.directory / "mutants"
    twin = (mutants / "forgets_high.toml").read_text("utf-8")
    (mutants / "twin.toml").write_text(twin, "utf-8")
    answer(exercise, "  if (value > low) return value;\n  return low;")
    both = catalogue.find("clamp", exercise.root)
    assert len(both.mutants) == 2
    assert session.verdict_of(both).mutant is None


def test_a_known_idea_is_told_as_a_guess(exercise):
    answer(exercise, "  if (value > low) return value;\n  return low;")
    assert "Perhaps it is yours" in "\n".join(show.lines(session.verdict_of(exercise), workspace.folder(exercise)))


# --- hints, and which exercise is meant -----------------------------------------------


def test_a_hint_that_was_given_can_be_read_again(exercise, from_here, capsys):
    workspace.start(exercise, "en")
    assert learn("hint", ID) == 0
    first = capsys.readouterr().out
    assert learn("hint", "1") == 0
    assert capsys.readouterr().out == first
    assert workspace.hints_given(exercise) == 1
    assert learn("hint", "2") == 2
    assert "hint 2 was not given yet" in capsys.readouterr().err


def test_the_exercise_run_last_is_the_current_one(exercise, monkeypatch):
    workspace.start(exercise, "en")
    workspace.remember_current(exercise)
    state = workspace._state()
    workspace._write({**state, "current": "02-other/1-more"})
    judge.judge(exercise, None, "solution")
    session.verdict_of(exercise)
    assert workspace.current() == ID
