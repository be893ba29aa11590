# SPDX-License-Identifier: Apache-2.0
"""What chapter 3 shows of its demos is what they print, but for the memory in MiB."""

import re

import pytest

from demo_helpers import BIN, build, calls, output
from learn import paths
from learn.site.content import LANGUAGES

# A row of naive_pool: rounds, taker, freer, system; then the RSS, which varies.
_ROW = re.compile(r"^ *(\d+) +(\d+|-) +(\d+|-) +(\d+) +[\d.]+$", re.MULTILINE)


@pytest.fixture(scope="module", autouse=True)
def built():
    build("naive_pool", "mistakes")


@pytest.fixture(scope="module")
def printed():
    return _ROW.findall(output(BIN / "naive_pool") + output(BIN / "naive_pool", "mcache"))


def page(language: str) -> str:
    return (paths.NOTES / language / "03-mcache.md").read_text("utf-8")


def strange(text: str, printed: list[tuple]) -> list[tuple]:
    shown = _ROW.findall(text)
    assert len(shown) == 7
    return [row for row in shown if row not in printed]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_the_rows_of_both_pools(language, printed):
    assert strange(page(language), printed) == []


def test_a_row_that_was_not_printed_is_seen(printed):
    planted = page("en").replace("3200    3200", "3200    3201")
    assert strange(planted, printed) == [("50", "0", "3200", "3201")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_what_a_mistake_does(language):
    assert output(BIN / "mistakes", "twice").strip() in page(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_counts_how_often_the_kernel_is_asked(language):
    """Exactly these with one glibc; another one may grow its heap in other steps."""
    naive, pooled = re.search(r"(760)\D{1,6}(11)", page(language)).groups()
    assert abs(calls("brk", BIN / "naive_pool") - int(naive)) < 40
    assert abs(calls("brk", BIN / "naive_pool", "mcache") - int(pooled)) < 5
