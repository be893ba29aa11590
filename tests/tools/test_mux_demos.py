# SPDX-License-Identifier: Apache-2.0
"""Chapter 13's demos print what its pages show, and strace counts the same system calls."""

import re
import shutil
import subprocess

import pytest

from learn.gates import speed
from learn.paths import BUILD, NOTES

DEMOS = ("flushes", "lock_or_queue", "packet_order")
BIN = BUILD / "release" / "bin"
# A box that shows one command of build/release and, below it, what it prints.
SHOWN = re.compile(r"^```console\n\$ build/release/bin/(\w+)\n(.+?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module", autouse=True)
def built():
    assert (BUILD / "release" / "build.ninja").exists(), "first: ./learn test --only release"
    command = ["cmake", "--build", BUILD / "release", "--target", *DEMOS]
    subprocess.run(command, check=True, capture_output=True, timeout=600)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_page_shows_is_what_the_demo_prints(language):
    shown = SHOWN.findall((NOTES / language / "13-mux.md").read_text(encoding="utf-8"))
    assert [name for name, _ in shown] == list(DEMOS)
    for name, text in shown:
        done = subprocess.run([BIN / name], capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout == text


def test_strace_counts_the_same_system_calls():
    """64 by the lock, 64 one by one, 2 together."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    if subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], check=False,
                      capture_output=True, timeout=60).returncode:
        pytest.skip("strace may not trace here")
    done = subprocess.run(["strace", "-f", "-qq", "-c", "-e", "trace=sendto,sendmsg",
                           BIN / "flushes"], check=True, capture_output=True, text=True, timeout=120)
    assert speed.calls(done.stderr) == 64 + 64 + 2
