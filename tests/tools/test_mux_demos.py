# SPDX-License-Identifier: Apache-2.0
"""Chapter 13's demos print what its pages show, and strace counts the same system calls."""

import pytest

from demo_helpers import BIN, build, calls, output, shown

DEMOS = ("flushes", "lock_or_queue", "packet_order")


@pytest.fixture(scope="module", autouse=True)
def built():
    build(*DEMOS)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_page_shows_is_what_the_demo_prints(language):
    boxes = shown("13-mux", language)
    assert [name for name, _ in boxes] == list(DEMOS)
    for name, text in boxes:
        assert output(BIN / name) == text


def test_strace_counts_the_same_system_calls():
    """64 by the lock, 64 one by one, 2 together."""
    assert calls("sendto,sendmsg", BIN / "flushes") == 64 + 64 + 2
