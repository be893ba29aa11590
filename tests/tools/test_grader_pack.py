# SPDX-License-Identifier: Apache-2.0
"""A pack in a clean folder: known answers have their marks, and a fault is nobody's mark."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from lab_helpers import SEED, made, workshop  # noqa: F401 (fixtures)
from learn.teacher import hostile, layouts, pack, prove
from learn.teacher.expect import answers
from schema_helpers import problems, read, schema


def grade(folder, place, workshop, **env):
    """(exit status, grade file, what was printed) of the pack's own grader."""
    out = place.with_suffix(".json")
    out.unlink(missing_ok=True)
    clean = {key: text for key, text in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-B", folder / "grader" / "grade.py", "--submission", place,
         "--student", "alice", "--out", out, "--objects", workshop / "objects", "--keep"],
        capture_output=True, text=True, check=False, timeout=300, env={**clean, **env},
    )  # fmt: skip
    return done.returncode, read(out) if out.is_file() else {}, done.stderr


def handed_in(made, to, name="reference"):
    files = next(one for one in answers(made.lab, made.known) if one.name == name).files
    return hostile.written(made.known, files, to)


def test_a_pack_keeps_to_its_schema_and_has_no_answer(made):
    table = read(made.folder / "pack.json")
    assert problems(table, schema("pack")) == []
    assert (table["lab"], table["seed"]) == ("L0", SEED)
    clamp, double = table["parts"]
    assert clamp["counted"] == clamp["tests"]  # the starter's hole stops each of them
    assert double["counted"] == ["Double.OfThreeIsSix", "Double.OfLessThanNothingIsLessStill"]
    assert clamp["hidden"] == ["ClampSeeded.BelowIsTheLowest", "ClampSeeded.AboveIsTheHighest"]
    names = {str(f.relative_to(made.folder / "source")) for f in made.folder.rglob("*.*")
             if f.is_relative_to(made.folder / "source")}  # fmt: skip
    assert not names & set(clamp["files"] + double["files"])


@pytest.mark.parametrize("name", layouts.FORMATS)
def test_a_layout_is_proved(made, workshop, tmp_path, name):
    given = layouts.of(name).build(made, tmp_path, "en")
    proof = prove.prove(made, name, given, workshop / "objects")
    assert (proof.problems, proof.packs, proof.answers, proof.named) == ([], 1, 5, 3)


def test_an_answer_of_a_wrong_idea_is_helped(made, workshop, tmp_path):
    status, told, _ = grade(made.folder, handed_in(made, tmp_path / "s", "mutant-forgets_high"),
                            workshop)  # fmt: skip
    assert (status, told["score"], problems(told, schema("grade"))) == (0, 8.8, [])
    part = told["parts"][0]
    assert (part["idea"], part["help"]["en"]) == ("forgets_high", "Nothing stops a large number.")
    seeded = {test["name"]: test["status"] for test in part["tests"] if test["hidden"]}
    assert seeded == {"ClampSeeded.BelowIsTheLowest": "passed",
                      "ClampSeeded.AboveIsTheHighest": "failed"}  # fmt: skip


def broken(made, to, old, new, file="score.py"):
    """A copy of the pack with a fault in its grader."""
    shutil.copytree(made.folder, to)
    text = (to / "grader" / file).read_text("utf-8")
    assert old in text
    (to / "grader" / file).write_text(text.replace(old, new), "utf-8")
    return pack.Made(made.lab, to, made.seed, made.known)


def test_a_grader_that_marks_a_timeout_is_not_given_away(made, workshop, tmp_path):
    wrong = broken(made, tmp_path / "pack", "if result.status == PASSED} & wanted",
                   "if result.status in (PASSED, 'timeout')} & wanted")  # fmt: skip
    proof = prove.attack(wrong, workshop / "objects", "hangs_in_each_test")
    assert (proof.hostile, proof.harm) == (1, 1)
    assert "hostile hangs_in_each_test: it has 8 points, not 0.0" in proof.problems[0]


