# SPDX-License-Identifier: Apache-2.0
"""The zip opened without a server: what Chromium reports of it becomes a problem."""

import pytest

from learn.gate import Problem
from learn.gates import site_offline
from test_site import browser_or_skip, small_site


def looked_at(site, missed=(), console=(), faults=()):
    """The check, with what a browser would have seen."""
    addresses = []

    def browse(address, names, folder):
        addresses.append(address)
        assert all((folder / name).is_file() for name in names) and "index.html" in names
        return {"console": list(console)}

    def search(address):
        addresses.append(address)
        return list(missed)

    played = {"faults": list(faults), "walked": 0}
    figures, problems = site_offline.check(site, browse, lambda *_: played, search)
    assert len(addresses) == 2 and all(one.startswith("file:///") for one in addresses)
    return figures, problems


def test_a_search_that_finds_nothing_is_a_problem(tmp_path):
    missed = Problem("zh/glossary.html", 0, "finds nothing", "mend it")
    figures, problems = looked_at(small_site(tmp_path), [missed])
    assert (figures["offline_pages"], problems) == (2, [missed])


def test_an_error_of_the_browser_is_a_problem(tmp_path):
    said = {"page": "index.html", "text": "oops"}
    _, problems = looked_at(small_site(tmp_path), console=[said])
    assert "oops" in problems[0].text and "--zip" in problems[0].mend


@pytest.mark.parametrize(("text", "needed"), [
    ("Access to XMLHttpRequest at 'file:///a/zh/sitemap.xml' from origin 'null'", False),
    ("Access to XMLHttpRequest at 'file:///a/assets/x.css' from origin 'null'", False),
    ("Failed to load resource: net::ERR_FAILED", False),
    ("Access to script at 'file:///a/assets/x.js' from origin 'null'", True),
    ("Access to XMLHttpRequest at 'file:///a/search/x.json' from origin 'null'", True),
    ("Failed to load resource: net::ERR_FILE_NOT_FOUND", True),
])  # fmt: skip
def test_what_a_file_may_not_ask_for_and_does_not_need(tmp_path, text, needed):
    _, problems = looked_at(small_site(tmp_path), console=[{"page": "index.html", "text": text}])
    assert bool(problems) == needed


def test_a_page_that_only_works_with_a_server_is_seen(tmp_path):
    """Planted: a script that is asked for from the root of a host."""
    from learn.gates import site as gate

    browser_or_skip()
    box = '<input class="md-search__input" aria-label="Search">'
    site = small_site(tmp_path, box + '<script src="/assets/gone.js"></script>', box)
    _, problems = site_offline.check(site, gate.browse, gate.play, lambda _: [])
    assert any("gone.js" in p.text or "ERR_" in p.text for p in problems)
