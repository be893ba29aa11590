# SPDX-License-Identifier: Apache-2.0
"""A tree with one tiny exercise, for tests that break it or answer it."""

import shutil
from pathlib import Path

import pytest

from learn import paths
from learn.exercise import catalogue, cut, judge, model, workspace
from learn.exercise.tree import write_files
from learn.gates import exercises as gate

SAMPLE = Path(__file__).parent / "data" / "exercise_tree"
ID = "01-toy/1-clamp"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A copy that a test may break; objects that are alike are compiled once for all tests."""
    shutil.copytree(SAMPLE, tmp_path / "tree")
    monkeypatch.setattr(judge, "STORE", tmp_path / "store")
    prelude = paths.BUILD / "exercise" / "prelude"
    prelude.mkdir(parents=True, exist_ok=True)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "prelude").symlink_to(prelude)
    monkeypatch.setenv("LEARN_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("LEARN_LANG", "en")
    monkeypatch.setattr(gate, "MUTANTS_LEAST", 1)
    return tmp_path / "tree"


@pytest.fixture
def exercise(tree):
    return catalogue.find("clamp", tree)


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def answer(exercise, body: str, include: str = "") -> None:
    """Writes what a learner might: the real file with another body in the hole."""
    idea = model.Mutant("idea", "", "", [model.Body("toy::clamp", body)], {})
    changed = cut.mutated(exercise, idea, cut.index_of(exercise.root))
    head = '#include "netpoll/base/check.h"\n' + include + "\n"
    changed = {name: head + text for name, text in changed.items()}
    write_files(workspace.folder(exercise), changed)
