# SPDX-License-Identifier: Apache-2.0
"""The tables that pages show of what there is: terms and recordings."""

import json

import pytest

from learn import paths
from learn.site import lists

PAGES = {
    "01-first": ("# 1 · First\n\n```text\nfutex\n```\n\nA mutex.\n", "# 1 · 第一\n\n一把互斥锁。\n"),
    "02-second": ('# 2 · Second\n\nA Futex, and mutexes.\n\n{{ trace("echo") }}\n',
                  '# 2 · 第二\n\n用 futex。\n\n{{ trace("echo") }}\n'),
}
TERMS = """
[[term]]
en = ["mutex", "mutexes"]
zh = "互斥锁"

[[term]]
en = "futex"
zh = "futex"

[[term]]
en = "back-pressure"
zh = ["反压", "背压"]
"""


@pytest.fixture
def root(tmp_path):
    for name, texts in PAGES.items():
        for language, text in zip(("en", "zh"), texts, strict=True):
            page = tmp_path / "notes" / language / f"{name}.md"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text)
    (tmp_path / "notes" / "glossary.toml").write_text(TERMS)
    traces = tmp_path / "diagrams" / "traces"
    traces.mkdir(parents=True)
    for name in ("echo", "waker"):
        trace = {"title": {"en": f"The {name}", "zh": f"{name} 录像"}, "steps": [{}, {}],
                 "lanes": [{"en": "Client", "zh": "客户端"}, {"en": "Poller", "zh": "轮询线程"}]}
        (traces / f"{name}.json").write_text(json.dumps(trace))
    return tmp_path


def rows(table):
    return [[cell.strip() for cell in line.strip("|").split("|")]
            for line in table.splitlines()[2:]]


def test_a_term_leads_to_the_first_chapter_whose_prose_uses_it(root):
    """Broken variant: blocks of code count, or a part of a longer word."""
    assert rows(lists.terms(root, "en")) == [
        ['<span id="term-back-pressure">back-pressure</span>', "反压", "–"],
        ['<span id="term-futex">futex</span>', "futex", "[2 · Second](02-second.md)"],
        ['<span id="term-mutex">mutex</span>', "互斥锁", "[1 · First](01-first.md)"],
    ]
    mutex = ['<span id="term-mutex">互斥锁</span>', "mutex", "[1 · 第一](01-first.md)"]
    assert mutex in rows(lists.terms(root, "zh"))


def test_a_term_that_is_explained_leads_to_the_heading_above(root):
    """Planted: chapter 1 uses it first; chapter 2 explains it."""
    for language, word in (("en", "mutex"), ("zh", "互斥锁")):
        page = root / "notes" / language / "02-second.md"
        page.write_text(f"# 2 · B\n\n{word}\n\n## C {{#c}}\n\nA **{word}** is this.\n")
    for language in ("en", "zh"):
        (row,) = [row for row in rows(lists.terms(root, language)) if "term-mutex" in row[0]]
        assert row[2] == "[2 · B](02-second.md#c)"


def test_a_recording_leads_to_the_page_that_shows_it_or_to_its_command(root):
    assert rows(lists.recordings(root, "en")) == [
        ["The echo", "2", "Client, Poller", "[2 · Second](02-second.md#trace=echo&step=1)"],
        ["The waker", "2", "Client, Poller", "`./learn record waker`"],
    ]
    assert rows(lists.recordings(root, "zh"))[0][2] == "客户端、轮询线程"


def test_a_what_if_stands_below_its_recording_and_leads_to_its_fork(root):
    folder = root / "diagrams" / "traces"
    trace = json.loads((folder / "echo.json").read_text())
    trace["what_if"] = {"of": "echo", "fork": 18, "title": {"en": "It rains", "zh": "下雨"}}
    (folder / "echo+rain.json").write_text(json.dumps(trace))
    (folder / "echo-two.json").write_text((folder / "echo.json").read_text())

    told = rows(lists.recordings(root, "en"))
    assert [row[0] for row in told] == ["The echo", "↳ It rains", "The echo", "The waker"]
    assert told[1][3] == told[2][3].replace("echo-two", "echo+rain") == "`./learn record echo+rain`"

    page = root / "notes" / "en" / "01-first.md"
    page.write_text(page.read_text() + '\n{{ trace("echo", what_if="echo+rain, echo+snow") }}\n')
    told = rows(lists.recordings(root, "en"))
    assert told[1][3] == "[1 · First](01-first.md#trace=echo+rain&step=18)"
    assert "01-first" in told[0][3] and "01-first" not in told[2][3]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_term_of_the_glossary_is_used_by_a_chapter(language):
    assert [row[0] for row in rows(lists.terms(paths.ROOT, language)) if row[2] == "–"] == []


def test_every_recording_of_the_tree_is_listed():
    count = len(list((paths.ROOT / "diagrams" / "traces").glob("*.json")))
    assert len(rows(lists.recordings(paths.ROOT, "en"))) == count
