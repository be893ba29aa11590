# SPDX-License-Identifier: Apache-2.0
"""What a learner may write: right, wrong, endless, talkative, incomplete; and its verdict."""

import json
import threading

import pytest

from exercise_helpers import ID, answer, exercise, tree  # noqa: F401 (fixtures)
from learn.exercise import cut, judge, session, show, tests, workspace
from learn.exercise.model import ExerciseError
from learn.exercise.tree import write_files


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
    assert "nothing is written yet in clamp" in "\n".join(show.lines(verdict, workspace.folder(exercise)))
    assert verdict.mutant is None


@pytest.mark.parametrize(("language", "helping"),
                         [("en", "Nothing stops a large number."), ("zh", "大数没有被拦住。")])  # fmt: skip
def test_a_known_wrong_idea_is_recognised(exercise, monkeypatch, language, helping):
    monkeypatch.setenv("LEARN_LANG", language)
    answer(exercise, "  if (value > low) return value;\n  return low;")
    verdict = session.verdict_of(exercise)
    assert verdict.to_dict(exercise, language)["help"] == helping
    shown = "\n".join(show.lines(verdict, workspace.folder(exercise)))
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
    assert "valeu" in "\n".join(show.lines(verdict, workspace.folder(exercise)))


def test_a_loop_without_end_is_a_timeout(exercise):
    answer(exercise, "  for (volatile int i = value; low < high; i = i + 1) {}\n  return 0;")
    verdict = judge.judge(exercise, workspace.folder(exercise), "yours", seconds=1.0)
    assert (verdict.verdict, verdict.exit_code) == ("timeout", 3)
    assert verdict.seconds < 60


def test_three_hints_one_at_a_time_and_then_the_solution(exercise):
    given = [workspace.next_hint(exercise, "", "zh") for _ in range(4)]
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
    shown = "\n".join(show.lines(session.verdict_of(exercise), workspace.folder(exercise)))
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
    assert "Which is: 10" in "\n".join(show.lines(got, workspace.folder(exercise)))


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
    assert says in "\n".join(show.lines(got, workspace.folder(exercise)))
    assert got.seconds < 60


AT_EXIT = "  static const int once = std::atexit([] { std::_Exit(7); });\n  (void)once;\n  "


def test_a_crash_after_the_last_test_is_red(exercise):
    answer(exercise, AT_EXIT + RIGHT, "#include <cstdlib>")
    got = session.verdict_of(exercise)
    assert (got.verdict, got.failing) == ("red", {tests.AFTER})
    assert "exit status 7" in "\n".join(show.lines(got, workspace.folder(exercise)))


def test_the_verdict_as_json(exercise):
    answer(exercise, "  return value < low ? low : value;")
    table = json.loads(json.dumps(session.verdict_of(exercise).to_dict(exercise, "en")))
    assert (table["exercise"], table["verdict"], table["exit"]) == (ID, "red", 1)
    assert table["mutant"] == "forgets_high"
    assert {t["test"] for t in table["tests"] if t["status"] == "failed"} == {
        "Clamp.TooLargeBecomesTheHighest"
    }


def test_an_update_under_a_started_exercise_is_told_and_keeps_the_learners_file(exercise):
    (file,) = workspace.start(exercise, "en")
    file.write_text("mine")
    assert workspace.changed_since_start(exercise) == []
    real = exercise.root / "src" / "netpoll" / "toy" / "toy.cpp"
    real.write_text(real.read_text() + "// newer\n")
    assert workspace.changed_since_start(exercise) == ["src/netpoll/toy/toy.cpp"]
    assert file.read_text() == "mine"
    workspace.reset(exercise, "en")
    assert workspace.changed_since_start(exercise) == []


def test_two_terminals_lose_nothing(exercise):
    """Each adds forty facts; all eighty are there."""

    def add(name: str) -> None:
        for number in range(40):
            workspace.record(exercise, **{f"{name} {number}": True})

    terminals = [threading.Thread(target=add, args=(name,)) for name in ("one", "two")]
    for terminal in terminals:
        terminal.start()
    for terminal in terminals:
        terminal.join()
    assert len(workspace.progress(exercise).keys() - {"hints", "green"}) == 80


def test_a_disk_that_is_full_keeps_what_was_there(exercise, monkeypatch):
    workspace.record(exercise, green=True)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("learn.exercise.tree.os.replace", full)
        with pytest.raises(OSError, match="No space"):
            workspace.record(exercise, green=False)
    assert workspace.progress(exercise)["green"]
    assert list(workspace.top().glob(".exercises.json*")) == []
