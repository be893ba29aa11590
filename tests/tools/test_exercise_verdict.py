# SPDX-License-Identifier: Apache-2.0
"""What a verdict says: the error that is the learner's, and where a program stood."""

import re

import pytest

from exercise_helpers import answer, exercise, tree  # noqa: F401 (fixtures)
from learn.exercise import compiler, judge, session, show, workspace

RIGHT = "return value < low ? low : value > high ? high : value;"


def shown(exercise, verdict) -> str:
    return "\n".join(show.lines(verdict, workspace.folder(exercise)))


def line_of(exercise, text: str) -> int:
    file = workspace.folder(exercise) / "src/netpoll/toy/toy.cpp"
    return 1 + next(n for n, line in enumerate(file.read_text().splitlines()) if text in line)


# --- what does not compile --------------------------------------------------------------


def test_of_a_compilers_words_the_first_error_with_the_lines_around_it(exercise):
    answer(exercise, "  const int a = low;\n  return valeu;\n  return hihg;")
    said = shown(exercise, session.verdict_of(exercise))
    number = line_of(exercise, "valeu")
    assert f"toy.cpp:{number}: use of undeclared identifier 'valeu'" in said
    assert f"> {number:4} |   return valeu;" in said
    assert f"  {number - 1:4} |   const int a = low;" in said
    assert "1 more errors" in said


REFUSED = """\
/top/tests/toy/toy_test.cpp:9:15: error: constexpr variable 'kOne' must be initialized by a constant
    9 | constexpr int kOne = clamp(1);
/home/w/src/toy.h:12:3: note: constexpr evaluation hit maximum step limit; possible infinite loop?
/top/tests/toy/toy_test.cpp:9:22: note: in call to 'clamp(1)'
"""


def test_an_error_elsewhere_has_the_note_that_leads_to_the_learner(tmp_path):
    folder = tmp_path / "w"
    said = "\n".join(compiler.lines(REFUSED.replace("/home/w", str(folder)), folder))
    assert "not yours" in said
    assert said.index("maximum step limit") < said.index("in call to")


def test_the_learners_error_comes_before_others(tmp_path):
    folder = tmp_path / "w"
    output = "/top/a.h:1:1: error: other\n" + f"{folder}/b.h:2:1: error: mine\n"
    assert "mine" in compiler.lines(output, folder)[0]


def test_what_a_linker_says_is_shown_as_it_is(tmp_path):
    output = "x.o: in function `f':\nundefined reference to `toy::clamp(int)'\n"
    assert compiler.lines(output, tmp_path) == ["undefined reference to `toy::clamp(int)'"]


# --- warnings -----------------------------------------------------------------------------


def test_what_the_house_would_refuse_is_shown_beside_green(exercise):
    answer(exercise, f"  int unused;\n  {RIGHT}")
    said = shown(exercise, session.verdict_of(exercise))
    assert "1 warnings" in said
    assert f"toy.cpp:{line_of(exercise, 'unused')}: unused variable 'unused'" in said


def test_without_warnings_nothing_is_said(exercise):
    answer(exercise, f"  {RIGHT}")
    assert "warning" not in shown(exercise, session.verdict_of(exercise))


def test_a_hole_brings_no_warnings(exercise):
    workspace.start(exercise, "en")
    assert "warning" not in shown(exercise, session.verdict_of(exercise))


# --- where it stood -----------------------------------------------------------------------


@pytest.mark.parametrize("body", [
    "*reinterpret_cast<volatile int*>(low - low) = 1;  // here",
    "if (low <= high) std::abort();  // here",
])  # fmt: skip
def test_a_crash_has_the_learners_line(exercise, body):
    answer(exercise, f"  {body}\n  {RIGHT}", "#include <cstdlib>")
    said = shown(exercise, session.verdict_of(exercise))
    assert f"src/netpoll/toy/toy.cpp:{line_of(exercise, '// here')} (clamp)" in said
    assert "@stack" not in said


def test_a_function_that_calls_itself_without_end_has_its_line(exercise):
    answer(exercise, "  return 1 + clamp(value + 1, low, high);  // here")
    said = shown(exercise, session.verdict_of(exercise))
    here = line_of(exercise, "// here")  # or the head, where the stack just ended
    assert re.search(rf"toy\.cpp:({here}|{here - 1}) \(clamp\)", said)


def test_a_loop_without_end_tells_where_it_stood(exercise):
    answer(exercise, "  volatile bool on = true;\n  while (on) {}  // here\n  return value;")
    home = workspace.folder(exercise)
    verdict = judge.judge(exercise, home, "yours", shown=home, seconds=2.0)
    said = shown(exercise, verdict)
    assert f"toy.cpp:{line_of(exercise, '// here')} (clamp)" in said


def test_every_thread_is_asked_where_it_stands(exercise):
    answer(exercise, """\
  static std::mutex mutex;
  mutex.lock();
  std::thread other([] { mutex.lock(); });  // other
  other.join();  // this
  return value;""", "#include <mutex>\n#include <thread>")  # fmt: skip
    home = workspace.folder(exercise)
    verdict = judge.judge(exercise, home, "yours", shown=home, seconds=2.0)
    said = shown(exercise, verdict)
    assert f"toy.cpp:{line_of(exercise, '// other')} " in said
    assert f"toy.cpp:{line_of(exercise, '// this')} (clamp)" in said


def test_an_assertion_says_the_same_in_a_mutant_and_in_a_learners_file(exercise):
    """Else a mutant that ends by an assertion helps nobody."""
    wrong = "  assert(value != 10);\n  return value < low ? low : value;"
    answer(exercise, wrong, "#include <cassert>")
    home = workspace.folder(exercise)
    mine = judge.judge(exercise, home, "yours", shown=home)
    known = judge.judge(exercise, home, "mutant-known")
    assert "Assertion `value != 10' failed" in str(mine.marks)
    assert mine.marks == known.marks


def test_of_a_crash_that_no_sanitizer_explains_nothing_more_is_said():
    red = judge.Verdict(judge.RED)
    assert show.closer(red, session.Closer(False, [])) == []
    assert show.closer(red, session.Closer(False, ["freed twice"])) == ["    freed twice"]
    assert len(show.closer(judge.Verdict(judge.GREEN), session.Closer(False, []))) == 2
