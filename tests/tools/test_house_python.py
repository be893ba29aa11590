# SPDX-License-Identifier: Apache-2.0
"""ruff and mypy in the gate "house": a planted fault is seen, and seen again until it is mended."""

import tomllib

import pytest

from learn.gates import house, house_python
from learn.paths import ROOT

HEAD = "# SPDX-License-" + "Identifier: Apache-2.0\n"
TYPED = HEAD + "def twice(n: int) -> int:\n    return n * 2\n"


@pytest.fixture
def tree(tmp_path):
    plant(tmp_path, "tools/learn/__init__.py", HEAD)
    plant(tmp_path, "tools/learn/twice.py", TYPED)
    return tmp_path


def plant(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def found(root):
    return list(house_python.check(house.Tree(root)))


FAULTS = [
    ("tools/x.py", "import os\n", "F401"),
    ("tools/x.py", "print(unknown)\n", "F821"),
    ("tools/x.py", f"x = '{'x' * 96}'\n", "E501"),
    ("tools/x.py", "import subprocess\n\nsubprocess.run('ls', shell=True, check=True)\n", "S602"),
    ("tools/x.py", "import socket\n\nsocket.socket().bind(('0.0.0.0', 80))\n", "S104"),
    ("tools/x.py", "def f(:\n", "invalid-syntax"),
    ("tools/grader/x.py", "match 1:\n    case 1:\n        pass\n", "Python 3.9"),
    ("tests/tools/test_x.py", "import sys, os\n", "E401"),
    ("exercises/01-a/1-b/measure.py", "import os\n", "F401"),
    ("tools/learn/x.py", "def f() -> str:\n    return 1\n", "Incompatible return value"),
    ("tools/learn/x.py", "from learn.twice import thrice\n\nprint(thrice)\n", "no attribute"),
    ("tools/learn/x.py", "from learn.twice import twice\n\nprint(twice('a'))\n", "[arg-type]"),
]


@pytest.mark.parametrize(("name", "text", "expected"), FAULTS, ids=[f"{f[2]}" for f in FAULTS])
def test_a_planted_fault_is_seen_each_time(tree, name, text, expected):
    plant(tree, name, HEAD + text)
    for _ in range(2):  # what was wrong once is not remembered as right
        assert name in [one.file for one in found(tree) if expected in one.text]


def test_python_in_order_is_green_and_not_read_again(tree, monkeypatch):
    assert found(tree) == []
    monkeypatch.setattr(house_python, "_run", None)
    assert found(tree) == []


def test_a_module_that_is_clean_now_comes_off_the_list(tree):
    plant(tree, "tools/learn/x.py", HEAD + "def f() -> str:\n    return 1\n")
    later = ["tools/learn/x.py", "tools/learn/twice.py"]
    (problem,) = house_python.types(house.Tree(tree), later)
    assert "nothing against tools/learn/twice.py" in problem.text


def test_what_is_to_be_mended_later_is_there():
    later = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["learn"]["mypy-later"]
    assert later == sorted(set(later)) and all((ROOT / name).is_file() for name in later)


def test_a_missing_tool_is_not_a_pass(tree, monkeypatch):
    monkeypatch.setattr(house_python, "RUFF", ROOT / "no" / "ruff")
    result = house.run(None, tree)
    assert (result.ok, result.exit_code()) == (False, 4)
