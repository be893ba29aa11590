# SPDX-License-Identifier: Apache-2.0
"""The report of a class: its figures, its pairs, and that what a student wrote is text."""

import json
import os
import re
import shutil
import sys
from html.parser import HTMLParser

import pytest

from learn import cli, say
from learn.gate import ENVIRONMENT, GREEN, USAGE
from learn.teacher import class_answers, report
from learn.teacher.class_files import ClassError
from teacher_helpers import FILE, PARTS, write
from test_teacher_similarity import ODD, OTHER, REFERENCE, STARTER, disguised

PEEK, SLICE = PARTS
NASTY = '<script>alert(1)</script></pre><img src=x onerror="alert(2)">&lt;{{ 7 * 7 }}\u202e\x1b[2J'


def part(id_, verdict="red", score=2.0, idea=None, failing=()):
    return {"id": id_, "name": {"en": f"The {id_}", "zh": f"练习 {id_}"}, "score": score, "max": 5,
            "verdict": verdict, "compiler": "", "idea": idea,
            "tests": [{"name": "Peek.Passes", "status": "passed"},
                      *({"name": name, "status": "failed", "message": NASTY} for name in failing)]}


def grade(folder, student, *parts, **facts):
    table = {"schema": "annotated-netpoll/grade/1", "lab": "L3", "student": student, "seed": 7,
             "status": "ok", "score": sum(p["score"] for p in parts), "max": 10,
             "parts": list(parts), "files": {f"{PEEK}/{FILE}": "sha256"}, **facts}
    write(folder / "grades" / f"{student}.json", json.dumps(table))


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("LEARN_LANG", "en")
    monkeypatch.setattr(say, "_chosen", None)


@pytest.fixture
def folder(tmp_path):
    """Six students: two green, two with one wrong idea, one with another, one fault."""
    folder = tmp_path / "class"
    idea = "consumes_on_peek"
    grade(folder, "ann", part(PEEK, "green", 5), part(SLICE, "green", 5))
    grade(folder, "ben", part(PEEK, "green", 5), part(SLICE, "missing", 0))
    grade(folder, "cyd", part(PEEK, "red", 2, idea, ["Peek.A", "Peek.B"]), part(SLICE))
    grade(folder, "dan", part(PEEK, "red", 2, idea, ["Peek.A"]), part(SLICE, "timeout", 0))
    grade(folder, "eve", part(PEEK, "does_not_compile", 0), part(SLICE, "red", 1, "other"))
    grade(folder, "fay", status="error", error=NASTY)
    for student, text in {"ann": ODD, "ben": REFERENCE, "cyd": disguised(ODD), "dan": OTHER,
                          "eve": STARTER, "fay": REFERENCE}.items():  # fmt: skip
        write(folder / student / PEEK / FILE, text)
    return folder


@pytest.fixture
def given(monkeypatch):
    monkeypatch.setattr(class_answers, "given", lambda _: [STARTER, REFERENCE])


def made(folder):
    return report.of(folder, lambda _: None)


def test_the_figures(folder, given):
    told = made(folder).to_dict()
    assert (told["students"], told["graded"], told["errors"]) == (6, 5, ["fay"])
    peek, slices = told["exercises"]
    assert (peek["graded"], peek["green"], peek["mean"], peek["max"]) == (5, 2, 2.8, 5)
    assert (peek["idea"], peek["idea_count"]) == ("consumes_on_peek", 2)
    assert peek["failing"] == [("Peek.A", 2), ("Peek.B", 1)]
    assert peek["verdicts"] == {"green": 2, "red": 2, "does_not_compile": 1, "timeout": 0,
                                "missing": 0}
    assert slices["verdicts"]["missing"] == 1 and slices["idea"] == "other"
    assert (told["median"], told["mean"]) == (4.0, 4.4)
    assert [pair["students"] for pair in told["pairs"]] == [["ann", "cyd"]]


