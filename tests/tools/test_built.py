# SPDX-License-Identifier: Apache-2.0
"""Programs that are up to date are not built, and CMake is not asked."""

import os
import re

import pytest

from learn import paths
from learn.exercise import explore, model
from learn.run import build, built


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A tree, and what its builds were asked for: they only write the programs."""
    (tmp_path / "src" / "netpoll").mkdir(parents=True)
    (tmp_path / "src" / "netpoll" / "a.cpp").write_text("int a;\n")
    (tmp_path / "CMakeLists.txt").write_text("add_subdirectory(src)\n")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    monkeypatch.setattr(built, "ENVIRONMENT", tmp_path / "environment")
    asked = []

    def make(preset, *targets):
        asked.append((preset, *targets))
        folder = tmp_path / "build" / preset / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        for target in targets:
            (folder / target).write_text(f"{len(asked)}")
        return folder

    monkeypatch.setattr(build, "build", make)
    return tmp_path, asked


def touch(file):
    """A later time of change, whatever the clock of the file system."""
    times = file.stat()
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns + 1))


def test_what_has_not_changed_is_built_once(tree):
    root, asked = tree
    for _ in range(3):
        assert built.bring("release", "echo", "lent") == root / "build/release/bin"
    assert asked == [("release", "echo", "lent")]
    built.bring("release", "lent")  # alone it is as well known as with another
    assert len(asked) == 1
    built.bring("release", "lent", "holders")  # one of them is new
    built.bring("record", "echo")
    assert asked[1:] == [("release", "lent", "holders"), ("record", "echo")]


@pytest.mark.parametrize("fault", [
    lambda root: touch(root / "src/netpoll/a.cpp"),
    lambda root: touch(root / "CMakeLists.txt"),
    lambda root: (root / "src/netpoll/a.cpp").write_text("int a = 1;\n"),
    lambda root: (root / "src/netpoll/b.cpp").write_text(""),
    lambda root: (root / "src/netpoll/a.cpp").unlink(),
    lambda root: (root / "environment").write_text("another compiler"),
    lambda root: (root / "build/release/bin/echo").unlink(),
    lambda root: touch(root / "build/release/bin/echo"),
])  # fmt: skip
def test_whatever_changes_is_built_again_and_once(tree, fault):
    root, asked = tree
    built.bring("release", "echo")
    fault(root)
    built.bring("release", "echo")
    built.bring("release", "echo")
    assert len(asked) == 2


def test_an_edit_during_the_build_is_not_taken_for_built(tree, monkeypatch):
    root, asked = tree
    plain = build.build

    def interrupted(preset, *targets):
        touch(root / "src/netpoll/a.cpp")
        return plain(preset, *targets)

    monkeypatch.setattr(build, "build", interrupted)
    built.bring("release", "echo")
    monkeypatch.setattr(build, "build", plain)
    built.bring("release", "echo")
    assert len(asked) == 2


def test_a_build_that_failed_is_tried_again(tree, monkeypatch):
    _, asked = tree
    plain = build.build

    def failing(preset, *targets):
        raise build.BuildError("broken", "log")

    monkeypatch.setattr(build, "build", failing)
    with pytest.raises(build.BuildError):
        built.bring("release", "echo")
    monkeypatch.setattr(build, "build", plain)
    built.bring("release", "echo")
    assert len(asked) == 1


def test_an_explore_asks_for_its_programs_once(tree):
    root, asked = tree
    exercise = model.Exercise("01-toy/1-count", root, "explore", 5, 1, [], {}, {},
                              measure="measure.sh", programs=["echo"])  # fmt: skip
    for _ in range(3):
        explore.bring_programs(exercise)
    assert asked == [("release", "echo")]


def test_every_folder_that_cmake_reads_is_looked_at():
    text = (paths.ROOT / "CMakeLists.txt").read_text()
    folders = re.findall(r"add_subdirectory\((\S+?)[ )]", text)
    modules = re.findall(r"CMAKE_MODULE_PATH \$\{PROJECT_SOURCE_DIR\}/(\w+)", text)
    assert len(folders) >= 6 and modules
    unseen = [name for name in (*folders, *modules)
              if not any(f"{name}/".startswith(f"{seen}/") for seen in built.SOURCES)]
    assert unseen == []
    assert all((paths.ROOT / name).exists() for name in built.SOURCES)
