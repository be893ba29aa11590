# SPDX-License-Identifier: Apache-2.0
"""The chapters' demos, for their tests: built in release, run, and counted by strace."""

import re
import shutil
import subprocess

import pytest

from learn.gates import speed
from learn.paths import BUILD, NOTES

BIN = BUILD / "release" / "bin"
# A box that shows one command of build/release and, below it, what it prints.
_SHOWN = re.compile(r"^```console\n\$ build/release/bin/(\w+)\n(.+?)^```", re.MULTILINE | re.DOTALL)


def build(*demos: str) -> None:
    assert (BUILD / "release" / "build.ninja").exists(), "first: ./learn test --only release"
    command = ["cmake", "--build", BUILD / "release", "--target", *demos]
    subprocess.run(command, check=True, capture_output=True, timeout=600)


def shown(page: str, language: str) -> list[tuple[str, str]]:
    """(demo, what it prints) of each such box of a page."""
    return _SHOWN.findall((NOTES / language / f"{page}.md").read_text(encoding="utf-8"))


def output(*command) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def need_strace() -> None:
    """Skips the test where strace is missing or may not trace."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    if subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], check=False,
                      capture_output=True, timeout=60).returncode:
        pytest.skip("strace may not trace here")


def calls(which: str, *command) -> int:
    """How often the program and its threads made those system calls."""
    need_strace()
    done = subprocess.run(["strace", "-f", "-qq", "-c", "-e", f"trace={which}", *command],
                          check=True, capture_output=True, text=True, timeout=120)
    return speed.calls(done.stderr)