def test_a_grade_that_is_an_error_is_in_no_mean(folder, given):
    before = made(folder).to_dict()
    (folder / "grades" / "fay.json").unlink()
    after = made(folder).to_dict()
    assert before["mean"] == after["mean"] and before["exercises"] == after["exercises"]


def test_time_to_green_where_the_files_tell_it(folder, given):
    assert made(folder).rows[0].minutes is None
    for student, state in {
        "ann": {"exercises": {PEEK: {"started": 1000, "first_green": 1000 + 60 * 30}}},
        "ben": {"exercises": {PEEK: {"started": 1000, "first_green": 1000 + 60 * 50}}},
        "cyd": {"exercises": {PEEK: {"started": 1000}}},
        "dan": {"exercises": {PEEK: {"started": 9000, "first_green": 1}}},
        "eve": ["no", "table"],
    }.items():
        write(folder / student / "exercises.json", json.dumps(state))
    row = made(folder).rows[0]
    assert (row.minutes, row.told) == (40.0, 2)
    assert "40 minutes, the median of the 2" in report.page(made(folder))


def test_the_time_is_read_from_plain_files_alone(folder, tmp_path):
    """A pipe would be waited for without end."""
    outside = tmp_path / "outside"
    write(outside / "exercises.json", json.dumps(
        {"exercises": {PEEK: {"started": 1000, "first_green": 1000 + 60 * 30}}}))
    (folder / "ann" / ".learn").symlink_to(outside)
    (folder / "ben" / "exercises.json").symlink_to(outside / "exercises.json")
    os.mkfifo(folder / "cyd" / "exercises.json")
    for student in ("ann", "ben", "cyd"):
        assert class_answers.minutes_to_green(folder, student, PEEK) is None


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def nasty_class(folder):
    """Everything that a student or a grade file may say is an attack."""
    name = NASTY.replace("/", "∕").replace("\x1b", "").replace("\u202e", "")
    for student in ("ann", name):
        nasty = part(PEEK, "red", 1, NASTY, [NASTY]) | {"name": {"en": NASTY, "zh": NASTY}}
        code = f'// {NASTY}\n{ODD}\nauto s = R"({NASTY})";'
        write(folder / student / PEEK / f"{name}.cpp", code)
        grade(folder, student, nasty, files={f"{PEEK}/{name}.cpp": "sha256"})
    grade(folder, "broken", status="error", error=NASTY)
    return folder


def test_what_a_student_wrote_is_text(tmp_path, given):
    text = report.page(made(nasty_class(tmp_path)))
    assert text.count("&lt;script&gt;") > 8 and "{{ 7 * 7 }}" in text
    seen = Elements(text)
    assert "script" not in seen.tags and "img" not in seen.tags
    assert not [name for name in seen.attributes if name.startswith("on") or name == "src"]
    assert "\u202e" not in text and "\x1b" not in text and "\\u202e" in text
    assert "default-src 'none'" in text


def test_the_page_accuses_nobody_in_either_language(folder, given, monkeypatch):
    for language, words in (("en", "This page accuses nobody."), ("zh", "本页不指控任何人。")):
        monkeypatch.setenv("LEARN_LANG", language)
        text = report.page(made(folder))
        assert words in text and f'<html lang="{language}">' in text
        assert not re.search(r"plagiar|cheat|suspect|抄袭|作弊|嫌疑", text, re.IGNORECASE)


def test_matching_lines_are_marked(folder, given):
    text = report.page(made(folder))
    marked = re.findall(r'class="line same"><i>\d+</i>([^\n]*)', text)
    assert any("all.push_back" in line for line in marked)
    assert any("bytes.push_back" in line for line in marked)
    assert not any("size() const" in line and "committed_.load" not in line for line in marked)


