# SPDX-License-Identifier: Apache-2.0
"""The API reference in the site: the way back to the chapter that owns a symbol."""

from types import SimpleNamespace

from learn.site import reference_pages

TAGS = """<?xml version='1.0'?><tagfile>
<compound kind="file"><name>a.h</name><path>/x/src/netpoll/poller/</path><filename>a_8h</filename></compound>
<compound kind="class"><name>netpoll::A</name><filename>classA.html</filename></compound>
<compound kind="class"><name>netpoll::B</name><filename>classB.html</filename></compound>
<compound kind="namespace"><name>netpoll</name><filename>namespace.html</filename></compound>
</tagfile>"""


def symbol(name, file="src/netpoll/poller/a.h", start=10):
    return SimpleNamespace(name=name, kind="class", file=file, start=start)


def chapter(number, title):
    return SimpleNamespace(id=f"0{number}-x", number=number, title={"en": title, "zh": "轮询器"})


def test_a_page_leads_to_the_heading_that_shows_it_or_to_the_chapter(tmp_path, monkeypatch):
    (tmp_path / "tags").write_text(TAGS)
    index = SimpleNamespace(symbols=[symbol("netpoll::A"), symbol("netpoll::B", start=99)])
    shows = [reference_pages.Shown("src/netpoll/poller/a.h", 5, 20, "07-poller", "waker")]
    monkeypatch.setattr(reference_pages, "shown", lambda *_: shows)
    monkeypatch.setattr(reference_pages.chapters, "load_all", lambda _: [
        SimpleNamespace(id="07-poller", owns=["src/netpoll/poller"]),
    ])  # fmt: skip
    owners = reference_pages.owners(tmp_path / "tags", index, tmp_path)
    assert owners == {
        "a_8h.html": "07-poller", "classA.html": "07-poller#waker", "classB.html": "07-poller",
    }  # fmt: skip


def test_the_line_names_the_chapter_in_both_languages():
    line = reference_pages.line("07-x#waker", {"07-x": chapter(7, "A & b")})
    assert 'href="../07-x.html#waker">Chapter 7: A &amp; b<' in line
    assert 'href="../zh/07-x.html#waker">第 7 章：轮询器<' in line
    assert reference_pages.line("", {}).count("<a ") == 2  # home, in both languages
