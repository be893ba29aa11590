# SPDX-License-Identifier: Apache-2.0
"""Exercises on a tree with one tiny one: verdicts, and a gate seen red on planted faults."""

import json
import re
import shutil
from pathlib import Path

import pytest

from learn import paths
from learn.exercise import cut, judge, model, session, show, tests, workspace
from learn.exercise.model import ExerciseError
from learn.exercise.tree import layers, write_files
from learn.gates import exercises as gate

SAMPLE = Path(__file__).parent / "data" / "exercise_tree"
ID = "01-toy/1-clamp"
MUTANT = f"exercises/{ID}/mutants/forgets_high.toml"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A copy that a test may break; objects that are alike are compiled once for all tests."""
    shutil.copytree(SAMPLE, tmp_path / "tree")
    monkeypatch.setattr(judge, "STORE", tmp_path / "store")
    prelude = paths.BUILD / "exercise" / "prelude"
    prelude.mkdir(parents=True, exist_ok=True)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "prelude").symlink_to(prelude)
    monkeypatch.setenv("LEARN_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("LEARN_LANG", "en")
    return tmp_path / "tree"


@pytest.fixture
def exercise(tree):
    return model.find("clamp", tree)


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def prove(tree: Path):
    return gate.prove(tree, variants=("plain",), timed=False)


def answer(exercise, body: str, include: str = "") -> None:
    """Writes what a learner might: the real file with another body in the hole."""
    idea = model.Mutant("idea", "", "toy::clamp", "", body, {})
    changed = cut.mutated(exercise, idea, cut.index_of(exercise.root))
    head = '#include "netpoll/base/check.h"\n' + include + "\n"
    changed = {name: head + text for name, text in changed.items()}
    write_files(workspace.folder(exercise), changed)


# --- the gate, and the faults it must see ---------------------------------------------


def test_a_sound_exercise_passes(tree):
    result = prove(tree)
    assert result.problems == []
    assert result.figures == {
        "exercises": 1, "starters_red": 1, "solutions_green": 1,
        "mutants": 1, "killed": 1, "helped": 1,
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
        ("exercise.toml", 'kind = "fill"', 'kind = "fix"', "kind fix is not built yet; use fill"),
        ("exercise.toml", 'kind = "fill"', 'kind = "fun"', "kind fun is unknown; use fill"),
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
        model.load_all(tree)


def test_an_unknown_name_lists_the_exercises(tree):
    with pytest.raises(ExerciseError, match=f"no exercise is called 99; choose from: {ID}"):
        model.find("99", tree)


@pytest.mark.parametrize("name", [ID, "01", "01/1", "01-toy", "1-clamp", "clamp", "toy"])
def test_a_part_of_the_name_is_enough(tree, name):
    assert model.find(name, tree).id == ID


# --- the learner ----------------------------------------------------------------------


def test_the_starter_is_the_real_file_around_the_hole(exercise):
    text = cut.starter(exercise, cut.index_of(exercise.root), "zh")["src/netpoll/toy/toy.cpp"]
    assert "  // 范围里最近的数。\n" in text
    assert '  check(false, "exercise 01-toy/1: fill in clamp");\n  return {};\n}' in text
    real = (exercise.root / "src" / "netpoll" / "toy" / "toy.cpp").read_text().splitlines()
    kept = [line for line in real if "return" not in line]
    assert [line for line in text.splitlines() if line in kept] == kept


def test_start_does_not_overwrite_and_reset_keeps_the_old_file(exercise):
    (file,) = workspace.start(exercise, "en")
    file.write_text("mine")
    with pytest.raises(ExerciseError, match="is started already; go on: ./learn watch"):
        workspace.start(exercise, "en")
    assert file.read_text() == "mine"
    assert [f.name for f in workspace.reset(exercise, "en")] == ["toy.cpp.bak-1"]
    assert [f.name for f in workspace.reset(exercise, "en")] == ["toy.cpp.bak-2"]
    assert file.with_name("toy.cpp.bak-1").read_text() == "mine"
    assert "fill in clamp" in file.read_text()


def test_a_run_before_start_says_what_to_do(exercise):
    with pytest.raises(ExerciseError, match="is not started: ./learn start"):
        session.verdict_of(exercise)


def test_the_starter_is_red_and_names_the_hole(exercise):
    workspace.start(exercise, "en")
    verdict = session.verdict_of(exercise)
    assert (verdict.verdict, verdict.exit_code, len(verdict.outcomes)) == ("red", 1, 3)
    assert {o.status for o in verdict.outcomes} == {tests.CRASHED}
    assert "exercise 01-toy/1: fill in clamp" in "\n".join(show.lines(verdict))
    assert verdict.mutant is None


@pytest.mark.parametrize(("language", "helping"),
                         [("en", "Nothing stops a large number."), ("zh", "大数没有被拦住。")])  # fmt: skip
def test_a_known_wrong_idea_is_recognised(exercise, monkeypatch, language, helping):
    monkeypatch.setenv("LEARN_LANG", language)
    answer(exercise, "  if (value > low) return value;\n  return low;")
    verdict = session.verdict_of(exercise)
    assert verdict.to_dict(exercise, language)["help"] == helping
    shown = "\n".join(show.lines(verdict))
    assert "✗ Clamp.TooLargeBecomesTheHighest" in shown
    assert "Which is: 10" in shown
    assert helping in shown


def test_another_wrong_idea_is_not_taken_for_a_known_one(exercise):
    answer(exercise, "  (void)low, (void)high;\n  return value;")
    verdict = session.verdict_of(exercise)
    assert (verdict.verdict, verdict.mutant) == ("red", None)


def test_a_right_answer_is_green_and_opens_the_solution(exercise):
    workspace.start(exercise, "en")
    assert not workspace.may_see_solution(exercise)
    answer(exercise, "  return value < low ? low : value > high ? high : value;")
    verdict = session.verdict_of(exercise)
    assert (verdict.verdict, verdict.exit_code) == ("green", 0)
    assert workspace.may_see_solution(exercise)
    assert "+  if (value < low) return low;" in workspace.solution_diff(exercise)


def test_what_does_not_compile_shows_the_compilers_words(exercise):
    answer(exercise, "  return valeu;")
    verdict = session.verdict_of(exercise)
    assert (verdict.verdict, verdict.exit_code) == ("does_not_compile", 2)
    assert "valeu" in "\n".join(show.lines(verdict))


def test_a_loop_without_end_is_a_timeout(exercise):
    answer(exercise, "  for (volatile int i = value; low < high; i = i + 1) {}\n  return 0;")
    verdict = judge.judge(exercise, workspace.folder(exercise), "yours", seconds=1.0)
    assert (verdict.verdict, verdict.exit_code) == ("timeout", 3)
    assert verdict.seconds < 60


def test_three_hints_one_at_a_time_and_then_the_solution(exercise):
    given = [workspace.next_hint(exercise, "zh") for _ in range(4)]
    assert given == [(1, "一"), (2, "二"), (3, "三"), (3, "三")]
    assert workspace.may_see_solution(exercise)


def test_an_edited_header_reaches_every_file_that_includes_it(exercise, tmp_path):
    write_files(tmp_path / "overlay", {"src/netpoll/toy/toy.h": "#error planted\n"})
    assert judge.judge(exercise, tmp_path / "overlay", "x").verdict == "does_not_compile"


RIGHT = "return value < low ? low : value > high ? high : value;"


def test_files_without_a_hole_do_not_count(exercise):
    answer(exercise, "  return value;")
    write_files(workspace.folder(exercise), {
        "src/netpoll/toy/toy.h": "#error planted\n", "tests/toy/toy_test.cpp": "",
        f"exercises/{ID}/tests/clamp_test.cpp": "#include <gtest/gtest.h>\nTEST(A, B) {}\n"})
    verdict = session.verdict_of(exercise)
    assert (verdict.verdict, len(verdict.outcomes)) == ("red", 3)


@pytest.mark.parametrize("away", [lambda f: f.rename(f.with_suffix(".cc")),
                                  lambda f: (f.with_name("notes.h").touch(), f.unlink())])
def test_a_file_that_is_gone_is_no_right_answer(exercise, away):
    answer(exercise, "  return value;")
    file = workspace.folder(exercise) / "src" / "netpoll" / "toy" / "toy.cpp"
    file.with_name("more.h").touch()
    away(file)
    for judged in (session.verdict_of, workspace.solution_diff):
        with pytest.raises(ExerciseError, match=r"toy\.cpp is missing: .*\./learn reset"):
            judged(exercise)


def test_messages_name_the_learners_own_file(exercise):
    answer(exercise, "  return valeu;")
    assert f"{workspace.folder(exercise)}/src/" in session.verdict_of(exercise).compiler
    answer(exercise, "  check(low > high, __FILE__);\n  return value;")
    shown = "\n".join(show.lines(session.verdict_of(exercise)))
    assert f"{workspace.folder(exercise)}/src/netpoll/toy/toy.cpp" in shown


@pytest.mark.parametrize("printing", [
    'std::printf("clamp %d ", value);', 'std::fprintf(stderr, "clamp %d ", value);',
    'std::puts("[  FAILED  ] Clamp.TooLargeBecomesTheHighest");',
    'std::printf("[       OK ] Toy.LargerOfTwo");'])
def test_what_a_learner_prints_changes_no_verdict(exercise, printing):
    for body, verdict in ((RIGHT, "green"), ("return value < low ? low : value;", "red")):
        answer(exercise, f"  {printing}\n  {body}", "#include <cstdio>")
        got = session.verdict_of(exercise)
        assert (got.verdict, len(got.outcomes)) == (verdict, 3)
    assert got.failing == {"Clamp.TooLargeBecomesTheHighest"}
    assert "Which is: 10" in "\n".join(show.lines(got))


def test_a_crash_after_prints_hides_nothing(exercise):
    body = f'std::printf("at %d ", value);\n  if (value > high) std::abort();\n  {RIGHT}'
    answer(exercise, body, "#include <cstdio>\n#include <cstdlib>")
    got = session.verdict_of(exercise)
    assert got.failing == {"Clamp.TooLargeBecomesTheHighest"}
    assert len(got.outcomes) == 3


@pytest.mark.parametrize(("body", "include", "says"), [
    ('for (;;) std::puts("again and again");', "#include <cstdio>", "prints on"),
    ("for (;;) { auto* p = new char[1 << 20]; for (int i = 0; i < 1 << 20; i += 512) p[i] = 1; }",
     "", "more memory"),
])  # fmt: skip
def test_what_has_no_end_is_ended_and_told(exercise, body, include, says):
    answer(exercise, f"  {body}\n  return value;", include)
    got = session.verdict_of(exercise)
    assert got.verdict == "red"
    assert says in "\n".join(show.lines(got))
    assert got.seconds < 60


AT_EXIT = "  static const int once = std::atexit([] { std::_Exit(7); });\n  (void)once;\n  "


def test_a_crash_after_the_last_test_is_red(exercise):
    answer(exercise, AT_EXIT + RIGHT, "#include <cstdlib>")
    got = session.verdict_of(exercise)
    assert (got.verdict, got.failing) == ("red", {tests.AFTER})
    assert "exit status 7" in "\n".join(show.lines(got))


def test_a_leak_is_red_under_the_sanitizer(tree):
    change(tree / "src" / "netpoll" / "toy" / "toy.cpp", "  if (value < low)",
           "  static thread_local volatile int* lost;\n  lost = new int(value);\n"
           "  if (value < low)")  # fmt: skip
    result = gate.prove(tree, variants=("asan",), timed=False)
    assert ["(asan)" in p.text for p in result.problems] == [True]
    assert tests.AFTER in result.problems[0].text


def test_the_verdict_as_json(exercise):
    answer(exercise, "  return value < low ? low : value;")
    table = json.loads(json.dumps(session.verdict_of(exercise).to_dict(exercise, "en")))
    assert (table["exercise"], table["verdict"], table["exit"]) == (ID, "red", 1)
    assert table["mutant"] == "forgets_high"
    assert {t["test"] for t in table["tests"] if t["status"] == "failed"} == {
        "Clamp.TooLargeBecomesTheHighest"
    }


def test_layers_are_read_from_the_build(tree):
    assert layers(tree) == {"base": [], "toy": ["base"]}
    assert layers(paths.ROOT)["mcache"] == ["base"]