def test_only_so_many_pairs_are_shown_and_the_rest_is_counted(tmp_path, given):
    for number in range(10):
        grade(tmp_path, f"s{number}", part(PEEK))
        write(tmp_path / f"s{number}" / PEEK / FILE, ODD)
    found = made(tmp_path)
    assert (len(found.pairs), found.more_pairs) == (report.PAIRS, 45 - report.PAIRS)
    assert "15 more pairs" in report.page(found)


def test_links_of_a_submission_are_not_followed(tmp_path, given):
    secret = write(tmp_path / "secret.cpp", "int secret;\n")
    plain = write(tmp_path / "class" / "ann" / PEEK / "a.cpp", "int a;\n")
    plain.with_name("b.cpp").symlink_to(secret)
    names = [f"{PEEK}/a.cpp", f"{PEEK}/b.cpp", f"{PEEK}/../../../../secret.cpp"]
    (answer,) = class_answers.of_class(tmp_path / "class", [{"student": "ann", "files": names}],
                                       PEEK)  # fmt: skip
    assert answer.files == {"a.cpp": "int a;\n"}


def test_the_references_own_text_is_told_and_is_no_pair(folder, given, monkeypatch):
    monkeypatch.setattr(class_answers, "reference", lambda _: {FILE: REFERENCE})
    write(folder / "dan" / PEEK / FILE, "// mine\n" + REFERENCE.replace("  ", "\t"))
    write(folder / "eve" / PEEK / FILE, REFERENCE.replace("joined_", "mine_"))
    found = made(folder)
    assert found.rows[0].as_reference == ["ben", "dan"]
    assert [(pair.one, pair.other) for pair in found.pairs] == [("ann", "cyd")]
    text = report.page(found)
    assert "2 answers are the real source" in text and "ben, dan" in text


def test_archives_are_compared_too(folder, given):
    before = made(folder).to_dict()
    for student in ("ann", "cyd"):
        shutil.make_archive(str(folder / student), "zip" if student == "ann" else "gztar",
                            folder / student)
        shutil.rmtree(folder / student)
    assert made(folder).to_dict()["pairs"] == before["pairs"] != []


def test_grade_files_alone_are_enough(folder, given):
    for student in ("ann", "ben", "cyd", "dan", "eve", "fay"):
        shutil.rmtree(folder / student)
    told = made(folder).to_dict()
    assert told["pairs"] == [] and told["exercises"][0]["green"] == 2


def test_helps_and_what_was_given_come_from_the_tree():
    exercise = class_answers.exercise_of(PEEK)
    texts = class_answers.given(exercise)
    assert any("fill in peek_across" in text for text in texts)
    assert any("fill in" not in text and "LinkBuffer::peek_across" in text for text in texts)
    assert report._help(exercise, exercise.mutants[0].name) == exercise.mutants[0].help["en"]
    assert class_answers.reference(exercise).keys() == {FILE}
    assert class_answers.exercise_of("peek") is None
    assert class_answers.given(None) == [] and class_answers.reference(None) == {}


def test_the_command(folder, capsys):
    assert cli.main(["teacher", "report", str(folder), "--json"]) == GREEN
    said = json.loads(capsys.readouterr().out)
    assert said["students"] == 6 and said["file"].endswith("grades/report.en.html")
    assert cli.main(["teacher", "report", str(folder), "--lang", "zh"]) == GREEN
    assert "全班报告" in (folder / "grades" / "report.zh.html").read_text()


def test_without_the_authors_packages_it_is_one_line(folder, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    monkeypatch.delitem(sys.modules, "learn.teacher.template")
    monkeypatch.delitem(sys.modules, "learn.teacher.report")
    monkeypatch.delattr("learn.teacher.report")
    assert cli.main(["teacher", "report", str(folder)]) == ENVIRONMENT
    assert "jinja2 is not installed" in capsys.readouterr().err


def test_a_folder_without_grades_is_one_line(tmp_path, capsys):
    with pytest.raises(ClassError):
        report.of(tmp_path)
    assert cli.main(["teacher", "report", str(tmp_path)]) == USAGE
    assert capsys.readouterr().err.count("\n") == 1
