# SPDX-License-Identifier: Apache-2.0
"""Hidden tests of a teacher's own: in the pack, with their points, and nowhere else."""

import json

import pytest

from lab_helpers import SEED, lab_tree, workshop  # noqa: F401 (a fixture)
from learn.exercise.model import ExerciseError
from learn.teacher import lab as labs
from learn.teacher import layouts, pack, private, prove
from learn.teacher.lab import LabError

TABLE = """
[[parts]]
exercise = "01-toy/1-clamp"
tests = ["mine_test.cpp"]
points = 2
"""
# The header beside it, the tree's own, and the seed, as hidden tests have them.
TEST = """
#include <gtest/gtest.h>

#include "labs/seed.h"
#include "low.h"
#include "netpoll/toy/toy.h"

TEST(Mine, ANegativeOneIsRaised) {
  EXPECT_EQ(netpoll::toy::clamp(-5, kLow, 9), kLow);
}

TEST(Mine, SoIsOneOfTheSeed) {
  const int low = lab_seed() % 1000;
  EXPECT_EQ(netpoll::toy::clamp(low - 3, low, low + 1), low);
}
"""


@pytest.fixture
def mine(tmp_path):
    """The teacher's folder, outside of the tree."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "private.toml").write_text(TABLE)
    (folder / "mine_test.cpp").write_text(TEST)
    (folder / "low.h").write_text("#pragma once\nconstexpr int kLow = 3;\n")
    return folder


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return lab_tree(tmp_path_factory.mktemp("private") / "tree")


def added(tree, mine, layout="dir"):
    return private.added(labs.find("L0", tree), mine, layout)


def refused(tree, mine, to):
    """The one line on which the pack ends."""
    with pytest.raises(ExerciseError) as problem:
        pack.make(added(tree, mine), to / "pack", SEED)
    assert "\n" not in str(problem.value)
    assert not (to / "pack").exists()
    return str(problem.value)


def test_they_are_in_the_pack_with_their_points(tree, mine, workshop, tmp_path):
    made = pack.make(added(tree, mine), tmp_path / "pack", SEED)
    part, other = json.loads((made.folder / "pack.json").read_text())["parts"]
    assert (part["private"], part["private_points"]) == (
        ["Mine.ANegativeOneIsRaised", "Mine.SoIsOneOfTheSeed"], 2)
    assert (part["hidden_points"], len(part["hidden"])) == (3, 2)
    assert (other["private"], other["private_points"]) == ([], 0)
    for name in ("mine_test.cpp", "low.h"):
        assert (made.folder / "source/private" / name).is_file()
    given = layouts.of("autolab").build(made, tmp_path, "en")
    proof = prove.prove(made, "autolab", given, workshop / "objects")
    assert (proof.problems, proof.packs, proof.named) == ([], 1, 3)
    # What students get has neither the tests nor their names.
    for file in (given / "writeup/README.md", *given.glob("*-handout.tar")):
        assert b"Mine" not in file.read_bytes()
        assert b"mine_test" not in file.read_bytes()


def test_a_compiler_does_not_tell_of_them(tree, mine, workshop, tmp_path):
    """Of the answer's own faults a student reads; of what the teacher's tests say, nothing."""
    (mine / "mine_test.cpp").write_text(TEST.replace("TEST(Mine, ANeg", """
