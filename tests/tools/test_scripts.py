# SPDX-License-Identifier: Apache-2.0
"""The shell scripts: with pipefail nobody at the end of a pipe leaves before all is said.

Whoever writes into a pipe that nobody reads any more ends by SIGPIPE, status 141, if he is
late; and the whole pipe has failed. A quiet machine does not show it.

Nor does it show a script that sleeps and then looks: on a busy one it looks too early. So
chapters/waits.sh waits for states; a time that is itself to pass is told behind the sleep.
"""

import re

import pytest

from learn.paths import ROOT

LEAVES = re.compile(r"head\b|grep .*-\w*[qm]|awk .*\bexit *[};]|sed .*\bq *[};']", re.DOTALL)


def early_leavers(text: str) -> list[str]:
    """The commands that read a pipe and may leave early."""
    if "pipefail" not in text:
        return []
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    parts = re.split(r"(?<!\|)\|(?!\|)", code)
    return [part.strip() for part in parts[1:] if LEAVES.match(part.strip())]


CHAPTERS = sorted(f for f in ROOT.glob("chapters/**/*.sh") if "recorded" not in f.parts)
SCRIPTS = [*CHAPTERS, *sorted(ROOT.glob("labs/*/*.sh"))]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda f: str(f.relative_to(ROOT)))
def test_no_reader_of_a_pipe_leaves_early(script):
    # traced.sh is read by scripts that have pipefail.
    assert early_leavers("pipefail\n" + script.read_text("utf-8")) == []


@pytest.mark.parametrize("line", [
    "port=$(sed -n p file | head -n 1)",
    "! sed p file | grep -qv '^T'",
    "strace true |\n  awk '/a/ { print; exit }'",
    "calls | grep -m1 epoll",
    "calls | sed -n '/a/{p;q}'",
])  # fmt: skip
def test_fault_a_reader_that_leaves_is_seen(line):
    assert early_leavers(f"set -o pipefail\n{line}\n")


def unexplained_sleeps(text: str) -> list[str]:
    """The lines that let a time pass: not in the search of a loop, and without a reason."""
    lines = [line.strip() for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [line for line in lines
            if re.search(r"\bsleep +[\d.]", line) and not re.search(r"^until .*; do |  # ", line)]


@pytest.mark.parametrize("script", [file for file in SCRIPTS if file.name != "waits.sh"],
                         ids=lambda f: str(f.relative_to(ROOT)))  # fmt: skip
def test_a_script_waits_for_a_state_and_not_for_a_time(script):
    assert unexplained_sleeps(script.read_text("utf-8")) == []


def test_fault_a_sleep_before_a_look_is_seen():
    assert unexplained_sleeps("echo hello >&3\nsleep 0.3\ncalls\n") == ["sleep 0.3"]
