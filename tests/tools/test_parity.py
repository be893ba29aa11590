# SPDX-License-Identifier: Apache-2.0
"""The gate parity: each way in which two languages can fall apart is seen red."""

import pytest

from learn.gates import parity

EN = """# Doorbell

## Goals {#goals}

Write 8 bytes, see [the man page](https://man7.org/eventfd).

| a | b |
|---|---|
| 1 | 2 |

{{ src("Waker::ring") }}

A ring costs one write to the **file descriptor**.
"""
ZH = """# 门铃

## 目标 {#goals}

写 8 个字节，见[手册](https://man7.org/eventfd)。

| 甲 | 乙 |
|---|---|
| 1 | 2 |

{{ src("Waker::ring") }}

按一次铃，就往**文件描述符**里写一次。
"""
GLOSSARY = '[[term]]\nen = "file descriptor"\nzh = "文件描述符"\navoid_zh = "描述字"\n'


@pytest.fixture
def notes(tmp_path):
    for language, text in (("en", EN), ("zh", ZH)):
        (tmp_path / language).mkdir()
        (tmp_path / language / "07-waker.md").write_text(text)
    (tmp_path / "glossary.toml").write_text(GLOSSARY)
    assert parity.confirm(tmp_path) == 2
    assert parity.check(tmp_path).ok
    return tmp_path


def edit(notes, language, old, new):
    page = notes / language / "07-waker.md"
    assert old in page.read_text()
    page.write_text(page.read_text().replace(old, new))


def texts(result):
    return " ".join(str(problem) for problem in result.problems)


def test_the_figures_count_units(notes):
    assert parity.check(notes).figures == {"units": 2, "unconfirmed": 0}


@pytest.mark.parametrize("language, old, new", [
    ("en", "A ring costs one write", "A ring costs at most one write"),
    ("zh", "按一次铃", "每按一次铃"),
])  # fmt: skip
def test_an_edit_of_one_language_is_red_until_confirmed(notes, language, old, new):
    edit(notes, language, old, new)
    result = parity.check(notes, settle=True)
    assert not result.ok and result.figures["unconfirmed"] == 1
    assert f"/{language}/07-waker.md" in result.problems[0].file
    assert parity.confirm(notes, "07-waker") == 1
    assert parity.check(notes).ok


def test_an_edit_of_both_is_green_and_recorded_then_one_is_red_again(notes):
    edit(notes, "en", "A ring", "Each ring")
    edit(notes, "zh", "按一次铃", "每按一次铃")
    assert not parity.check(notes, settle=False).ok  # in CI the record must be committed
    assert parity.check(notes, settle=True).ok
    assert parity.check(notes, settle=False).ok
    edit(notes, "en", "Each ring", "Any ring")
    assert not parity.check(notes, settle=True).ok


def test_wrapping_lines_another_way_is_no_edit(notes):
    edit(notes, "en", "A ring costs one", "A ring\ncosts one")
    assert parity.check(notes).ok


@pytest.mark.parametrize("old, new, said", [
    ("{#goals}", "{#goal}", "headings or directives differ"),
    ("{#goals}", "", "without an id"),
    ("Waker::ring", "Waker::answer", "headings or directives differ"),
    ("man7.org/eventfd", "man7.org/epoll", "links differ"),
    ("| 1 | 2 |", "| 1 | 2 |\n| 1 | 2 |", "tables differ"),
    ("写 8 个字节", "写 9 个字节", "numbers differ"),
    ("文件描述符", "它", "nowhere in zh"),
    ("写一次", "写一次描述字", "another word"),
])  # fmt: skip
def test_what_differs_in_shape_is_red_even_when_confirmed(notes, old, new, said, monkeypatch):
    monkeypatch.setenv("LEARN_LANG", "en")
    edit(notes, "zh", old, new)
    parity.confirm(notes)
    result = parity.check(notes)
    assert not result.ok and said in texts(result)


def test_search_words_may_be_those_that_a_page_does_not_use(notes):
    for language, title, word in (("en", "# Doorbell", "handle"), ("zh", "# 门铃", "描述字")):
        edit(notes, language, title, f"---\nsearch:\n  words: [{word}]\n---\n\n{title}")
    parity.confirm(notes)
    assert parity.check(notes).ok


def test_a_page_in_one_language_only_is_red(notes):
    (notes / "zh" / "07-waker.md").unlink()
    assert not parity.check(notes, settle=True).ok


def test_thirty_wan_is_three_hundred_thousand(notes):
    edit(notes, "en", "costs one write", "costs 1 write in 300,000")
    edit(notes, "zh", "写一次", "写 1 次，30 万分之一")
    assert parity.check(notes, settle=True).ok


def test_a_broken_ledger_is_one_line(notes):
    (notes / "parity.json").write_text("{")
    result = parity.check(notes)
    assert not result.ok and len(result.problems) == 1
