# SPDX-License-Identifier: Apache-2.0
"""Chapter 4's demos print what its pages show, and what strace counts of them is as told."""

import re

import pytest

from demo_helpers import BIN, build, calls, output, shown


@pytest.fixture(scope="module", autouse=True)
def built():
    build("thread_per_task", "full_pool", "lost_wake", "wakes")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_page_shows_is_what_the_demo_prints(language):
    boxes = shown("04-gopool", language)
    assert [name for name, _ in boxes] == ["thread_per_task", "lost_wake", "full_pool"]
    for name, text in boxes:
        assert output(BIN / name) == text


def test_a_task_at_a_time_needs_few_threads():
    text = output(BIN / "thread_per_task", "quick")
    started = int(re.fullmatch(r"1000 tasks, threads started: (\d+)\n", text)[1])
    assert 1 <= started <= 50


def test_a_batch_costs_one_wake():
    """1000 tasks: about 2000 futex calls one at a time, about 20 in 10 batches."""
    assert calls("futex", BIN / "wakes", "1") > 1500
    assert calls("futex", BIN / "wakes", "100") < 100


def test_threads_are_counted_from_outside_too():
    assert calls("clone,clone3", BIN / "thread_per_task") == 1050
