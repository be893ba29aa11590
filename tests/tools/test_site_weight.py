# SPDX-License-Identifier: Apache-2.0
"""The gate site refuses a page that is too heavy, and says which pages come near."""

import pytest

from learn.gates import site as gate
from learn.gates import site_weight
from test_site import browser_or_skip, small_site


@pytest.mark.parametrize("name", ["index.html", "zh/index.html", "source/a/b.cpp.html"])
def test_a_page_above_the_limit_is_refused(tmp_path, name):
    site = small_site(tmp_path)
    page = site / name
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("x" * site_weight.LIMIT)
    assert site_weight.check(site)[1] == []
    page.write_text("x" * (site_weight.LIMIT + 1))
    figures, (problem,) = site_weight.check(site)
    assert problem.file == name and "400001" in problem.text and problem.mend
    assert figures == {"heaviest_page_kb": 400, "pages_above_300_kb": 1}


def test_bytes_count_and_not_characters(tmp_path):
    (tmp_path / "a.html").write_text("字" * (site_weight.LIMIT // 3 + 1), encoding="utf-8")
    assert len(site_weight.check(tmp_path)[1]) == 1


def test_what_is_no_page_of_ours_does_not_count(tmp_path):
    for name in ("api/a.html", "assets/traces/a.en.js"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("x" * 2 * site_weight.LIMIT)
    figures, problems = site_weight.check(tmp_path)
    assert problems == [] and figures["heaviest_page_kb"] == 0


def test_the_gate_is_red(tmp_path, monkeypatch):
    browser_or_skip()
    monkeypatch.setattr(gate.site_offline, "check", lambda *_: ({}, []))
    monkeypatch.setattr(gate.site_search, "check", lambda *_: gate.site_search.Searched({}, []))
    result = gate.check(small_site(tmp_path, "<p>" + "x " * 210_000 + "</p>"))
    heavy = [problem for problem in result.problems if problem.file == "index.html"]
    assert not result.ok and any("400000" in problem.text for problem in heavy)
    assert result.figures["pages_above_300_kb"] == 1
