# SPDX-License-Identifier: Apache-2.0
"""A class that nobody wrote: every kind of answer, the same for the same seed."""

import json
import random
from collections import Counter

import pytest

from learn.exercise import catalogue, cut, workspace
from learn.teacher import sample_class

EXERCISES = ["05-reading/1-peek", "01-blocking/1-read-exact"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    return folder, sample_class.write(folder, list(map(catalogue.find, EXERCISES)), 20, 3)


def files(folder):
    return {str(f.relative_to(folder)): f.read_text() for f in folder.rglob("*") if f.is_file()}


def test_every_kind_is_there_and_is_what_it_says(made):
    folder, answers = made
    for exercise in map(catalogue.find, EXERCISES):
        index = cut.index_of(exercise.root)
        right = workspace.local(exercise, cut.solution(exercise, index))
        starters = [workspace.local(exercise, cut.starter(exercise, index, language))
                    for language in ("en", "zh")]  # fmt: skip
        mine = [answer for answer in answers if answer.exercise == exercise.id]
        kinds = Counter(answer.kind for answer in mine)
        assert sum(kinds.values()) == 20 == len({answer.student for answer in mine})
        # A build has no faults in its functions, as nobody cuts them.
        assert set(kinds) == set(sample_class.KINDS) - ({"wild"} if exercise.inner else set())
        for answer in mine:
            there = files(folder / answer.student / exercise.id)
            if answer.kind == "missing":
                assert there == {}
            elif answer.kind == "starter":
                assert there in starters
            else:
                assert (there == right) == (answer.kind == "reference"), answer
                assert set(there) == set(right), answer


def test_the_same_seed_makes_the_same_class(made, tmp_path):
    folder, answers = made
    again = sample_class.write(tmp_path, list(map(catalogue.find, EXERCISES)), 20, 3)
    assert again == answers and files(tmp_path) == files(folder)
    other = sample_class.write(tmp_path / "other", [catalogue.find(EXERCISES[0])], 20, 4)
    assert [a.kind for a in other] != [a.kind for a in answers[:20]]


def test_what_each_is_stands_beside_the_class(made):
    folder, answers = made
    told = json.loads((folder / sample_class.TRUTH).read_text())
    assert [sample_class.Answer(**entry) for entry in told] == answers
    assert len([one for one in folder.iterdir() if one.is_dir()]) == 20


@pytest.mark.parametrize("count", [1, 2, 5, 200])
def test_as_many_as_were_asked_for(count):
    kinds = Counter(sample_class._kinds(random.Random(1), count))
    assert sum(kinds.values()) == count
    if count == 200:
        assert kinds == {kind: 2 * share for kind, share in sample_class.KINDS.items()}
