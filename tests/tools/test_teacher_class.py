# SPDX-License-Identifier: Apache-2.0
"""A class is graded: killed and begun again, twice at once, with a grader that breaks."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from learn import say
from learn.gate import ENVIRONMENT, GREEN, USAGE
from learn.paths import TOOLS
from learn.run.bounded import Limits
from learn.teacher import class_run, class_show
from learn.teacher.class_files import ClassError, read_grade
from teacher_helpers import FILE, PARTS, a_class, a_pack, log, marks, write

WAIT_S = 30
RUN = ("import sys; from pathlib import Path; from learn.teacher import class_show; "
       "sys.exit(class_show.grade(Path(sys.argv[1]), Path(sys.argv[2]), True))")  # fmt: skip


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("LEARN_LANG", "en")
    monkeypatch.setattr(say, "_chosen", None)


def begin(folder, pack):
    """A run of its own, which can be killed."""
    return subprocess.Popen([sys.executable, "-c", RUN, folder, pack],
                            env=os.environ | {"PYTHONPATH": str(TOOLS), "LEARN_LANG": "en"},
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(true):
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)


def graders(folder):
    """The processes that grade a submission of this class now."""
    def ours(file):
        try:
            return f"--submission={folder}".encode() in file.read_bytes()
        except OSError:
            return False  # it has just ended

    return [file for file in Path("/proc").glob("[0-9]*/cmdline") if ours(file)]


def grade_files(folder):
    return sorted((folder / "grades").glob("*.json"))


def test_every_submission_is_marked_once(tmp_path):
    folder, pack = a_class(tmp_path / "class", 6), a_pack(tmp_path / "pack")
    told = []
    result = class_run.run(folder, pack, lambda *one: told.append(one))
    assert (result.students, result.graded, result.kept, result.errors) == (6, 6, 0, [])
    assert sorted(log(pack)) == sorted(marks(folder)) == [f"s{n:03}" for n in range(6)]
    assert sorted(student for student, _, _ in told) == sorted(marks(folder))
    assert result.exit_code() == GREEN and result.processor_seconds > 0


def test_a_run_killed_in_the_middle_goes_on_and_marks_as_one_in_one_go(tmp_path):
    whole, pack = a_class(tmp_path / "whole", 16), a_pack(tmp_path / "pack")
    class_run.run(whole, pack)
    folder, slow = a_class(tmp_path / "class", 16), a_pack(tmp_path / "slow", slow=0.2)
    for files in (3, 8):  # killed twice
        process = begin(folder, slow)
        until(lambda least=files: len(grade_files(folder)) >= least)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=WAIT_S)
        before = {f: (f.stat().st_ino, f.read_text()) for f in grade_files(folder)}
        assert files <= len(before) < 16
    result = class_run.run(folder, slow)
    assert (result.students, result.kept) == (16, len(before))
    assert result.graded == 16 - len(before)
    assert marks(folder) == marks(whole)
    assert {f: (f.stat().st_ino, f.read_text()) for f in before} == before  # not marked again
    assert [f.name for f in (folder / "grades").iterdir() if f.suffix != ".json"] == [".lock"]


def test_with_a_run_its_graders_die(tmp_path):
    folder, pack = a_class(tmp_path / "class", 2), a_pack(tmp_path / "pack", slow=3600)
    process = begin(folder, pack)

    try:
        until(lambda: graders(folder))
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=WAIT_S)
    until(lambda: not graders(folder))
    assert grade_files(folder) == []


def test_ctrl_c_ends_it_at_once_and_marks_nobody_wrongly(tmp_path):
    folder, pack = a_class(tmp_path / "class", 3), a_pack(tmp_path / "pack", slow=3600)
    command = [sys.executable, "-m", "learn", "teacher", "grade", folder, "--pack", pack]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(TOOLS)},
                               stderr=subprocess.PIPE, text=True)  # fmt: skip
    try:
        until(lambda: graders(folder))
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=WAIT_S)[1]
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130 and "Traceback" not in errors
    assert grade_files(folder) == []


def test_a_terminal_shows_a_bar(tmp_path):
    folder, pack = a_class(tmp_path / "class", 3), a_pack(tmp_path / "pack", slow=0.5)
    main, terminal = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(TOOLS), "LEARN_LANG": "en", "TERM": "xterm",
                                "COLUMNS": "100"}
    with subprocess.Popen([sys.executable, "-c", RUN, folder, pack], env=environment,
                          stdout=subprocess.DEVNULL, stderr=terminal) as process:
        os.close(terminal)
        shown = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while more := os.read(main, 4096):
                shown += more
    os.close(main)
    assert process.returncode == GREEN
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert "grading ━" in plain and re.search("[12]/3 ", plain) and "s00" in plain
    assert "3 submissions: 3 graded now" in plain


def test_two_runs_over_one_folder_do_not_collide(tmp_path):
    folder, pack = a_class(tmp_path / "class", 4), a_pack(tmp_path / "pack", slow=0.3)
    first = begin(folder, pack)
    until((folder / "grades" / ".part").is_dir)
    second = begin(folder, pack)
    errors = second.communicate(timeout=WAIT_S)[1]
    assert second.returncode == USAGE and "another run grades" in errors
    assert first.wait(timeout=WAIT_S) == GREEN
    first.communicate()
    assert sorted(log(pack)) == ["s000", "s001", "s002", "s003"]


def test_only_what_changed_is_graded_again(tmp_path):
    folder, pack = a_class(tmp_path / "class", 4), a_pack(tmp_path / "pack")
    class_run.run(folder, pack)
    write(folder / "s002" / PARTS[0] / FILE, "int other = 5;\n")
    write(folder / "s001" / "notes.txt", "not of an exercise of the pack\n")
    result = class_run.run(folder, pack)
    assert (result.graded, result.kept) == (1, 3)
    assert log(pack)[4:] == ["s002"]
    for change in ("source/src/a.cpp", "grader/more.py"):  # another pack: every mark is old
        write(pack / change, "# other\n")
        assert class_run.run(folder, pack).graded == 4
    (pack / "objects" / "a.o").write_text("made")
    assert class_run.run(folder, pack).graded == 0


@pytest.mark.parametrize("spoilt", ["", "{", "{}", '{"schema": "other/1"}'])
def test_half_a_grade_file_is_no_grade(tmp_path, spoilt):
    folder, pack = a_class(tmp_path / "class", 2), a_pack(tmp_path / "pack")
    class_run.run(folder, pack)
    right = marks(folder)
    (folder / "grades" / "s001.json").write_text(spoilt)
    assert class_run.run(folder, pack).graded == 1
    assert marks(folder) == right


@pytest.mark.parametrize("spoilt", [
    {"schema": "annotated-netpoll/grade/2"}, {"status": "fine"}, {"score": 11}, {"score": -1},
    {"score": "x"}, {"parts": None}, {"max": None},
])  # fmt: skip
def test_a_grade_file_is_looked_at(tmp_path, spoilt):
    grade = {"schema": "annotated-netpoll/grade/1", "status": "ok", "score": 5, "max": 10,
             "parts": []}  # fmt: skip
    file = write(tmp_path / "a.json", json.dumps(grade))
    assert read_grade(file) == grade
    write(file, json.dumps(grade | spoilt))
    with pytest.raises(ClassError, match=r"a\.json is no grade file"):
        read_grade(file)


def test_a_fault_of_the_grader_is_no_mark_and_is_tried_again(tmp_path, capsys):
    folder, pack = a_class(tmp_path / "class", 3), a_pack(tmp_path / "pack")
    answer = folder / "s001" / PARTS[0] / FILE
    write(answer, "break the grader")
    assert class_show.grade(folder, pack, True) == ENVIRONMENT
    said = json.loads(capsys.readouterr().out)
    assert (said["graded"], said["errors"], said["ok"]) == (2, ["s001"], False)
    grade = json.loads((folder / "grades" / "s001.json").read_text())
    assert grade["status"] == "error" and "score" not in grade
    assert grade["error"] == "Traceback: the grader broke"
    assert class_run.run(folder, pack).errors == ["s001"]
    write(answer, "int mended;\n")
    result = class_run.run(folder, pack)
    assert (result.graded, result.kept, result.errors) == (1, 2, [])


def test_a_grader_that_hangs_is_ended(tmp_path):
    folder, pack = a_class(tmp_path / "class", 1), a_pack(tmp_path / "pack", slow=3600)
    result = class_run.run(folder, pack, limits=Limits(seconds=1.0))
    assert result.errors == ["s000"]
    assert json.loads((folder / "grades" / "s000.json").read_text())["error"] == "time"


def test_a_pack_that_does_not_compile_marks_nobody(tmp_path):
    folder, pack = a_class(tmp_path / "class", 1), a_pack(tmp_path / "pack", prepare=3)
    with pytest.raises(ClassError, match="exit status 3"):
        class_run.run(folder, pack)
    assert grade_files(folder) == []


def test_what_may_be_a_lost_submission_is_told(tmp_path):
    folder, pack = a_class(tmp_path / "class", 1), a_pack(tmp_path / "pack")
    write(folder / "list.csv", "no submission\n")
    write(folder / ".git" / "config", "")
    assert class_run.run(folder, pack).students == 1
    for name in ("zoe.7z", "yan.rar"):
        lost = write(folder / name, "")
        with pytest.raises(ClassError, match=name):
            class_run.run(folder, pack)
        lost.unlink()
    (folder / "xu").symlink_to(folder / "s000")
    with pytest.raises(ClassError, match="xu"):
        class_run.run(folder, pack)
    (folder / "xu").unlink()
    (folder / "a\nb").mkdir()
    with pytest.raises(ClassError, match="cannot be printed"):
        class_run.run(folder, pack)


def test_an_archive_is_a_submission(tmp_path):
    folder, pack = a_class(tmp_path / "class", 2), a_pack(tmp_path / "pack")
    for name in ("zoe.zip", "Yan.Li.tar.gz"):
        write(folder / name, name)
    handed_in = class_run.submissions(folder, class_run.pack_of(pack))
    assert [one.student for one in handed_in] == ["Yan.Li", "s000", "s001", "zoe"]
    class_run.run(folder, pack)
    assert sorted(log(pack)) == sorted(marks(folder)) == ["Yan.Li", "s000", "s001", "zoe"]
    write(folder / "zoe.zip", "changed")
    assert class_run.run(folder, pack).graded == 1
    (folder / "zoe").mkdir()
    with pytest.raises(ClassError, match="zoe has handed in twice"):
        class_run.run(folder, pack)


def test_an_archive_alone_in_a_folder_is_what_was_handed_in(tmp_path):
    folder, pack = a_class(tmp_path / "class", 0), a_pack(tmp_path / "pack")
    write(folder / "zoe" / "lab3.tar.gz", "packed")
    write(folder / "zoe" / ".DS_Store", "of no interest")
    write(folder / "yan" / "lab3.tar.gz", "packed")
    write(folder / "yan" / "old.tar.gz", "which of the two?")
    handed_in = class_run.submissions(folder, class_run.pack_of(pack))
    assert {one.student: one.place.name for one in handed_in} == {"zoe": "lab3.tar.gz", "yan": "yan"}


def test_who_handed_in_nothing_of_the_lab_is_told(tmp_path, capsys):
    folder, pack = a_class(tmp_path / "class", 1), a_pack(tmp_path / "pack")
    write(folder / "zoe" / "notes.txt", "I was ill")
    assert class_show.grade(folder, pack, False) == GREEN
    said = capsys.readouterr()
    assert "zoe: nothing of this lab was handed in" in said.out + said.err


def test_files_that_are_none_are_not_opened(tmp_path):
    folder, pack = a_class(tmp_path / "class", 1), a_pack(tmp_path / "pack")
    home = folder / "s000" / PARTS[0] / "src"
    os.mkfifo(home / "pipe")
    (home / "link").symlink_to("/etc/passwd")
    (home / "loop").symlink_to(home)
    pack_facts = class_run.pack_of(pack)
    first = class_run.submissions(folder, pack_facts)
    (home / "loop").unlink()
    assert class_run.submissions(folder, pack_facts) != first


def test_the_grade_of_who_left_stays_and_is_named(tmp_path):
    folder, pack = a_class(tmp_path / "class", 3), a_pack(tmp_path / "pack")
    class_run.run(folder, pack)
    (folder / "s000").rename(tmp_path / "gone")
    result = class_run.run(folder, pack)
    assert (result.students, result.without_submission) == (2, ["s000"])
    assert (folder / "grades" / "s000.json").is_file()
