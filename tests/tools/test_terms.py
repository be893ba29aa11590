# SPDX-License-Identifier: Apache-2.0
"""Terms: the page that explains each, and the link from the pages that only use it."""

import pytest

from learn import paths
from learn.gates import parity, parity_terms
from learn.site import content, terms

GLOSSARY = """
[[term]]
en = ["half-close", "half-closed"]
zh = "半关闭"

[[term]]
en = "send buffer"
zh = "发送缓冲区"

[[term]]
en = "buffer"
zh = "缓冲区"
"""


@pytest.fixture
def glossary(tmp_path):
    file = tmp_path / "glossary.toml"
    file.write_text(GLOSSARY)
    return file


def linked(html, glossary, language="en"):
    return terms.link_first_uses(html, language, glossary)


def test_the_first_use_becomes_a_link_and_the_second_does_not(glossary):
    html = linked("<p>A half-close, and a half-close.</p>", glossary)
    assert html == ('<p>A <a class="term" href="glossary.html#term-half-close">half-close</a>,'
                    " and a half-close.</p>")  # fmt: skip


@pytest.mark.parametrize("html", [
    "<p>The <strong>half-close</strong> of a half-close.</p>",  # it is explained here
    '<p>A <a href="x.html">half-close</a> and a half-close.</p>',  # and linked here
    "<h2>A half-close</h2>", "<p><code>half-close</code></p>", "<pre>a half-close</pre>",
    '<p title="half-close">x</p>', "<p>no-half-close half-closing</p>",
    "<svg><text>half-close</text></svg>", "<!-- half-close -->",
])  # fmt: skip
def test_what_is_explained_linked_or_no_prose_stays_as_it_is(html, glossary):
    assert linked(html, glossary) == html


def test_a_use_before_the_explanation_on_the_same_page_is_linked(glossary):
    html = linked("<p>half-close</p><p><b>half-close</b></p>", glossary)
    assert html.startswith('<p><a class="term"')


def test_the_longest_term_wins_and_plurals_count(glossary):
    html = linked("<p>send\nbuffers and buffers</p>", glossary)
    assert "#term-send-buffer\">send\nbuffers</a>" in html
    assert "#term-buffer\">buffers</a>" in html
    chinese = linked("<p>发送缓冲区满了</p>", glossary, "zh")
    target = "glossary.html#term-send-buffer"
    assert chinese == f'<p><a class="term" href="{target}">发送缓冲区</a>满了</p>'


def test_a_term_is_explained_where_both_languages_set_it_apart(glossary):
    (half_close, *_) = content.glossary(glossary)
    pages = {
        "en": {"01-a": "a half-close", "02-b": "a **half-close**", "03-c": "*half-close*"},
        "zh": {"01-a": "**半关闭**", "02-b": "半关闭", "03-c": "叫做**半关闭**（half-close）"},
    }
    assert terms.explained_in(half_close, pages) == "03-c"
    assert terms.explained_in(half_close | {"explained": ["02-b"]}, pages) == ""


def test_the_place_is_the_heading_above_the_explanation():
    page = "# A\n\nhalf-close\n\n## B {#b}\n\nThe **half-close**.\n\n## C {#c}\n\n**half-close**\n"
    assert terms.place(page, ["half-close"]) == "#b"
    assert terms.place(page, ["other"]) == ""


def test_a_term_that_no_page_explains_is_red(tmp_path):
    """Planted: the bold of one language is taken away."""
    (tmp_path / "glossary.toml").write_text('[[term]]\nen = "futex"\nzh = "futex"\n')
    for language, text in (("en", "A **futex**.\n"), ("zh", "**futex** 是什么。\n")):
        (tmp_path / language).mkdir()
        (tmp_path / language / "04-a.md").write_text("# A\n\n## B {#b}\n\n" + text)
    assert parity.check(tmp_path, settle=True).ok
    (tmp_path / "zh" / "04-a.md").write_text("# A\n\n## B {#b}\n\nfutex 是什么。\n")
    parity.confirm(tmp_path)
    assert ["futex" in p.text for p in parity.check(tmp_path).problems] == [True]


def test_a_term_twice_in_the_glossary_is_red(glossary):
    entries = content.glossary(glossary)
    plain = [entry | {"plain": True} for entry in entries]
    assert parity_terms.check({}, paths.NOTES, plain) == []
    assert len(parity_terms.check({}, paths.NOTES, [*plain, plain[0]])) == 1


def test_every_page_of_the_book_links_terms_and_no_list_does():
    assert all(terms.has_links(name) for name in content.pages() if name[0].isdecimal())
    assert not terms.has_links("glossary") and not terms.has_links("from-the-original")
