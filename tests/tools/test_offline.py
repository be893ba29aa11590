# SPDX-License-Identifier: Apache-2.0
"""The zip opened without a server: what Chromium reports of it becomes a problem."""

import pytest

from learn.gates import site_offline
from test_site import browser_or_skip, small_site


def looked_at(site, hits=(), console=(), faults=()):
    """The check, with what a browser would have seen."""
    addresses = []

    def browse(address, names, queries, folder):
        addresses.append(address)
        assert (folder / "index.html").is_file() and {q["page"] for q in queries} == set(names)
        return {"hits": list(hits), "console": list(console)}

    played = {"faults": list(faults), "walked": 0}
    figures, problems = site_offline.check(site, browse, lambda *_: played)
    assert addresses[0].startswith("file:///")
    return figures, problems


@pytest.mark.parametrize(("page", "link", "good"), [
    ("index.html", "06-writing.html", True),
    ("zh/index.html", "file:///a/zh/06-writing.html", True),
    ("index.html", "zh/06-writing.html", False),
    ("zh/index.html", "06-writing.html", False),
])  # fmt: skip
def test_a_search_must_find_a_page_of_its_language(tmp_path, page, link, good):
    hit = {"page": page, "query": "q", "links": [link]}
    figures, problems = looked_at(small_site(tmp_path), [hit])
    assert (figures["offline_hits"], len(problems)) == (int(good), int(not good))


def test_an_error_of_the_browser_is_a_problem(tmp_path):
    said = {"page": "index.html", "text": "oops"}
    _, problems = looked_at(small_site(tmp_path), console=[said])
    assert "oops" in problems[0].text and "--zip" in problems[0].mend


def test_a_page_that_only_works_with_a_server_is_seen(tmp_path):
    """Planted: a script that is asked for from the root of a host."""
    from learn.gates import site as gate

    browser_or_skip()
    box = '<input class="md-search__input" aria-label="Search">'
    site = small_site(tmp_path, box + '<script src="/assets/gone.js"></script>', box)
    _, problems = site_offline.check(site, gate.browse, gate.play)
    assert any("gone.js" in p.text or "ERR_" in p.text for p in problems)
