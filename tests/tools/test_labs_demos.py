# SPDX-License-Identifier: Apache-2.0
"""A lab's demonstration prints what its folder says: labs/*/demo.sh against demo.txt."""

import subprocess

import pytest

from learn.paths import ROOT

SECONDS_MAX = 60  # a class waits for 20; a busy machine may take longer
MAY_NOT_TRACE = 77
DEMOS = sorted(ROOT.glob("labs/L*/demo.sh"))


def printed(script) -> str:
    """What the demonstration prints; the test is skipped where strace may not trace."""
    done = subprocess.run(["bash", script], capture_output=True, text=True, check=False,
                          timeout=SECONDS_MAX, cwd="/")  # fmt: skip
    if done.returncode == MAY_NOT_TRACE:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("script", DEMOS, ids=lambda file: file.parent.name)
def test_a_demonstration_prints_what_its_folder_says(script):
    assert printed(script) == script.with_name("demo.txt").read_text("utf-8")


def test_every_lab_has_a_demonstration():
    labs = sorted(file.parent for file in ROOT.glob("labs/L*/lab.toml"))
    assert [file.parent for file in DEMOS] == labs
    assert labs
