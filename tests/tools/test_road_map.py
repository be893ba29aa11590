# SPDX-License-Identifier: Apache-2.0
"""The road map: prerequisites as a picture and a table, routes that fit their time."""

import re

import pytest

from learn import paths
from learn.site import chapters, content, road_map

CHAPTER = """minutes = {minutes}
prerequisites = [{needs}]
{more}
[title]
en = "Title {number}"
zh = "标题 {number}"
"""
WRITTEN = """owns = []
upstream = []
scenarios = []
exercises = []
invariants = []
[goals]
en = ["Do {number}."]
zh = ["做 {number}。"]
"""
ROUTE = """
[[route]]
id = "short"
hours = [1, 2]
chapters = ["01-a", "02-b"]
title = {en = "Short", zh = "短"}
why = {en = "Why.", zh = "为什么。"}
"""


def chapter(root, name, minutes, needs="", planned=False):
    number = name[:2]
    more = "planned = true" if planned else WRITTEN.format(number=number)
    head, _, goals = more.partition("[goals]")
    text = CHAPTER.format(minutes=minutes, needs=needs, number=number, more=head)
    folder = root / "chapters" / name
    folder.mkdir(parents=True)
    (folder / "chapter.toml").write_text(text + (f"[goals]{goals}" if goals else ""))
    for language in () if planned else ("en", "zh"):
        page = root / "notes" / language / f"{name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"# {name}\n")


@pytest.fixture
def root(tmp_path):
    chapter(tmp_path, "01-a", 30)
    chapter(tmp_path, "02-b", 40, '"01-a"')
    chapter(tmp_path, "03-c", 50, '"01-a", "02-b"', planned=True)
    (tmp_path / "chapters" / "routes.toml").write_text(ROUTE)
    return tmp_path


def test_a_planned_chapter_loads_and_is_shown_without_a_link(root):
    assert [c.planned for c in chapters.load_all(root)] == [False, False, True]
    table = road_map.roads(root, "en")
    assert "| [1 · Title 01](01-a.md) | 30 | – | Do 01. |" in table
    assert "| 3 · Title 03 (planned) | 50 | 1, 2 | – |" in table
    assert "03-c.md" not in table


def test_a_planned_chapter_is_in_no_navigation(root, monkeypatch):
    monkeypatch.setattr(content, "chapter_ids", lambda: ["01-a", "02-b", "03-c"])
    assert content.navigation(root / "notes")[0] == {"Chapters": ["01-a.md", "02-b.md"]}


@pytest.mark.parametrize(("change", "says"), [
    (lambda root: (root / "notes/en/03-c.md").write_text("# c"), "planned, but notes/en/03-c.md"),
    (lambda root: [(root / f"notes/{x}/02-b.md").unlink() for x in ("en", "zh")],
     "notes/en/02-b.md is missing; write it, or say planned = true"),
])  # fmt: skip
def test_planned_and_written_do_not_mix(root, change, says):
    change(root)
    with pytest.raises(chapters.ChapterError, match=re.escape(says)):
        chapters.load_all(root)


def test_the_picture_has_a_box_a_chapter_an_arrow_a_need_and_no_ids(root):
    picture = road_map.roads(root, "en").splitlines()[0]
    assert picture.count('class="node') == 3 and picture.count('class="edge"') == 3
    assert 'class="node planned"' in picture
    assert 'role="img"' in picture and " id=" not in picture
    assert "标题" in road_map.roads(root, "zh").splitlines()[0]


def test_a_route_lists_its_chapters_and_sums_their_minutes(root):
    text = road_map.routes(root, "en")
    assert "### Short {#short}" in text
    assert "2. [2 · Title 02](02-b.md) — 40 min" in text
    assert "**1 h 10 min**" in text


@pytest.mark.parametrize(("old", "new", "says"), [
    ("[1, 2]", "[2, 3]", "70 minutes, not 2 to 3 hours"),
    ('"02-b"]', '"09-x"]', "there is no chapter 09-x"),
    ('"01-a", "02-b"', '"02-b", "01-a"', "02-b needs 01-a, which comes later"),
])  # fmt: skip
def test_a_route_that_does_not_work_is_refused(root, old, new, says):
    assert old in ROUTE
    (root / "chapters" / "routes.toml").write_text(ROUTE.replace(old, new))
    with pytest.raises(road_map.RoadError, match=says):
        road_map.routes(root, "en")


def test_the_routes_of_the_book_work():
    assert [route.id for route in road_map.load_routes(paths.ROOT)] == [
        "three-hours", "weekend", "term"]  # fmt: skip
