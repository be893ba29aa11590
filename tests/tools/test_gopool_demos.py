# SPDX-License-Identifier: Apache-2.0
"""Chapter 4's demos print what its pages show, and what strace counts of them is as told."""

import re
import shutil
import subprocess

import pytest

from learn.gates import speed
from learn.paths import BUILD, NOTES

DEMOS = ("thread_per_task", "full_pool", "lost_wake", "wakes")
BIN = BUILD / "release" / "bin"
# A box that shows one command of build/release and, below it, what it prints.
SHOWN = re.compile(r"^```console\n\$ build/release/bin/(\w+)\n(.+?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module", autouse=True)
def built():
    assert (BUILD / "release" / "build.ninja").exists(), "first: ./learn test --only release"
    command = ["cmake", "--build", BUILD / "release", "--target", *DEMOS]
    subprocess.run(command, check=True, capture_output=True, timeout=600)


def output(*command) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_page_shows_is_what_the_demo_prints(language):
    shown = SHOWN.findall((NOTES / language / "04-gopool.md").read_text(encoding="utf-8"))
    assert [name for name, _ in shown] == ["thread_per_task", "lost_wake", "full_pool"]
    for name, text in shown:
        assert output(BIN / name) == text


def test_a_task_at_a_time_needs_few_threads():
    text = output(BIN / "thread_per_task", "quick")
    started = int(re.fullmatch(r"1000 tasks, threads started: (\d+)\n", text)[1])
    assert 1 <= started <= 50


def traced(call: str, *command) -> int:
    """How often the program and its threads made that system call."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    if subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], check=False,
                      capture_output=True, timeout=60).returncode:
        pytest.skip("strace may not trace here")
    done = subprocess.run(["strace", "-f", "-qq", "-c", "-e", f"trace={call}", *command],
                          check=True, capture_output=True, text=True, timeout=120)
    return speed.calls(done.stderr)


def test_a_batch_costs_one_wake():
    """1000 tasks: about 2000 futex calls one at a time, about 20 in 10 batches."""
    assert traced("futex", BIN / "wakes", "1") > 1500
    assert traced("futex", BIN / "wakes", "100") < 100


def test_threads_are_counted_from_outside_too():
    assert traced("clone,clone3", BIN / "thread_per_task") == 1050
