# SPDX-License-Identifier: Apache-2.0
"""One grade file in the words of each platform: golden files, schemas, and no mark for a fault."""

import datetime
import json
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

from grader import actions, autolab, classroom50, convert, gradescope, words
from schema_helpers import problems, read, schema

DATA = Path(__file__).parent / "data" / "grades"
GRADE = DATA / "grade.json"
GOLDEN = [("gradescope", "en", "gradescope.json"), ("autolab", "en", "autolab.txt"),
          ("actions", "en", "summary.md"), ("actions", "zh", "summary.zh.md")]  # fmt: skip


@pytest.fixture(autouse=True)
def english():
    words.use("en")


def converted(tmp_path, *arguments) -> str:
    out = tmp_path / "out"
    assert convert.main([*arguments, str(GRADE), "--out", str(out)]) == 0
    return out.read_text("utf-8")


@pytest.mark.parametrize(("platform", "language", "golden"), GOLDEN)
def test_what_a_platform_gets(tmp_path, platform, language, golden):
    assert converted(tmp_path, "--lang", language, platform) == (DATA / golden).read_text("utf-8")


def test_the_tests_as_junit(tmp_path):
    made = tmp_path / "junit.xml"
    converted(tmp_path, "--junit", str(made), "actions")
    assert made.read_text("utf-8") == (DATA / "junit.xml").read_text("utf-8")
    top = xml.parse(made).getroot()
    assert {(suite.get("tests"), suite.get("failures"), suite.get("skipped"))
            for suite in top} == {("6", "3", "0"), ("1", "0", "1"), ("1", "1", "0")}  # fmt: skip


def test_each_format_keeps_to_its_schema():
    grade = read(GRADE)
    now = datetime.datetime(2027, 3, 1, 10, tzinfo=datetime.UTC)
    feedback, scores = map(json.loads, autolab.lines(grade).splitlines()[-2:])
    for name, made in {
        "grade": grade, "gradescope": gradescope.results(grade),
        "classroom50": classroom50.result(grade, {"CLASSROOM": "net-2027"}, now),
        "autolab_feedback": feedback, "autolab_scores": scores,
    }.items():  # fmt: skip
        assert problems(made, schema(name)) == []


def test_a_schema_sees_what_is_wrong():
    grade = read(GRADE)
    grade["parts"][0]["tests"][0]["status"] = "fine"
    grade["parts"][1]["score"] = -1
    del grade["parts"][2]["verdict"]
    found = problems(grade, schema("grade"))
    assert ["'fine'" in text or "-1 is less" in text or "lacks verdict" in text
            for text in found] == [True] * 3  # fmt: skip


def test_the_sums_of_all_formats_are_the_same():
    grade = read(GRADE)
    assert sum(test["score"] for test in gradescope.results(grade)["tests"]) == grade["score"]
    assert sum(autolab.scores(grade)["scores"].values()) == grade["score"]
    assert classroom50.result(grade, {})["score"] == int(grade["score"])


def test_what_a_hidden_test_said_is_told_nobody(tmp_path):
    secret = "the seed is 20417"
    assert secret in GRADE.read_text("utf-8")
    for platform in convert.PLATFORMS:
        text = converted(tmp_path, "--junit", str(tmp_path / "j.xml"), platform)
        assert secret not in text + (tmp_path / "j.xml").read_text("utf-8")


def test_no_line_of_a_student_is_taken_for_autolabs_last(tmp_path):
    braces = [line for line in converted(tmp_path, "autolab").splitlines() if line[:1] == "{"]
    assert len(braces) == 2


def test_a_student_does_not_leave_the_block_of_a_summary():
    lines = actions.summary(read(GRADE)).splitlines()
    opened = next(line for line in lines if line.startswith("```")).removesuffix("text")
    assert lines.count(opened) == 1  # the student's ``` closes nothing


@pytest.mark.parametrize("platform", convert.PLATFORMS)
def test_a_fault_is_nobodys_mark(tmp_path, capsys, platform):
    out = tmp_path / "out"
    assert problems(read(DATA / "fault.json"), schema("grade")) == []
    assert convert.main([platform, str(DATA / "fault.json"), "--out", str(out)]) == 4
    assert not out.exists()
    assert "nobody's mark" in capsys.readouterr().err


def test_every_sentence_has_both_languages():
    for key, texts in words._WORDS.items():
        assert len(texts) == 2 and all(texts), key