def test_a_pack_whose_reference_fails_is_not_given_away(made, workshop, tmp_path):
    shutil.copytree(made.folder, tmp_path / "pack")
    table = read(tmp_path / "pack" / "pack.json")
    table["parts"][0]["counted"].append("Clamp.IsNowhere")
    table["parts"][0]["tests"].append("Clamp.IsNowhere")
    (tmp_path / "pack" / "pack.json").write_text(json.dumps(table))
    wrong = pack.Made(made.lab, tmp_path / "pack", made.seed, made.known)
    given = layouts.of("dir").build(wrong, tmp_path, "en")
    proof = prove.prove(wrong, "dir", given, workshop / "objects")
    assert proof.packs == 0
    assert "reference has 6.7 points for 01-toy/1-clamp, not 8.0" in proof.problems[0]


@pytest.mark.parametrize("name", [
    "forges", "prints_success", "writes_a_result", "has_a_main", "compares_for_itself",
    "writes_elsewhere", "leaves_a_process", "reads_the_grader", "is_a_link", "climbs_out",
    "calls_home", "brings_tests"])  # fmt: skip
def test_a_hostile_submission_does_no_harm(made, workshop, name):
    proof = prove.attack(made, workshop / "objects", name)
    assert (proof.hostile, proof.harm, proof.problems) == (1, 0, [])


@pytest.mark.parametrize(("name", "told"), [
    ("calls_home", "it has called out"), ("writes_elsewhere", "it has written"),
    ("reads_other_processes", "it has read what it may not read")])  # fmt: skip
def test_without_walls_harm_is_seen(made, workshop, tmp_path, name, told):
    """As root of a machine that has no walls at all: then nothing but this proof sees it."""
    wrong = broken(made, tmp_path / "pack", "    root = os.getuid() == 0\n",
                   "    return ()\n    root = os.getuid() == 0\n", "run.py")  # fmt: skip
    text = (tmp_path / "pack" / "grader" / "run.py").read_text("utf-8")
    (tmp_path / "pack" / "grader" / "run.py").write_text(text.replace(
        "    if os.getuid() != 0:\n        return None\n", "    return None\n"), "utf-8")
    proof = prove.attack(wrong, workshop / "objects", name)
    assert proof.harm == 1
    assert any(told in text for text in proof.problems), proof.problems


def test_an_include_of_the_pack_shows_nothing(made, workshop, tmp_path):
    """The rule for includes is not all: the compiler itself cannot read the seed."""
    wrong = broken(made, tmp_path / "pack", "    if refused:\n", "    if not refused:\n",
                   "grade.py")  # fmt: skip
    place = handed_in(made, tmp_path / "s")
    file = place / "01-toy/1-clamp/src/netpoll/toy/toy.cpp"
    file.write_text(file.read_text() + f'#include "{wrong.folder}/pack.json"\n')
    told = grade(wrong.folder, place, workshop)[1]
    assert told["status"] == "ok"
    assert '"prelude"' not in json.dumps(told)


def test_a_missing_compiler_is_nobodys_mark(made, workshop, tmp_path):
    place = handed_in(made, tmp_path / "s")
    (tmp_path / "bin").mkdir()
    status, told, said = grade(made.folder, place, workshop, PATH=str(tmp_path / "bin"))
    assert status == 4
    assert (told["status"], "score" in told) == ("error", False)
    assert problems(told, schema("grade")) == []
    assert "g++ or nm is not installed" in said


def test_an_exception_of_the_grader_is_nobodys_mark(made, workshop, tmp_path):
    wrong = broken(made, tmp_path / "pack", "def build(self", "def built(self", "compile.py")
    status, told, _ = grade(wrong.folder, handed_in(made, tmp_path / "s"), workshop)
    assert (status, told["status"], "score" in told) == (4, "error", False)
    assert "AttributeError" in told["error"]


def test_a_machine_on_which_nothing_passes_is_no_mark(made, workshop, tmp_path):
    """Here every program is ended at once: a sound test does not pass either."""
    wrong = broken(made, tmp_path / "pack", 'plan.get("address_space")', "1 << 20", "jail.py")
    status, told, _ = grade(wrong.folder, handed_in(made, tmp_path / "s"), workshop)
    assert (status, told["status"], "score" in told) == (4, "error", False)
