# SPDX-License-Identifier: Apache-2.0
"""An explore: a run on the learner's machine knows the answers."""

import json

import pytest

from exercise_helpers import ID, change, tree  # noqa: F401 (a fixture)
from learn import cli
from learn.exercise import catalogue, explore, workspace
from learn.exercise.model import ExerciseError
from learn.gates.exercises import prove

EXPLORE = '''
kind = "explore"
minutes = 5
stars = 1
prerequisites = []
title = {en = "Count", zh = "数一数"}
after = {en = "And why?", zh = "为什么？"}
measure = "measure.sh"
programs = []

[[questions]]
name = "calls"
ask = {en = "How many calls?", zh = "有几次调用？"}

[[questions]]
name = "bytes"
percent = 10
ask = {en = "How many bytes?", zh = "有多少字节？"}

[[questions]]
name = "who"
ask = {en = "Who sends?", zh = "谁在发送？"}
'''
MEASURE = "echo calls 3\necho sent 7\necho bytes 1000\necho who Worker\n"
WRONG = '''
answer = "sent"
killed_by = "calls"
help = {en = "These are those sent.", zh = "这是发出去的。"}
'''


@pytest.fixture
def asked(tree, monkeypatch):
    home = tree / "exercises" / ID
    for name, text in {"exercise.toml": EXPLORE, "measure.sh": MEASURE,
                       "mutants/forgets_high.toml": WRONG}.items():  # fmt: skip
        (home / name).write_text(text, "utf-8")
    found = catalogue.find("clamp", tree)
    monkeypatch.setattr(catalogue, "find", lambda name, root=None: found)
    return found


def answer(asked, **given: str) -> None:
    lines = [f'{name} = "{value}"' for name, value in given.items()]
    (workspace.folder(asked) / "answers.toml").write_text("\n".join(lines), "utf-8")


def run(capsys, *words: str) -> dict:
    cli.main(["run", ID, "--json", *words])
    return json.loads(capsys.readouterr().out)


def test_the_sheet_has_every_question_and_no_answer(asked):
    (sheet,) = workspace.start(asked, "en")
    text = sheet.read_text()
    assert "# 1. How many calls?" in text
    assert 'calls = ""' in text
    assert "1000" not in text


@pytest.mark.parametrize(("calls", "size", "who", "passed"), [
    ("3", "1000", "worker", {"calls", "bytes", "who"}),
    ("3.0", "1,099", "Worker ", {"calls", "bytes", "who"}),
    ("4", "1101", "Poller", set()),
    ("", "900", "", {"bytes"}),
])  # fmt: skip
def test_each_answer_is_compared_with_the_run(asked, capsys, calls, size, who, passed):
    workspace.start(asked, "en")
    answer(asked, calls=calls, bytes=size, who=who)
    told = run(capsys)
    assert {t["test"] for t in told["tests"] if t["status"] == "passed"} == passed
    assert told["exit"] == (0 if len(passed) == 3 else 1)


def test_a_wrong_answer_that_is_known_brings_its_help_and_never_the_right_one(asked, capsys):
    workspace.start(asked, "en")
    answer(asked, calls="7", bytes="1")
    assert cli.main(["run", ID]) == 1
    said = capsys.readouterr().out
    assert "These are those sent." in said
    assert "1000" not in said


def test_what_is_no_toml_is_told_with_its_line(asked, capsys):
    workspace.start(asked, "en")
    (workspace.folder(asked) / "answers.toml").write_text("calls = \n", "utf-8")
    assert cli.main(["run", ID]) == 2
    assert "line 1" in capsys.readouterr().out


def test_the_solution_shows_what_was_measured(asked, capsys):
    workspace.start(asked, "en")
    answer(asked, calls="3", bytes="1000", who="Worker")
    assert run(capsys)["exit"] == 0
    answer(asked, calls="4")
    assert cli.main(["solution", ID]) == 0
    assert '+calls = "3"' in capsys.readouterr().out


def test_green_ends_with_a_question(asked, capsys):
    workspace.start(asked, "en")
    answer(asked, calls="3", bytes="1000", who="Worker")
    assert cli.main(["run", ID]) == 0
    assert "And why?" in capsys.readouterr().out


def test_an_explore_proves_itself(asked):
    result = prove(asked.root, variants=("plain",), timed=False)
    assert result.problems == []
    assert (result.figures["starters_red"], result.figures["killed"]) == (1, 1)


@pytest.mark.parametrize(("old", "new", "says"), [
    ("echo calls 3", "echo calls $RANDOM", "measured twice, these differ: calls"),
    ("echo calls 3", "true", "it measured no calls"),
    ("echo sent 7", "echo sent 3", "survives calls"),
    ("echo sent 7", "exit 3", "ended with exit status 3"),
])  # fmt: skip
def test_fault_a_measure_that_cannot_judge(asked, old, new, says):
    change(asked.directory / "measure.sh", old, new)
    result = prove(asked.root, variants=("plain",), timed=False)
    assert says in " ".join(problem.text for problem in result.problems)


def test_where_nothing_may_be_traced_nothing_has_passed(asked, capsys):
    (asked.directory / "measure.sh").write_text("exit 77\n")
    assert prove(asked.root, variants=("plain",), timed=False).could_not_run
    workspace.start(asked, "en")
    assert cli.main(["run", ID]) == 4
    assert "strace may not trace" in capsys.readouterr().err


def test_it_is_measured_once_as_long_as_nothing_changes(asked, tmp_path):
    count = tmp_path / "count"
    change(asked.directory / "measure.sh", "echo sent 7", f"echo sent 7\necho x >>{count}")
    for _ in range(3):
        explore.remembered(asked)
    assert count.read_text() == "x\n"
    change(asked.directory / "measure.sh", "echo sent 7", "echo sent 8")
    assert explore.remembered(asked)["sent"] == "8"


def test_hints_for_each_question(asked, capsys):
    for language in ("en", "zh"):
        asked.hints_file(language).write_text(
            '[hints]\ncalls = ["c1", "c2", "c3"]\nwho = ["w1", "w2", "w3"]\n', "utf-8")  # fmt: skip
    workspace.start(asked, "en")
    answer(asked, calls="3")
    said = []
    for words in (["who"], ["calls"], ["who"], ["who", "1"]):
        assert cli.main(["hint", *words]) == 0
        said.append(capsys.readouterr().out.split()[-1])
    assert said == ["w1", "c1", "w2", "w1"]
    assert cli.main(["hint", "who", "3"]) == 2  # not given yet
    capsys.readouterr()
    assert cli.main(["hint"]) == 2  # nothing says which
    assert "calls, who" in capsys.readouterr().err


def test_a_hint_is_about_the_first_part_that_is_not_begun(asked, capsys):
    for language in ("en", "zh"):
        asked.hints_file(language).write_text(
            '[hints]\ncalls = ["c1", "c2", "c3"]\nwho = ["w1", "w2", "w3"]\n', "utf-8")  # fmt: skip
    workspace.start(asked, "en")
    assert cli.main(["hint"]) == 0
    assert "c1" in capsys.readouterr().out


def test_fault_hints_for_a_part_that_is_none(asked):
    asked.hints_file("zh").write_text('[hints]\ncall = ["1", "2", "3"]\n', "utf-8")
    with pytest.raises(ExerciseError, match="hints for call, which is no part: calls, bytes, who"):
        catalogue.hints(asked, "zh")
