# SPDX-License-Identifier: Apache-2.0
"""A tree with one tiny lab of two parts, and its pack."""

import shutil
from pathlib import Path

import pytest

from learn import paths
from learn.exercise import judge
from learn.teacher import lab as labs
from learn.teacher import pack

DATA = Path(__file__).parent / "data"
SEED = 20417


def lab_tree(to: Path) -> Path:
    shutil.copytree(DATA / "exercise_tree", to)
    shutil.copytree(DATA / "lab_tree", to, dirs_exist_ok=True)
    return to


@pytest.fixture
def tree(tmp_path):
    """A copy that a test may break."""
    return lab_tree(tmp_path / "tree")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """Where the judge and the grader keep what they have built. All files of tests share it:
    an object is found again by the content of all that went into it."""
    home = tmp_path_factory.getbasetemp() / "workshop"
    if not home.exists():
        prelude = paths.BUILD / "exercise" / "prelude"
        prelude.mkdir(parents=True, exist_ok=True)
        (home / "judge").mkdir(parents=True)
        (home / "judge" / "prelude").symlink_to(prelude)
        (home / "objects").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "STORE", home / "judge")
        yield home


@pytest.fixture(scope="module")
def made(workshop, tmp_path_factory):
    """The lab's pack, which no test may change."""
    top = tmp_path_factory.mktemp("made")
    return pack.make(labs.find("L0", lab_tree(top / "tree")), top / "pack", SEED)
