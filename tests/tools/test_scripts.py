# SPDX-License-Identifier: Apache-2.0
"""The shell scripts: with pipefail nobody at the end of a pipe leaves before all is said.

Whoever writes into a pipe that nobody reads any more ends by SIGPIPE, status 141, if he is
late; and the whole pipe has failed. A quiet machine does not show it.
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
