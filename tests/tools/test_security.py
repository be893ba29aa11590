# SPDX-License-Identifier: Apache-2.0
"""SECURITY.md in both languages: what it names is there, and the limits are those of the code."""

import re

import pytest

from learn.paths import ROOT, SRC

PAGES = ("SECURITY.md", "SECURITY.zh.md")
# A field of the options, as a page writes its value and as the header does.
LIMITS = {
    "max_input": ("4 MiB", "std::size_t max_input = 4 * 1024 * 1024;"),
    "read_timeout": ("0", "milliseconds read_timeout{0};"),
    "write_timeout": ("0", "milliseconds write_timeout{0};"),
    "idle_timeout": ("0", "milliseconds idle_timeout{0};"),
    "keepalive": ("0", "seconds keepalive{0};"),
    "linger": ("5 s", "milliseconds linger{5000};"),
    "GoPoolOptions::cap": ("10000", "std::size_t cap = 10'000;"),
}


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_each_test_that_holds_a_promise_is_there(page):
    named = re.findall(r"`((?:tests|src|tools)/[^`]+)`", text(page))
    assert len(named) > 12
    assert [name for name in named if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("page", PAGES)
def test_each_promise_is_held_by_a_test(page):
    promises = text(page).split("\n## ")[2].splitlines()
    rows = [line for line in promises if line.startswith("| ")][1:]
    assert len(rows) == 9 and all("`tests/" in row.split(" | ")[-1] for row in rows)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", LIMITS)
def test_each_limit_is_the_codes(page, name):
    said, written = LIMITS[name]
    folder = "gopool" if "::" in name else "connection"
    code = "".join(file.read_text() for file in (SRC / "netpoll" / folder).glob("*.h"))
    assert written in code
    (row,) = re.findall(rf"^\| `{name}` \| ([^|]+) \|", text(page), re.MULTILINE)
    assert re.split("[:：]", row)[0] == said


def test_both_languages_name_the_same():
    english, chinese = (re.findall(r"`[^`]+`", text(page)) for page in PAGES)
    other = {"`tools/grader/README.md`", "`tools/grader/README.zh.md`"}
    assert set(english) - other == set(chinese) - other
    assert text(PAGES[0]).count("\n## ") == text(PAGES[1]).count("\n## ")
