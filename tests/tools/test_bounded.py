# SPDX-License-Identifier: Apache-2.0
"""Programs that hang, print without end, eat memory or hide: all end, and nothing is left."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from learn.paths import TOOLS
from learn.run import bounded
from learn.run.bounded import LEARNER, MB, Kept, Limits, run

SHORT = replace(LEARNER, seconds=20.0, memory=200 * MB)


def python(code):
    return [sys.executable, "-I", "-S", "-c", code]


def alive(mark):
    """The processes whose command line holds `mark`; an ended one that nobody reaped is none."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark.encode() in (folder / "cmdline").read_bytes():
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                found += [int(folder.name)] if state != "Z" else []
        except OSError:
            continue
    return found


def eventually(true, seconds=20.0):
    """Asks again and again, for a bounded time."""
    deadline = time.monotonic() + seconds
    while not (answer := true()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return answer


@pytest.mark.parametrize(("command", "status"), [
    (["true"], 0), (["sh", "-c", "exit 3"], 3), (["sh", "-c", "kill -SEGV $$"], -signal.SIGSEGV),
    (["/no/such/program"], 127)])
def test_the_exit_status_is_the_programs(command, status):
    ended = run(command, LEARNER)
    assert (ended.status, ended.why) == (status, "")


def test_input_and_output_go_through():
    text = b"x" * 300_000
    assert run(["cat"], LEARNER, stdin=text).output == text.decode()
    ended = run(["sh", "-c", "echo out; echo err >&2"], LEARNER, apart=True)
    assert (ended.output, ended.errors) == ("out\n", "err\n")


def test_a_program_that_prints_without_end_is_ended():
    ended = run(["yes"], SHORT)
    assert (ended.why, len(ended.output)) == ("output", 1 * MB)


@pytest.mark.parametrize("code", ["kept = []\nwhile True: kept.append(bytearray(1 << 20))",
                                  "import os\nif os.fork(): os.wait()\nkept = []\n"
                                  "while True: kept.append(bytearray(1 << 20))"])
def test_a_program_that_allocates_without_end_is_ended(code):
    assert run(python(code), SHORT).why == "memory"


def test_what_is_mapped_is_limited_as_well():
    ended = run(python(f"kept = bytearray({LEARNER.address_space + MB})"), LEARNER)
    assert (ended.status, ended.why) == (1, "")
    assert "MemoryError" in ended.output


def test_a_file_has_a_largest_size(tmp_path):
    small = replace(LEARNER, file=4 * MB)
    ended = run(["head", "-c", "9000000", "/dev/zero"], small)
    assert ended.why == "output"  # a pipe is no file
    with (tmp_path / "big").open("wb") as big, Kept(["head", "-c", "9M", "/dev/zero"], small,
                                                    stdout=big) as kept:
        assert kept.process.wait(20) == -signal.SIGXFSZ
    assert (tmp_path / "big").stat().st_size == 4 * MB


def test_too_many_processes_are_ended():
    code = "import os, time\nwhile True:\n if not os.fork(): time.sleep(300)\n time.sleep(0.001)"
    assert run(python(code), LEARNER).why == "processes"


@pytest.mark.parametrize("command", [
    ["sleep", "300"], ["sh", "-c", "exec >&- 2>&-; sleep 300"],
    ["sh", "-c", "trap '' TERM INT HUP; while :; do :; done"],
    ["sh", "-c", "while :; do echo again; sleep 0.05; done"]])
def test_the_deadline_covers_reading(command):
    ended = run(command, replace(LEARNER, seconds=0.5))
    assert (ended.why, ended.status) == ("time", -signal.SIGKILL)


def test_what_the_program_leaves_behind_ends_with_it(tmp_path):
    mark = f"300.{os.getpid()}1"
    ended = run(["sh", "-c", f"setsid sleep {mark} & (sleep {mark} &) ; echo done"], LEARNER)
    assert (ended.output, ended.status) == ("done\n", 0)
    assert alive(mark) == []


PARENT = """
import sys; sys.path.insert(0, {tools!r})
from learn.run.bounded import LEARNER, run
run(["sh", "-c", "setsid sleep {mark} & (sleep {mark} &) ; while :; do :; done"], LEARNER)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_nothing_is_left_when_the_command_dies(number):
    mark = f"300.{os.getpid()}2{int(number)}"
    with subprocess.Popen([sys.executable, "-c", PARENT.format(tools=str(TOOLS), mark=mark)],
                          stderr=subprocess.DEVNULL) as parent:
        assert eventually(lambda: len(alive(mark)) >= 5)  # parent, keeper, shell, two sleeps
        parent.send_signal(number)
        parent.wait(20)
    assert eventually(lambda: not alive(mark)), alive(mark)


def test_nothing_is_left_when_the_keeper_is_killed():
    mark = f"300.{os.getpid()}3"
    with Kept(["sleep", mark], Limits()) as kept:
        assert eventually(lambda: len(alive(mark)) == 2)
        kept.process.kill()
        assert eventually(lambda: not alive(mark)), alive(mark)


def test_ctrl_c_that_another_thread_gets_ends_the_wait():
    over = threading.Event()

    def gets_it():
        time.sleep(0.1)  # so that the main thread waits, most likely
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        return over.wait(20)

    with ThreadPoolExecutor(1) as pool:
        try:
            with pytest.raises(KeyboardInterrupt):
                started = [pool.submit(gets_it)]
                list(bounded.each_done(started))
            assert not started[0].done()
        finally:
            over.set()


def test_a_program_that_starts_after_the_first_look_ends_too(monkeypatch):
    looked, end_all = threading.Event(), bounded.end_all

    def look():
        end_all()
        looked.set()

    def late():
        assert looked.wait(60)
        return bounded.run(["sleep", "30"], bounded.NONE)

    monkeypatch.setattr(bounded, "end_all", look)
    with ThreadPoolExecutor(1) as pool:
        ended, never = pool.submit(late), pool.submit(late)
        pool.shutdown(wait=False, cancel_futures=True)
        bounded.end_all_until([ended, never])
    assert never.cancelled()
    assert ended.result().status != 0


def test_a_program_without_limits_dies_with_its_block():
    mark = f"300.{os.getpid()}4"
    with Kept(["sleep", mark], bounded.NONE):
        assert eventually(lambda: len(alive(mark)) == 2)
    assert alive(mark) == []
