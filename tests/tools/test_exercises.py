# SPDX-License-Identifier: Apache-2.0
"""The gate of the exercises, seen red on faults planted in a tree with one tiny exercise."""

import re
import shutil
from pathlib import Path

import pytest

from exercise_helpers import ID, change, exercise, tree  # noqa: F401 (fixtures)
from learn import paths
from learn.exercise import catalogue, tests
from learn.exercise.model import ExerciseError
from learn.exercise.tree import layers
from learn.gates import exercises as gate

MUTANT = f"exercises/{ID}/mutants/forgets_high.toml"


def prove(tree: Path):
    return gate.prove(tree, variants=("plain",), timed=False)


def test_a_sound_exercise_passes(tree):
    result = prove(tree)
    assert result.problems == []
    assert result.figures == {
        "exercises": 1, "starters_red": 1, "solutions_green": 1,
        "mutants": 1, "killed": 1, "helped": 1, "told_apart": 1, "from_history": 0,
    }  # fmt: skip


def test_a_mutant_that_no_test_kills_is_red(tree):
    test = tree / "exercises" / ID / "tests" / "clamp_test.cpp"
    change(test, "clamp(10, 1, 9), 9", "clamp(9, 1, 9), 9")
    result = prove(tree)
    assert (result.exit_code(), result.figures["killed"]) == (1, 0)
    assert [p.file for p in result.problems] == [MUTANT]
    assert "survives Clamp.TooLargeBecomesTheHighest" in result.problems[0].text


def test_a_mutant_killed_by_another_test_than_it_names_is_red(tree):
    change(tree / MUTANT, "TooLargeBecomesTheHighest", "TooSmallBecomesTheLowest")
    result = prove(tree)
    assert result.figures["killed"] == 0
    assert "tests that fail: Clamp.TooLargeBecomesTheHighest" in result.problems[0].text


def test_a_mutant_that_names_no_test_is_red(tree):
    change(tree / MUTANT, "TooLargeBecomesTheHighest", "NoSuchTest")
    assert "names no test" in prove(tree).problems[0].text


def test_a_starter_that_is_green_is_red(tree):
    change(tree / "exercises" / ID / "exercise.toml", "toy::clamp", "toy::larger")
    result = prove(tree)
    assert result.figures["starters_red"] == 0
    assert "its starter is green, not red" in result.problems[0].text


def test_a_starter_that_does_not_compile_is_red(tree):
    change(tree / "exercises" / ID / "exercise.toml", 'symbol = "toy::clamp"',
           'symbol = "toy::clamp"\nanswer = "return nonsense;"')  # fmt: skip
    assert "starter is does_not_compile" in prove(tree).problems[0].text


def test_a_solution_that_fails_is_red(tree):
    change(tree / "src" / "netpoll" / "toy" / "toy.cpp", "return low", "return low + 1")
    result = prove(tree)
    assert result.figures["solutions_green"] == 0
    assert "Clamp.TooSmallBecomesTheLowest" in result.problems[0].text


def test_a_sanitizer_finds_what_the_plain_build_does_not(tree):
    change(tree / "src" / "netpoll" / "toy" / "toy.cpp", "  if (value < low)",
           "  auto* const gone = new int(value);\n  delete gone;\n"
           "  if (*gone == 12345) return 0;\n  if (value < low)")  # fmt: skip
    result = gate.prove(tree, variants=("plain", "asan"), timed=False)
    assert ["(asan)" in p.text for p in result.problems] == [True]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_missing_help_is_red(tree, language):
    text = (tree / MUTANT).read_text("utf-8")
    (tree / MUTANT).write_text(re.sub(rf"(?m)^{language} = .*$", "", text), "utf-8")
    result = prove(tree)
    assert (result.exit_code(), result.figures["helped"]) == (1, 0)
    assert result.problems[0].text == f"no help in {language}"


def test_no_exercise_at_all_is_red(tree):
    shutil.rmtree(tree / "exercises")
    assert prove(tree).exit_code() == 1


def test_a_slow_verdict_is_red(tree, monkeypatch):
    monkeypatch.setattr(gate.speed, "measure", lambda exercise: (2.5, 2.9))
    result = gate.prove(tree, variants=("plain",))
    assert result.figures["verdict_p50_s"] == 2.5
    assert "edit to verdict" in result.problems[0].text


