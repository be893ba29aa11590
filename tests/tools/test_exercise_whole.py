# SPDX-License-Identifier: Apache-2.0
"""The whole server with a learner's files: which files, what is compiled, what is compared."""

import json
import subprocess

import pytest

from exercise_helpers import ID, answer, change, exercise, tree  # noqa: F401 (fixtures)
from learn import paths
from learn.exercise import show, whole, workspace
from learn.exercise.model import ExerciseError
from learn.record.runs import Bench

CMAKE = """\
cmake_minimum_required(VERSION 3.25)
project(toy LANGUAGES CXX)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
add_executable(toy programs/toy.cpp src/netpoll/toy/toy.cpp)
target_include_directories(toy PRIVATE src)
target_compile_features(toy PRIVATE cxx_std_23)
"""
PROGRAM = """\
#include "netpoll/toy/toy.h"
int main() { return netpoll::toy::clamp(7, 1, 3); }
"""
PRESETS = {"version": 6, "configurePresets": [
    {"name": "record", "generator": "Ninja", "binaryDir": "${sourceDir}/build/record"}]}
RIGHT = "  return value < low ? low : value > high ? high : value;"


@pytest.fixture
def mine(tree, exercise, tmp_path, monkeypatch):
    """A tree with a program, and the learner's right answer in the workspace."""
    for name, text in {"CMakeLists.txt": CMAKE, "CMakePresets.json": json.dumps(PRESETS),
                       "programs/toy.cpp": PROGRAM,
                       "chapters/01-toy/chapter.toml": 'scenarios = ["a", "a+fault"]\n',
                       }.items():  # fmt: skip
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    monkeypatch.setattr(whole, "HOME", tmp_path / "mine")
    monkeypatch.setattr(whole, "TREE", tmp_path / "mine" / "tree")
    answer(exercise, RIGHT)
    return exercise


def text_in_tree() -> str:
    return (whole.TREE / "src/netpoll/toy/toy.cpp").read_text()


def test_the_learners_files_stand_in_place_of_the_real_ones(mine):
    whole.stand(mine)
    mine_now = (workspace.folder(mine) / "src/netpoll/toy/toy.cpp").read_text()
    assert text_in_tree() == mine_now
    real = (mine.root / "src/netpoll/toy/toy.h").read_text()
    assert (whole.TREE / "src/netpoll/toy/toy.h").read_text() == real


def test_what_has_not_changed_is_not_written_again(mine):
    whole.stand(mine)
    header, source = (whole.TREE / f"src/netpoll/toy/toy.{end}" for end in ("h", "cpp"))
    before = header.stat().st_mtime_ns, source.stat().st_mtime_ns
    (whole.TREE / "src" / "stray.cpp").write_text("")
    answer(mine, "  return low;")
    whole.stand(mine)
    assert header.stat().st_mtime_ns == before[0]
    assert source.stat().st_mtime_ns != before[1]
    assert not (whole.TREE / "src" / "stray.cpp").exists()


@pytest.mark.parametrize(("body", "status"), [(RIGHT, 3), ("  return value - low;", 6)])
def test_the_program_is_compiled_from_what_the_learner_wrote(mine, body, status):
    answer(mine, body)
    whole.stand(mine)
    program = whole.built("record", "toy") / "toy"
    assert subprocess.run([program], check=False).returncode == status


def test_faults_are_no_scenario_of_an_exercise(mine):
    assert whole.scenarios(mine) == ["a"]
    change(mine.root / "chapters/01-toy/chapter.toml", '["a", "a+fault"]', "[]")
    assert whole.scenarios(mine) == ["echo"]


@pytest.mark.parametrize(("change_step", "says"), [
    (None, "✓ echo: "), (3, "✗ echo: this step is not"),
])  # fmt: skip
def test_a_step_that_differs_is_told(mine, monkeypatch, capsys, change_step, says):
    stored = json.loads((paths.TRACES / "echo.json").read_text())
    fresh = json.loads(json.dumps(stored))
    if change_step:
        fresh["steps"][change_step]["fn"] = "Somebody::else_is_called"
    traces = mine.root / "diagrams" / "traces"
    traces.mkdir(parents=True)
    (traces / "echo.json").write_text(json.dumps(stored))
    monkeypatch.setattr(Bench, "record", lambda self, name: fresh)
    change(mine.root / "chapters/01-toy/chapter.toml", '["a", "a+fault"]', "[]")
    (one,) = whole.compared(mine)
    show.compared(one)
    out = capsys.readouterr().out
    assert says in out
    assert ("else_is_called" in out) == bool(change_step)


def test_a_build_has_no_whole_server(mine, monkeypatch):
    change(mine.directory / "exercise.toml", "stars = 1", "stars = 1\nprogram = true")
    object.__setattr__(mine, "kind", "build")
    with pytest.raises(ExerciseError, match=f"{ID} has no files of the library"):
        whole.stand(mine)
