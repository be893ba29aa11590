# SPDX-License-Identifier: Apache-2.0
"""What programs, learners and other tools have written: any text ends in a value or in one
line. Read are GoogleTest's output and results, JUnit files, answers, pages, sanitizer
reports, grades and recordings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fuzz_helpers import TEXT, VALUE, bent, is_one_line
from learn.exercise import answers, sanitizer
from learn.exercise import tests as learners
from learn.exercise.model import Exercise, Question
from learn.record import trace
from learn.record.errors import RecordError
from learn.run.bounded import Ended
from learn.site import directives
from learn.teacher import class_files
from learn.testing import counting

GRADE = json.loads((Path(__file__).parent / "data/grades/grade.json").read_text("utf-8"))
LINES = TEXT | st.text("\n\x0b\u2028ab`{}\"(),= 0", max_size=60)


@st.composite
def printed(draw: st.DrawFn) -> tuple[str, list[tuple[str, bool]]]:
    """What a test program prints, and its tests with whether each has passed."""
    tests = draw(st.lists(st.tuples(st.sampled_from(["A.B", "A.C", "D.E"]), st.booleans()),
                          max_size=3, unique_by=lambda test: test[0]))  # fmt: skip
    said = ""
    for name, passed in tests:
        end = "[       OK ]" if passed else "[  FAILED  ]"
        words = draw(LINES)
        said += f"[ RUN      ] {name}\n{words}\n{end} {name}\n"
    return said, tests


@given(printed(), LINES)
def test_each_test_that_was_printed_has_its_outcome(output, broken):
    text, tests = output
    outcomes, current = learners._read(text)
    assert [(o.test, o.status == learners.PASSED) for o in outcomes] == tests
    assert current is None
    outcomes, current = learners._read(f"{text}[ RUN      ] X.Y\n{broken}")
    assert len(outcomes) == len(tests)
    assert current is not None and current[0] == "X.Y"


@given(LINES)
def test_any_output_is_outcomes(text):
    learners._read(text)
    learners._finished([], Ended(text, 1, ""))
    found = sanitizer.finding(text, Path("/mine"))
    assert found is None or found.sentence()


@given(st.lists(TEXT, max_size=3), LINES)
def test_a_failed_test_says_why(failures, output):
    result = {"classname": "A", "name": "B", "failures": [{"failure": f} for f in failures]}
    outcome = learners._outcome(result, output)
    assert outcome.test == "A.B"
    assert (outcome.status == learners.PASSED) == (not failures)


@given(st.binary(max_size=60) | LINES.map(str.encode) | st.lists(st.sampled_from(
    ["<testsuites>", "<testsuite>", "<testcase/>", "<testcase>", "<failure/>", "</testcase>",
     "</testsuite>", "</testsuites>", "<?xml version='1.0' encoding='", "utf-16", "'?>", "&x;",
     "\0"]), max_size=9).map(lambda parts: "".join(parts).encode()))  # fmt: skip
def test_any_junit_file_is_a_count(tmp_path_factory, text):
    file = tmp_path_factory.getbasetemp() / "any.xml"
    file.write_bytes(text)
    assert str(counting.junit(file))


@given(TEXT | st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), TEXT).map(
    lambda table: "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())))
def test_any_sheet_is_answers_or_unreadable(text):
    try:
        given_answers = answers.read(text)
    except answers.Unreadable as problem:
        assert is_one_line(problem)
        return
    assert all(isinstance(answer, str) for answer in given_answers.values())


NUMBERS = st.from_regex(r"-?[0-9][0-9,]{0,12}(\.[0-9]{1,6})?", fullmatch=True)
QUESTION = Question("calls", {"en": "?", "zh": "?"}, 0, 10)


@given(TEXT | NUMBERS, TEXT | NUMBERS)
@example("", "0,")
@example("1000", "1,000")
@example("9" * 400, "9" * 400)
def test_any_answer_is_right_or_wrong_and_the_measured_one_is_right(answer, measured):
    assert answers.right(QUESTION, answer, measured) in (True, False)
    assert answers.right(QUESTION, measured, measured)


@given(st.dictionaries(st.just("calls"), TEXT | NUMBERS, min_size=1))
@example({"calls": 'a "quoted" word'})
@example({"calls": "\x1f\x7f"})
def test_a_filled_sheet_says_what_it_was_filled_with(tree_less_exercise, given_answers):
    sheet = answers.filled(tree_less_exercise, given_answers, "en")
    wanted = {name: text.strip() for name, text in given_answers.items()}
    assert answers.read(sheet) == wanted


@pytest.fixture(scope="module")
def tree_less_exercise() -> Exercise:
    return Exercise(
        id="01-toy/1-count", root=Path("/nowhere"), kind="explore", minutes=1, stars=1,
        prerequisites=[], title={"en": "Count", "zh": "数"}, after={"en": "", "zh": ""},
        folder="", folder_tests=[], support=[], holes=[], planted=[], story={}, program=False,
        measure="", programs=[], preset="", questions=[QUESTION], mutants=[])  # fmt: skip


PIECES = st.lists(st.sampled_from(
    ["{{ ", " }}", "code", "diagram", "(", ")", '"', "a::b", ", ", "12", "lines", " = ", "`", "```",
     "~~~", "\n", "    ", "# ", "x", "{{", "}}"]), max_size=20).map("".join)  # fmt: skip


@given(LINES | PIECES)
def test_any_page_has_directives_that_lie_in_their_lines(markdown):
    lines = markdown.splitlines()
    for found in directives.find(markdown):
        shown = lines[found.line - 1][found.start : found.end]
        assert shown.startswith("{{") and shown.endswith("}}")
        if found.argument:
            (again,) = directives.find("{{ " + found.text + " }}")
            assert (again.name, again.argument, again.more, again.options) == (
                found.name, found.argument, found.more, found.options)  # fmt: skip
    directives.touching_pieces(markdown)
    directives.fences(markdown)


@given(bent(GRADE).map(lambda g: json.dumps(g, default=str).encode())
       | VALUE.map(lambda value: json.dumps(value, default=str).encode()) | st.binary(max_size=20))
def test_any_grade_file_is_a_grade_or_no_grade(tmp_path_factory, text):
    file = tmp_path_factory.getbasetemp() / "grade.json"
    file.write_bytes(text)
    try:
        assert isinstance(class_files.read_grade(file), dict)
    except class_files.ClassError as problem:
        assert is_one_line(problem)


@given(VALUE.map(lambda value: json.dumps(value, default=str).encode()) | st.binary(max_size=20)
       | st.just(b'{"version": 9}'))  # fmt: skip
def test_any_recording_is_read_or_refused_in_one_line(tmp_path_factory, text):
    root = tmp_path_factory.getbasetemp() / "recordings"
    file = trace.path_of("any", root)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text)
    try:
        assert isinstance(trace.read("any", root), dict)
    except RecordError as problem:
        assert is_one_line(problem)