def test_without_a_compiler_the_gate_could_not_run(tree, monkeypatch):
    monkeypatch.setitem(gate.VARIANTS, "plain", ("no-such-g++",))
    result = prove(tree)
    assert (result.could_not_run, result.exit_code()) == (True, 4)
    assert "no-such-g++ is not installed" in result.problems[0].text


# --- broken exercises: one line each --------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("exercise.toml", 'kind = "fill"', 'kind = "quiz"',
         "kind quiz is unknown; use one of fill, fix, build, explore"),
        ("exercise.toml", 'kind = "fill"', 'kind = "fun"', "kind fun is unknown; use one of fill, fix, build"),
        ("exercise.toml", "minutes = 5", "minutes =", "is not TOML"),
        ("exercise.toml", "minutes = 5", "", "needs minutes, a int"),
        ("exercise.toml", 'zh = "夹住"', 'zh = ""', "title has no zh text"),
        ("exercise.toml", "toy_test.cpp", "gone_test.cpp", "tests/toy/gone_test.cpp: is missing"),
        ("exercise.toml", "toy::clamp", "toy::clmap", "unknown symbol toy::clmap; near: netpoll"),
        ("hints.zh.toml", ', "三"', "", "hints.zh.toml: must have exactly 3 hints"),
        ("mutants/forgets_high.toml", "killed_by", "killer", "needs killed_by, a str"),
    ],
)  # fmt: skip
def test_a_broken_exercise_is_one_line(tree, file, old, new, says):
    change(tree / "exercises" / ID / file, old, new)
    result = prove(tree)
    assert result.exit_code() == 1
    assert len(result.problems) == 1
    assert says in result.problems[0].text
    assert "\n" not in result.problems[0].text


def test_a_missing_readme_is_one_line(tree):
    (tree / "exercises" / ID / "README.zh.md").unlink()
    with pytest.raises(ExerciseError, match=r"README\.zh\.md: is missing"):
        catalogue.load_all(tree)


def test_an_unknown_name_lists_the_exercises(tree):
    with pytest.raises(ExerciseError, match=f"no exercise is called 99; choose from: {ID}"):
        catalogue.find("99", tree)


@pytest.mark.parametrize("name", [ID, "01", "01/1", "01-toy", "1-clamp", "clamp", "toy"])
def test_a_part_of_the_name_is_enough(tree, name):
    assert catalogue.find(name, tree).id == ID


def test_a_leak_is_red_under_the_sanitizer(tree):
    change(tree / "src" / "netpoll" / "toy" / "toy.cpp", "  if (value < low)",
           "  static thread_local volatile int* lost;\n  lost = new int(value);\n"
           "  if (value < low)")  # fmt: skip
    result = gate.prove(tree, variants=("asan",), timed=False)
    assert ["(asan)" in p.text for p in result.problems] == [True]
    assert tests.AFTER in result.problems[0].text


def test_layers_are_read_from_the_build(tree):
    assert layers(tree) == {"base": [], "toy": ["base"]}
    assert layers(paths.ROOT)["mcache"] == ["base"]


def test_two_mutants_that_fail_alike_are_red(tree):
    file = tree / MUTANT
    file.with_name("again.toml").write_text(file.read_text())
    (problem,) = prove(tree).problems
    assert "fails just like again.toml" in problem.text


def test_too_few_wrong_ideas_are_red(tree, monkeypatch):
    monkeypatch.setattr(gate, "MUTANTS_LEAST", 2)
    (problem,) = prove(tree).problems
    assert "has 1 mutants; learners have 2 wrong ideas" in problem.text


def test_an_exercise_without_a_test_of_its_own_is_red(tree):
    (tree / "exercises" / ID / "tests" / "clamp_test.cpp").unlink()
    assert "has no test of its own" in [p.text for p in prove(tree).problems]


def test_a_readme_that_does_not_say_how_to_begin_is_red(tree):
    change(tree / "exercises" / ID / "README.zh.md", "./learn start", "./learn run")
    (problem,) = prove(tree).problems
    assert "README.zh.md does not say ./learn start" in problem.text
