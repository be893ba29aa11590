# SPDX-License-Identifier: Apache-2.0
"""The learner's verbs as a learner types them, and watch while files change."""

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from learn import paths
from learn.exercise import catalogue, cut, judge, objects, session, show, tests, workspace
from learn.exercise.tree import write_files

SAMPLE = Path(__file__).parent / "data" / "exercise_tree"
ID = "03-mcache/1-size-classes"


@pytest.fixture
def learn(tmp_path):
    """Runs ./learn's Python in a workspace of the test's own."""

    def run(*words: str) -> subprocess.CompletedProcess:
        env = {**os.environ, "PYTHONPATH": str(paths.TOOLS), "LEARN_LANG": "en",
               "LEARN_WORKSPACE": str(tmp_path)}  # fmt: skip
        return subprocess.run([sys.executable, "-m", "learn", *words], cwd=paths.ROOT, env=env,
                              capture_output=True, text=True)  # fmt: skip

    return run


def test_list_names_the_exercise_in_both_forms(learn):
    assert ID in learn("list").stdout
    table = json.loads(learn("list", "--json").stdout)
    entry = next(e for e in table["exercises"] if e["id"] == ID)
    assert (entry["started"], entry["green"], entry["hints"]) == (False, False, 0)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("start", "99-nothing"), "no exercise is called 99-nothing; choose from: "),
        (("run",), "which exercise? ./learn list shows them"),
        (("run", ID), f"{ID} is not started: ./learn start {ID}"),
        (("solution", ID), f"{ID} is not started: ./learn start {ID}"),
    ],
)
def test_bad_use_is_one_line_and_status_2(learn, words, says):
    done = learn(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("learn: " + says)
    assert done.stderr.count("\n") == 1


def test_from_reset_over_hints_to_the_solution(learn, tmp_path):
    assert learn("reset", ID).returncode == 0  # writes the files, like start
    assert "fill in class_of" in (tmp_path / ID / "src" / "netpoll" / "mcache" / "size_class.h").read_text()
    assert "three hints" in learn("solution").stderr
    assert [learn("hint").stdout.split("\n")[0] for _ in range(3)] == [
        "Hint 1 of 3 about class_of",
        "Hint 2 of 3 about class_of",
        "Hint 3 of 3 about class_of",
    ]
    shown = learn("solution")
    assert shown.returncode == 0
    assert "+  return static_cast<unsigned>(std::bit_width(size - 1));" in shown.stdout


def test_watch_gives_a_verdict_for_each_save(tmp_path, monkeypatch):
    shutil.copytree(SAMPLE, tmp_path / "tree")
    monkeypatch.setattr(judge, "STORE", tmp_path / "store")
    monkeypatch.setenv("LEARN_WORKSPACE", str(tmp_path / "workspace"))
    exercise = catalogue.find("clamp", tmp_path / "tree")
    workspace.start(exercise, "en")
    verdicts = session.verdicts(exercise)
    assert next(verdicts).verdict == "red"
    right = cut.solution(exercise, cut.index_of(exercise.root))
    save = threading.Timer(0.5, write_files, (workspace.folder(exercise), right))
    save.start()
    assert next(verdicts).verdict == "green"
    verdicts.close()


def test_of_many_failed_assertions_the_first_is_shown():
    message = "a.cpp:1: Failure\n  one\na.cpp:2: Failure\n  two"
    verdict = judge.Verdict("red", [tests.Outcome("A.B", tests.FAILED, message)])
    shown = "\n".join(show.lines(verdict))
    assert "one" in shown
    assert "two" not in shown


def test_only_the_objects_used_last_are_kept(tmp_path):
    (tmp_path / "objects").mkdir()
    for number in range(5):
        made = tmp_path / "objects" / f"{number}.o"
        made.touch()
        os.utime(made, (number, number))
    objects.prune(tmp_path, keep=2)
    assert sorted(o.name for o in (tmp_path / "objects").iterdir()) == ["3.o", "4.o"]
