# SPDX-License-Identifier: Apache-2.0
"""From the original to ours and back: every symbol has a row, every link a page."""

import re
from types import SimpleNamespace

import pytest

from learn import index, paths, sourcemap
from learn.site import originals


@pytest.fixture(scope="module")
def sources():
    return SimpleNamespace(root=paths.ROOT, index=index.load())


@pytest.fixture(scope="module", params=["en", "zh"])
def page(request):
    return SimpleNamespace(language=request.param, to_root="")


def test_every_symbol_of_the_original_has_a_row(sources, page):
    text = originals.originals(sources, page)
    rows = sourcemap.read_map()
    assert text.count("<tr><td>") == len(rows)
    for row in rows:
        assert f"<code>{row.symbol}</code>" in text


def test_every_reason_is_in_the_language_of_the_page(sources, page):
    chinese = re.compile(r"[\u3400-\u9fff]")
    table = originals.table_of(sources.root, sources.index, page.language)
    for row in table.rows:
        if why := table.why(row):
            assert bool(chinese.search(why)) == (page.language == "zh"), row


def test_every_link_into_the_book_leads_to_a_heading_that_is_there(sources, page):
    text = originals.originals(sources, page) + originals.ours(sources, page)
    links = set(re.findall(r'href="([\w-]+)\.html(?:#([\w-]+))?"', text))
    assert len(links) > 50
    for name, anchor in links:
        markdown = (paths.NOTES / page.language / f"{name}.md").read_text(encoding="utf-8")
        assert not anchor or f"{{#{anchor}}}" in markdown, (name, anchor)


def test_both_directions_say_the_same(sources, page):
    back = originals.ours(sources, page)
    names = {name for row in sourcemap.read_map() for name in row.ours}
    assert back.count("<tr><td>") == len(names)


def test_most_of_ours_leads_to_a_page(sources, page):
    """What leads nowhere is a name of the tests, or one that no chapter owns."""
    table = originals.table_of(sources.root, sources.index, page.language)
    names = {name for row in table.rows if row.status != "test" for name in row.ours}
    assert sum(table.place(name) is not None for name in names) > 0.9 * len(names)