namespace netpoll::toy {
int also(int value);
}
TEST(Mine, AlsoIsThere) {
  EXPECT_EQ(netpoll::toy::clamp(netpoll::toy::also(1), 3, 9), 3);
}
TEST(Mine, ANeg"""))
    lab = added(tree, mine)
    source = next(one for one in lab.parts[0].exercise.root.rglob("toy.cpp"))
    kept = source.read_text("utf-8")
    source.write_text(kept + "namespace netpoll::toy {\nint also(int value) { return value; }\n}\n")
    try:
        made = pack.make(lab, tmp_path / "pack", SEED)
    finally:
        source.write_text(kept)
    place = tmp_path / "handed_in" / "01-toy/1-clamp/src/netpoll/toy"
    place.mkdir(parents=True)
    (place / "toy.cpp").write_text(kept)  # what the teacher's test wants is not in it
    (tmp_path / "room").mkdir()
    given = layouts.of("dir").build(made, tmp_path, "en")
    layouts.of("dir").room(given, tmp_path / "room")
    got = layouts.of("dir").grade(tmp_path / "room", tmp_path / "handed_in",
                                  {"GRADER_OBJECTS": str(workshop / "objects")})  # fmt: skip
    part = got.grade["parts"][0]
    assert part["verdict"] == "does_not_compile"
    assert "error: a hidden test cannot be built with these files" in part["compiler"]
    assert "mine_test" not in part["compiler"]
    assert "AlsoIsThere" not in part["compiler"]


def test_a_grader_that_forgets_them_is_not_given_away(tree, mine, workshop, tmp_path):
    made = pack.make(added(tree, mine), tmp_path / "pack", SEED)
    score = made.folder / "grader" / "score.py"
    text = score.read_text("utf-8")
    wrong = text.replace("verdict.hidden, part.private)", "verdict.hidden, [])")
    assert wrong != text
    score.write_text(wrong, "utf-8")
    given = layouts.of("dir").build(made, tmp_path, "en")
    proof = prove.prove(made, "dir", given, workshop / "objects")
    assert "reference has 8 points for 01-toy/1-clamp, not 10.0" in proof.problems[0]


@pytest.mark.parametrize(("table", "told"), [
    ("", "has 0 parts; 1 at least"),
    (TABLE.replace("1-clamp", "9-none"), "01-toy/9-none is no part of L0; its parts are: 01-toy/1"),
    (TABLE + TABLE, "names 01-toy/1-clamp twice"),
    (TABLE.replace('["mine_test.cpp"]', "[]"), "tests of 01-toy/1-clamp is empty"),
    (TABLE.replace("mine_test", "other_test"), "there is no test other_test.cpp: name a .cpp"),
    (TABLE.replace("mine_test", "../mine_test"), "there is no test ../mine_test.cpp"),
    (TABLE.replace("points = 2", "points = 0"), "points is 0; 1 at least"),
    (TABLE.replace("[[parts]]", "[[parts"), "is not TOML"),
])  # fmt: skip
def test_a_mistake_in_the_table_is_one_line(tree, mine, table, told):
    (mine / "private.toml").write_text(table)
    with pytest.raises(LabError) as problem:
        added(tree, mine)
    assert str(problem.value).startswith("mine/private.toml: ")
    assert told in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_folder_that_is_none_is_one_line(tree, tmp_path):
    with pytest.raises(LabError, match="none: there is no private.toml; write one"):
        added(tree, tmp_path / "none")


def test_a_pack_that_students_have_takes_none(tree, mine):
    with pytest.raises(LabError, match="lies in the students' repository"):
        added(tree, mine, "actions")


def test_a_test_that_the_reference_fails(tree, mine, workshop, tmp_path):
    (mine / "mine_test.cpp").write_text(TEST.replace("9), kLow", "9), 4"))
    assert "the real source fails Mine.ANegativeOneIsRaised" in refused(tree, mine, tmp_path)


def test_a_test_that_the_starter_passes(tree, mine, workshop, tmp_path):
    (mine / "mine_test.cpp").write_text(TEST + "\nTEST(Mine, Gift) { EXPECT_EQ(kLow, 3); }\n")
    assert "the unfinished file passes Mine.Gift already" in refused(tree, mine, tmp_path)


def test_a_test_whose_name_is_taken(tree, mine, workshop, tmp_path):
    file = mine / "mine_test.cpp"
    file.write_text(TEST + "\nTEST(ClampSeeded, BelowIsTheLowest) {}\n")
    told = refused(tree, mine, tmp_path)
    assert f"{file}: ClampSeeded.BelowIsTheLowest is a test of 01-toy/1-clamp already" in told
    file.write_text(TEST + "\nTEST(Mine, SoIsOneOfTheSeed) {}\n")
    assert "Mine.SoIsOneOfTheSeed is a test of mine_test.cpp already" in refused(
        tree, mine, tmp_path)  # fmt: skip


def test_a_test_that_does_not_compile(tree, mine, workshop, tmp_path):
    (mine / "mine_test.cpp").write_text(TEST.replace("kLow, 9", "kHigh, 9"))
    told = refused(tree, mine, tmp_path)
    assert "does not compile with the real source" in told
    assert "kHigh" in told


def test_an_include_that_is_nowhere(tree, mine, workshop, tmp_path):
    (mine / "low.h").unlink()
    assert refused(tree, mine, tmp_path) == (
        "private/mine_test.cpp: includes low.h, which is not there; mend the include")


def test_a_file_without_a_test(tree, mine, workshop, tmp_path):
    (mine / "mine_test.cpp").write_text('#include "low.h"\nint nothing = kLow;\n')
    assert "no TEST in it" in refused(tree, mine, tmp_path)
