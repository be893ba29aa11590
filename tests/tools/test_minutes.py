# SPDX-License-Identifier: Apache-2.0
"""The minutes of a chapter are measured, and its pages say the same number."""

import re

import pytest

from learn import index, paths
from learn.site import chapters, minutes

WRITTEN = [chapter for chapter in chapters.load_all() if not chapter.planned]
BEFORE = re.compile(r"^## .*\{#before\}\s+(\d+)", re.MULTILINE)


def measured(chapter, language):
    page = paths.NOTES / language / f"{chapter.id}.md"
    return minutes.of_page(page.read_text(encoding="utf-8"), language, index.load(), paths.ROOT)


@pytest.mark.parametrize("chapter", WRITTEN, ids=lambda chapter: chapter.id)
def test_the_minutes_are_near_what_is_measured(chapter):
    """Planted: 90 for a chapter that takes 40 is red."""
    both = [measured(chapter, language) for language in ("en", "zh")]
    mean = sum(both) / 2
    assert abs(both[0] - both[1]) < minutes.OFF * mean
    assert abs(chapter.minutes - mean) <= minutes.OFF * mean, f"measured {mean:.0f}"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("chapter", WRITTEN, ids=lambda chapter: chapter.id)
def test_the_page_says_the_minutes_of_chapter_toml(chapter, language):
    page = (paths.NOTES / language / f"{chapter.id}.md").read_text(encoding="utf-8")
    said = BEFORE.search(page)
    assert said and int(said[1]) == chapter.minutes


def test_words_characters_and_lines_count(tmp_path):
    english = "word " * minutes.WORDS
    chinese = "字" * minutes.CHARACTERS
    lines = "```text\n" + "x\n" * minutes.LINES + "```\n"
    assert minutes.of_page(english, "en", None, tmp_path) == 1
    assert minutes.of_page(chinese, "zh", None, tmp_path) == 1
    assert minutes.of_page(lines, "en", None, tmp_path) == 1
    linked = english + "[word](a-long-link.md){ .x }\n\n" + lines
    assert minutes.of_page(linked, "en", None, tmp_path) < 2.1
