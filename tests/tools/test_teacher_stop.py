# SPDX-License-Identifier: Apache-2.0
"""./learn teacher is stopped in the middle. Of `pack` no process runs on, and no half pack lies
where packs are given away; after `grade` the next run begins at once."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab_helpers import lab_tree, workshop  # noqa: F401 (a fixture)
from learn import paths
from learn.teacher import class_run
from learn.teacher.layouts import common
from teacher_helpers import a_class, a_pack

PROGRAM = """
import sys
from pathlib import Path
from learn import cli
from learn.exercise import judge
from learn.teacher import cli as teacher
from learn.teacher import lab as labs
tree, home, out = map(Path, sys.argv[1:4])
judge.STORE, teacher.OBJECTS = home / "judge", home / "objects"
find = labs.find
labs.find = lambda name: find(name, tree)
sys.exit(cli.main(["teacher", "pack", "L0", "--seed", "5", "--out", str(out)]))
"""
MARK = "LEARN_STOP_TEST"  # in the environment of each process of this test
PATIENCE = 180


def with_mark(mark):
    """Every process that has it, but for those of another user's."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"{MARK}={mark}".encode() in (
                    entry / "environ").read_bytes():  # fmt: skip
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def begin(tmp_path, workshop):
    """Starts it; returns the process when its standard error has had these words."""
    started = []

    def start(words, tree):
        (tmp_path / "tmp").mkdir()
        env = {**os.environ, MARK: str(tmp_path), "TMPDIR": str(tmp_path / "tmp"),
               "PYTHONPATH": str(paths.TOOLS)}  # fmt: skip
        said = tmp_path / "said"
        with said.open("w") as out:
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, tree, workshop, tmp_path / "out"],
                env=env, stdout=out, stderr=out, stdin=subprocess.DEVNULL)  # fmt: skip
        started.append(process)
        until(lambda: words in said.read_text() or process.poll() is not None)
        assert process.poll() is None, said.read_text()
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize(("number", "words"), [
    (signal.SIGTERM, "or to do harm"), (signal.SIGINT, "in a clean folder"),
    (signal.SIGTERM, "the project's judge")])  # fmt: skip
def test_a_signal_leaves_nothing(begin, tmp_path, number, words):
    process = begin(words, lab_tree(tmp_path / "tree"))
    if words == "or to do harm":
        until(lambda: any("sleep 3600" in command for command in with_mark(tmp_path)))
    process.send_signal(number)
    assert process.wait(30) == 130
    assert "stopped" in (tmp_path / "said").read_text().splitlines()[-1].lower()
    assert with_mark(tmp_path) == []
    assert list((tmp_path / "out").iterdir()) == []
    assert list((tmp_path / "tmp").iterdir()) == []


def test_even_a_kill_leaves_no_process_and_no_half_pack(begin, tmp_path):
    process = begin("or to do harm", lab_tree(tmp_path / "tree"))
    until(lambda: any("sleep 3600" in command for command in with_mark(tmp_path)))
    process.kill()
    process.wait()
    until(lambda: with_mark(tmp_path) == [])
    assert list((tmp_path / "out").iterdir()) == []


def test_an_older_pack_stays_until_the_new_one_is_whole(tmp_path, monkeypatch):
    given, target = tmp_path / "new" / "L0-dir", tmp_path / "packs"
    for folder, text in ((given, "new"), (target / "L0-dir", "old")):
        folder.mkdir(parents=True)
        (folder / "pack.json").write_text(text)

    def breaks(source, half):
        shutil.copytree(source, half)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(shutil, "move", breaks)
        common.put(given, target)
    assert [file.name for file in target.iterdir()] == ["L0-dir"]
    assert (target / "L0-dir/pack.json").read_text() == "old"
    common.put(given, target)
    assert [file.name for file in target.iterdir()] == ["L0-dir"]
    assert (target / "L0-dir/pack.json").read_text() == "new"


# A run that is killed between the fork of a grader and its exec.
FORKS = """
import os, sys, time
from pathlib import Path
from learn.teacher import class_run
with class_run._alone(Path(sys.argv[1])):
    child = os.fork()
    if child:
        print(child, flush=True)
    time.sleep(60)
"""


def test_a_killed_run_leaves_the_folder_to_the_next_at_once(tmp_path):
    folder, pack = a_class(tmp_path / "class", 1), a_pack(tmp_path / "pack")
    with subprocess.Popen([sys.executable, "-c", FORKS, folder], stdout=subprocess.PIPE,
                          env=os.environ | {"PYTHONPATH": str(paths.TOOLS)}) as first:
        child = int(first.stdout.readline())
        first.kill()
        first.wait()
        try:
            assert class_run.run(folder, pack).graded == 1
        finally:
            os.kill(child, signal.SIGKILL)
