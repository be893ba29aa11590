# SPDX-License-Identifier: Apache-2.0
"""The picture of the layers: read from what the build obeys, compared with the readme."""

import shutil

import pytest

from learn import paths
from learn.site import layers

CMAKE = """\
netpoll_layer(base   SOURCES error.cpp)
netpoll_layer(os     DEPENDS base SOURCES epoll.cpp)
netpoll_layer(poller DEPENDS base os
  SOURCES poller.cpp)
"""
README = """\
| layer | folder | what it is | may include |
|---|---|---|---|
| 0 | `netpoll/base` | errors | |
| 1 | `netpoll/os` | sockets | base |
| 2 | `netpoll/poller` | what is ready | base os |
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "CMakeLists.txt").write_text(CMAKE)
    (tmp_path / "src" / "README.md").write_text(README)
    return tmp_path


def test_a_layer_stands_above_all_that_it_may_include(root):
    found = layers.read(root)
    assert found == {"base": [], "os": ["base"], "poller": ["base", "os"]}
    assert layers.ranks(found) == {"base": 0, "os": 1, "poller": 2}
    assert layers.reduced(found) == {"base": [], "os": ["base"], "poller": ["os"]}
    layers.compare_with_readme(root)


@pytest.mark.parametrize(("old", "new"), [
    ("| 2 | `netpoll/poller`", "| 1 | `netpoll/poller`"),
    ("| base os |", "| base |"),
    ("| 1 | `netpoll/os` | sockets | base |\n", ""),
    ("| 2 |", "| 3 | `netpoll/mux` | queue | base |\n| 2 |"),
])  # fmt: skip
def test_fault_a_readme_that_says_something_else(root, old, new):
    assert old in README
    (root / "src" / "README.md").write_text(README.replace(old, new))
    with pytest.raises(layers.LayersDiffer):
        layers.compare_with_readme(root)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_library_has_a_word_for_each_layer(language):
    if not shutil.which("dot"):
        pytest.skip("Graphviz is not installed")
    from types import SimpleNamespace

    shown = layers.figure("src", language, SimpleNamespace(root=paths.ROOT))
    for name in layers.read(paths.ROOT):
        assert f">{name}</text>" in shown
    assert "\n" not in shown
