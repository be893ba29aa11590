# SPDX-License-Identifier: Apache-2.0
"""The source browser: a page a file, in the frame of the site, and the list of all files."""

import re
from types import SimpleNamespace

import pytest

from learn.site import links, source_list, source_pages
from learn.site.source_pages import Browser
from test_site_code import FILE, book  # noqa: F401

FRAME = """<!doctype html><html><head><title>Source - The book</title>
      <link rel="alternate" href="zh/source.html" hreflang="zh">
      <link rel="stylesheet" href="assets/a.css">
      <script>__md_scope=new URL(".",location)</script></head><body>
      <a href="zh/source.html" hreflang="zh" class="md-select__link">Chinese</a>
      <a href="#source" class="md-skip">Skip</a><a href="07-waker.html">7</a>
      <nav class="md-nav md-nav--secondary"><a href="#folder-x">x</a></nav>
      <article class="md-content__inner md-typeset"><h1 id="source">Source</h1>all</article>
      <footer><nav class="md-footer__inner"><a href="index.html">Previous</a></nav></footer>
      <script id="__config" type="application/json">{"base": "..", "search": "assets/s.js"}</script>
      <script src="assets/site.js"></script></body></html>"""
UP = "../../../"


@pytest.fixture
def page(book, tmp_path, monkeypatch):
    """The page of the file, and the site that it stands in."""
    original = "<small><a class=go href=https://example.org/a.go#L7 tabindex=-1>a.go:7</a></small>"
    monkeypatch.setattr(source_pages, "_originals", lambda index: {(FILE, 6): original})
    site = tmp_path / "site"
    for name in ("assets/a.css", "assets/s.js", "assets/site.js", "assets/code.js", "index.html"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text("")
    chapter = '<i id=:Waker></i><i id=:count_></i><i id=:ring></i><i id=:Waker::ring></i>'
    (site / "07-waker.html").write_text(f"{chapter}<p id=waker-h-1></p><p id=waker-h-6></p>")
    (site / "source.html").write_text(FRAME)
    for name in ("zh/source.html", f"zh/source/{FILE[4:]}.html"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text("")
    browser = Browser(book.index, book.places, book.root, "en", {"07-waker.html": "7 · The waker"})
    assert browser.write(site, "") == 1
    return SimpleNamespace(site=site, text=(site / f"source/{FILE[4:]}.html").read_text())


def test_each_line_has_its_number_and_its_chapter(page):
    lines = re.findall(r"<i id=L(\d+)>(.*?)</i>", page.text, re.DOTALL)
    assert [int(number) for number, _ in lines] == [1, 2, 3, 4, 5, 6]
    assert all(f"<a class=n href=#L{n} tabindex=-1 aria-hidden=true></a>" in text for n, text in lines)
    owners = [re.search(r"<a class=owner href=(\S+) [^>]*>7</a>", text)[1] for _, text in lines]
    assert owners == [f"{UP}07-waker.html#waker-h-1"] * 5 + [f"{UP}07-waker.html#waker-h-6"]
    spoken = [n for n, text in lines if "class=owner" in text and "tabindex=-1>7" in text]
    assert spoken == ["1", "6"]  # once a piece


def test_the_names_are_links_and_have_cards(page):
    assert f"<a href={UP}07-waker.html#:count_>count_</a>; }}" in page.text
    assert '"pages":{"07-waker.html":"7 · The waker"}' in page.text


def test_the_place_of_the_original_stands_under_the_head(page):
    assert page.text.index("a.go:7") > page.text.index("count_</a>; }")


def test_the_cards_are_there_before_the_script_of_the_names(page):
    assert page.text.index("<script>self.codeCards={") < page.text.index(f"{UP}assets/code.js")


def test_the_frame_leads_to_the_same_places_as_before(page):
    assert f'href="{UP}zh/source/{FILE[4:]}.html" hreflang="zh"' in page.text
    assert f'"search": "{UP}assets/s.js"' in page.text
    assert 'rel="alternate"' not in page.text
    assert f'"base": "{UP}."' in page.text and f'new URL("{UP}.",location)' in page.text
    assert "Previous" not in page.text and "folder-x" not in page.text
    assert f"<title>{FILE[4:]} - The book</title>" in page.text
    broken = [ref.target for ref in links.check(page.site).broken if ref.page.startswith("source/")]
    assert broken == []


def test_the_list_counts_what_each_chapter_owns(book):
    told = source_list.listing(book.root, "en", book.index, {"07-waker": "7 · The waker"})
    assert "## netpoll/poller {#folder-netpoll-poller}" in told
    assert f'<a href="source/{FILE[4:]}.html">waker.h</a></td><td>4</td>' in told
    assert '<td class="heat" style="--heat: 35%">4</td>' in told
    (book.root / FILE).write_text((book.root / FILE).read_text() + "int more;\n")
    told = source_list.listing(book.root, "en", book.index, {"07-waker": "7 · The waker"})
    assert '<td>5</td><td class="heat" style="--heat: 28%">4</td>' in told
