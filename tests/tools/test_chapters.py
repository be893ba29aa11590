# SPDX-License-Identifier: Apache-2.0
"""chapter.toml: what is right loads, every fault is one line with file and mend."""

import pytest

from learn.site import chapters
from learn.site.chapters import ChapterError

RIGHT = """
minutes = 60
prerequisites = ["01-blocking-echo"]
owns = ["src/netpoll/mcache"]
upstream = ["LinkBuffer.Next"]
scenarios = ["half-packet"]
exercises = ["1-size-classes"]

[title]
en = "A pool"
zh = "内存池"

[goals]
en = ["Say why."]
zh = ["说出为什么。"]

[[invariants]]
id = "inv-1"
en = "One owner."
zh = "只有一个主人。"
"""


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "src" / "netpoll" / "mcache").mkdir(parents=True)
    (tmp_path / "src" / "netpoll" / "mcache" / "mcache.h").touch()
    home = tmp_path / "exercises" / "03-mcache" / "1-size-classes"
    home.mkdir(parents=True)
    (home / "exercise.toml").touch()
    add(tmp_path, "03-mcache", RIGHT)
    return tmp_path


def add(tree, folder: str, text: str) -> None:
    home = tree / "chapters" / folder
    home.mkdir(parents=True, exist_ok=True)
    (home / "chapter.toml").write_text(text, "utf-8")
    for language in ("en", "zh"):
        page = tree / "notes" / language / f"{folder}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.touch()


def test_a_right_chapter_loads(tree):
    (chapter,) = chapters.load_all(tree)
    assert (chapter.id, chapter.number, chapter.minutes) == ("03-mcache", 3, 60)
    assert chapter.title == {"en": "A pool", "zh": "内存池"}
    assert chapter.invariants[0].text["zh"] == "只有一个主人。"
    assert chapter.owns == ["src/netpoll/mcache"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("minutes = 60", "minutes =", "is not TOML"),
        ("minutes = 60", "", "minutes is missing; write what chapters.py shows"),
        ('minutes = 60', 'minutes = "60"', "minutes is missing or not a number; write minutes = …"),
        ('upstream = ["LinkBuffer.Next"]\nscenarios = ["half-packet"]\n', "",
         "scenarios, upstream is missing"),
        ("minutes = 60", "minutes = 0", "minutes = 0; write what a reader needs"),
        ("minutes = 60", "minuets = 60", "unknown key minuets; use"),
        ("01-blocking-echo", "05-later", "prerequisite 05-later is no earlier chapter"),
        ("src/netpoll/mcache", "src/macache", "owns src/macache, which does not exist"),
        ("LinkBuffer.Next", "LinkBuffer.Nxt", "unknown upstream symbol LinkBuffer.Nxt; near:"),
        ("half-packet", "Half Packet", "scenario Half Packet is no name"),
        ('"1-size-classes"', '"2-gone"', "exercises/03-mcache/2-gone has no exercise.toml"),
        ('["half-packet"]', '["echo", "echo"]', "scenarios names something twice"),
        ('zh = "内存池"', "", "title.zh is missing or not a text"),
        ('zh = "内存池"', 'zh = ""', "title.zh is empty; write it"),
        ('zh = ["说出为什么。"]', 'zh = ["一", "二"]', "goals.en and goals.zh differ in number"),
        ('id = "inv-1"', 'id = "inv-2"', "invariant 1 has no id inv-1; number them from 1"),
        ('zh = "只有一个主人。"', "", "inv-1.zh is missing"),
    ],
)
def test_a_fault_is_one_line(tree, old, new, says):
    assert old in RIGHT
    add(tree, "03-mcache", RIGHT.replace(old, new))
    with pytest.raises(ChapterError) as failure:
        chapters.load_all(tree)
    text = str(failure.value)
    assert text.startswith("chapters/03-mcache/chapter.toml: ")
    assert says in text
    assert "\n" not in text


def test_a_folder_must_be_numbered(tree):
    add(tree, "mcache", RIGHT)
    with pytest.raises(ChapterError, match="the folder mcache is no NN-slug; rename it"):
        chapters.load_all(tree)


def test_two_chapters_cannot_own_the_same_file(tree):
    text = RIGHT.replace("src/netpoll/mcache", "src/netpoll/mcache/mcache.h")
    text = text.replace('["1-size-classes"]', "[]")
    add(tree, "04-gopool", text)
    with pytest.raises(ChapterError, match=r"src/netpoll/mcache/mcache.h is owned by 03-mcache too"):
        chapters.load_all(tree)


def test_the_chapters_of_this_tree_load():
    assert [c.number for c in chapters.load_all()] == sorted(c.number for c in chapters.load_all())
