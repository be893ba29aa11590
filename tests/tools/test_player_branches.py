# SPDX-License-Identifier: Apache-2.0
"""A run with its "what if", two runs side by side, and captions that name steps."""

import json
import re

import pytest

from learn.index import Index
from learn.site import player
from learn.site.expand import Sources
from test_directives import symbol
from test_player import FILE, TRACE, drawn, page, sources, told  # noqa: F401 (fixtures)

BRANCH = {
    "id": "small+eintr",
    "title": {"en": "Small, interrupted", "zh": "小，被打断"},
    "what_if": {"of": "small", "fork": 3, "title": {"en": "recv <fails>", "zh": "recv 失败"}},
    "lanes": TRACE["lanes"],
    "steps": [*TRACE["steps"][:2], TRACE["steps"][2] | {"ret": "EINTR"}],
}


@pytest.fixture
def branched(sources, drawn):
    """There is a "what if" of small, and a recording that is none."""
    (sources.traces / "small+eintr.json").write_text(json.dumps(BRANCH))
    (sources.traces / "other.json").write_text(json.dumps(TRACE | {"id": "other"}))
    return sources


WITH = '{{ trace("small", what_if="small+eintr") }}\n\n'


def test_a_branch_is_in_the_page_from_its_fork_on(branched):
    html, problems = page(WITH, branched)
    assert problems == []
    assert '<trace-player record="small" lang="en" what-if="small+eintr">' in html
    assert "What if: recv &lt;fails&gt; (from step 3 on, as text)" in html
    assert re.findall(r'<li id="(trace=small\+[^"]*)"', html) == ["trace=small+eintr&amp;step=3"]


def test_the_data_of_a_branch_begin_at_its_fork(sources):
    branch = player.data(BRANCH, "en", sources.index, sources.root, TRACE)
    assert (branch["id"], branch["title"], branch["fork"]) == ("small+eintr", "recv <fails>", 3)
    assert [step["label"] for step in branch["steps"]] == ["recv(conn) → EINTR"]
    assert "lanes" not in branch and "sources" not in branch


def test_a_branch_with_other_lanes_brings_them(sources):
    more = BRANCH | {"lanes": [*TRACE["lanes"], {"id": "t", "en": "Timer", "zh": "定时器"}]}
    data = player.data(more, "zh", sources.index, sources.root, TRACE)
    assert [lane["name"] for lane in data["lanes"]][-1] == "定时器"


def test_a_branch_brings_the_source_that_its_run_has_not(sources):
    elsewhere = BRANCH["steps"][2] | {"file": "diagrams/scenarios/small.toml", "line": 1}
    more = BRANCH | {"steps": [*BRANCH["steps"][:2], elsewhere]}
    data = player.data(more, "en", sources.index, sources.root, TRACE)
    (own,) = data["sources"]
    assert own["start"] == 1 and data["steps"][0]["source"] == len(told(sources)["sources"])


def test_the_steps_of_a_branch_lead_to_where_they_are(branched):
    html, problems = page(WITH + '{{ steps("small+eintr", 2, 3) }}', branched)
    assert problems == []
    assert re.findall(r'<a href="#([^"]*)"><b>', html) == [
        "trace=small&amp;step=2", "trace=small+eintr&amp;step=3"]  # fmt: skip


@pytest.mark.parametrize("what_if, near", [("other", "small+eintr"), ("smal", "small")])
def test_what_is_no_branch_fails_the_build_with_those_there_are(branched, what_if, near):
    _, problems = page(f'{{{{ trace("small", what_if="{what_if}") }}}}', branched)
    assert [problem.line for problem in problems] == [1] and near in problems[0].text


def test_two_runs_side_by_side(branched):
    html, problems = page('{{ beside("small", "other") }}', branched, "zh")
    assert problems == []
    assert re.findall(r'<trace-player record="(\w+)" lang="zh" paired>', html) == ["small", "other"]
    assert html.count("<script defer") == html.count("<img") == 2
    assert '<li id="trace=other&amp;step=1">' in html


def test_what_the_page_shows_by_itself_is_there_once(branched):
    html, problems = page('{{ beside("small", "other") }}\n\n{{ trace("small") }}\n', branched)
    assert problems == []
    assert html.count("<script defer") == html.count("<img") == 2
    assert html.count('id="trace=small&amp;step=1"') == 1


@pytest.mark.parametrize("written", [
    'beside("small")', 'beside("small", "other", "small")', 'beside("small", 3)',
    'beside("small", "gone")',
])  # fmt: skip
def test_side_by_side_are_two(branched, written):
    _, problems = page(f"{{{{ {written} }}}}", branched)
    assert [problem.line for problem in problems] == [1]


def test_a_caption_names_every_function_and_every_recording(branched):
    index = Index([symbol("fill", 3, 5, file=FILE), symbol("recv", 4, 4, file=FILE)])
    sources = Sources(branched.root, index, branched.upstream, branched.traces)
    html, problems = page('{{ trace("small") }}\n\n{{ quote("fill") }}\n', sources)
    assert problems == []
    assert re.findall(r'(\w+) <a href="#trace=small&amp;step=(\d)" data-ran="(\w+)"', html) == [
        ("fill", "1", "fill"), ("recv", "3", "recv")]  # fmt: skip
    both, _ = page('{{ beside("small", "other") }}\n\n{{ quote("fill") }}\n', branched)
    assert re.findall(r"steps in the recording: (\w+): ", both) == ["other", "small"]
    forked, _ = page(WITH + '{{ quote("fill") }}\n', branched)
    assert forked.count("data-ran") == 1


def test_the_list_of_steps_is_cut_where_a_phase_begins(branched):
    html, _ = page('{{ trace("small") }}', branched)
    assert re.findall(r'(?:<p>([^<]*)</p>)?<ol start="(\d)">', html) == [
        ("", "1"), ("Request and answer", "2"), ("Close", "4")]  # fmt: skip


@pytest.mark.parametrize("written", ['trace("bad")', 'beside("small", "bad")', 'steps("bad", 1)'])
def test_a_recording_that_cannot_be_read_is_one_line_at_its_page(branched, written):
    (branched.traces / "bad.json").write_text('{"steps": [')
    _, (problem,) = page(f"Words.\n\n{{{{ {written} }}}}", branched)
    assert problem.line == 3 and "cannot be read" in problem.text and problem.mend
