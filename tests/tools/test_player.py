# SPDX-License-Identifier: Apache-2.0
"""The player's data, its figure, and the directive steps()."""

import json
import re

import pytest

from learn.index import Index
from learn.site import bundle, directives, player, step_list, trace_figure
from learn.site.expand import PageText, Sources, expand
from learn.site.links import check
from learn.upstream import UnknownUpstream
from test_directives import symbol

FILE = "src/netpoll/connection/input.cpp"
SOURCE = """\
// A comment </script> of no function.

int fill() {
  return recv("<b>");  // one
}
"""
SCENARIO = '# SPDX\n\n[[peer]]\ndo = "send"\nen = "x"\n\n[[peer]]\ndo = "close"\n'


def step(n, lane, fn, line, file=FILE, kind="call", **more):
    return {
        "n": n,
        "lane": lane,
        "kind": kind,
        "fn": fn,
        "file": file,
        "line": line,
        "in": fn,
        "text": {"en": f"Step <{n}>.", "zh": f"第 <{n}> 步。"},
        **more,
    }


TRACE = {
    "id": "small",
    "title": {"en": "Small", "zh": "小"},
    "lanes": [
        {"id": "peer", "en": "Client", "zh": "客户端"},
        {"id": "poller", "en": "Poller", "zh": "轮询线程"},
    ],
    "steps": [
        step(1, "poller", "fill", 3, depth=0),
        step(
            2,
            "peer",
            "send",
            4,
            "diagrams/scenarios/small.toml",
            "message",
            to_lane="poller",
            phase={"en": "Request and answer", "zh": "请求"},
        ),
        step(
            3,
            "poller",
            "recv",
            4,
            kind="syscall",
            args={"fd": "conn"},
            ret=True,
            depth=1,
            state={"open": False},
            **{"from": {"fn": "fill", "file": FILE, "line": 4}},
        ),
        step(
            4,
            "peer",
            "close",
            8,
            "diagrams/scenarios/small.toml",
            "message",
            phase={"en": "Close", "zh": "关闭"},
        ),
    ],
}


@pytest.fixture
def sources(tmp_path):
    for name, words in ((FILE, SOURCE), ("diagrams/scenarios/small.toml", SCENARIO)):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(words)
    traces = tmp_path / "traces"
    traces.mkdir()
    (traces / "small.json").write_text(json.dumps(TRACE))

    def upstream(name):
        raise UnknownUpstream(name, "unknown", [])

    index = Index([symbol("fill", 3, 5, file=FILE)])
    return Sources(tmp_path, index, upstream, traces)


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Without Chromium."""
    from learn.record import diagrams

    (tmp_path / "x.svg").write_text('<svg viewBox="0 0 10 10"></svg>')
    monkeypatch.setattr(diagrams, "svg", lambda name, language: tmp_path / "x.svg")


def told(sources, language="en"):
    return player.data(TRACE, language, sources.index, sources.root)


def plain(line):
    return "".join(line[1::2])


def page(markdown, sources, language="en"):
    text = PageText(f"notes/{language}/a.md", language, "")
    return expand(markdown, text, sources), text.problems


def test_each_step_has_its_function_with_real_line_numbers(sources):
    data = told(sources)
    piece = data["sources"][data["steps"][2]["source"]]
    assert (piece["file"], piece["start"]) == (FILE, 3)
    assert [plain(line) for line in piece["lines"]] == SOURCE.splitlines()[2:]
    assert (
        plain(piece["lines"][data["steps"][2]["line"] - piece["start"]])
        .strip()
        .startswith("return")
    )


def test_the_clients_step_has_its_table_of_the_scenario(sources):
    data = told(sources)
    pieces = [data["sources"][data["steps"][n]["source"]] for n in (1, 3)]
    assert [(piece["start"], len(piece["lines"])) for piece in pieces] == [(3, 3), (7, 2)]


def test_a_piece_is_there_once(sources):
    data = told(sources)
    assert data["steps"][0]["source"] == data["steps"][2]["source"] and len(data["sources"]) == 3


def test_colours_are_few_and_change_no_character(sources):
    lines = [line for piece in told(sources)["sources"] for line in piece["lines"]]
    assert {colour for line in lines for colour in line[::2]} <= {"", "c", "k", "s", "m", "f"}
    assert ["c", "// one"] in [line[-2:] for line in lines]


@pytest.mark.parametrize("language, lane, sentence, phase", [
    ("en", "Client", "Step <2>.", "Request and answer"), ("zh", "客户端", "第 <2> 步。", "请求"),
])  # fmt: skip
def test_a_page_gets_its_own_language_only(sources, language, lane, sentence, phase):
    data = told(sources, language)
    assert data["lanes"][0] == {"id": "peer", "name": lane}
    assert (data["steps"][1]["text"], data["steps"][1]["phase"]) == (sentence, phase)
    assert ("客户端" in json.dumps(data, ensure_ascii=False)) == (language == "zh")


def test_state_and_caller_go_along_and_values_are_as_in_cpp(sources):
    third = told(sources)["steps"][2]
    assert third["state"] == {"open": False} and third["label"] == "recv(conn) → true"
    assert third["from"] == {"fn": "fill", "place": f"{FILE}:4"}
    assert told(sources)["steps"][1]["to"] == "poller"


def test_the_figure_stands_without_a_script_and_its_steps_have_ids(sources, drawn):
    (directive,) = directives.find('{{ trace("small") }}')
    html = trace_figure.figure(directive, "zh", sources, "../")
    assert html.startswith("<figure") and "\n" not in html
    for part in (
        '<trace-player record="small" lang="zh">',
        '<img src="../assets/traces/x.svg" width="10" height="10"',
        '<script defer src="../assets/traces/small.zh.js"></script>',
        '<li id="trace=small&amp;step=4">客户端 · close()',
    ):
        assert part in html
    assert "True" not in html and "['" not in html


def test_steps_lead_to_the_figure_and_the_link_check_agrees(sources, drawn, tmp_path, monkeypatch):
    markdown = '{{ trace("small") }}\n\n{{ steps("small", 2, 3) }}\n'
    html, problems = page(markdown, sources)
    assert problems == []
    assert re.findall(r'<a href="#([^"]*)"><b>(\d)</b>', html) == [
        ("trace=small&amp;step=2", "2"), ("trace=small&amp;step=3", "3")]  # fmt: skip
    assert "Client → Poller" in html and "Step &lt;2&gt;." in html

    site = tmp_path / "site"
    (site / "assets").mkdir(parents=True)
    (site / bundle.NAME).write_text("")
    monkeypatch.setattr(trace_figure.paths, "BUILD", tmp_path)
    (tmp_path / "diagrams").mkdir(exist_ok=True)
    (tmp_path / "diagrams" / "x.svg").write_text("<svg/>")
    trace_figure.put_pictures(site)
    sources.put_files(site)
    html = trace_figure.with_player(html, "")
    (site / "a.html").write_text(html)
    assert check(site).broken == []
    (site / "a.html").write_text(
        html.replace('#trace=small&amp;step=3"', '#trace=small&amp;step=5"')
    )
    assert [found.target for found in check(site).broken] == ["#trace=small&step=5"]


@pytest.mark.parametrize("asked, numbers", [
    ('"request-and-answer"', [2, 3]), ('"close"', [4]), ("1", [1]), ("1, 4", [1, 2, 3, 4]),
])  # fmt: skip
def test_steps_by_phase_and_by_number(sources, drawn, asked, numbers):
    html, problems = page(f'{{{{ trace("small") }}}}\n\n{{{{ steps("small", {asked}) }}}}', sources)
    assert problems == []
    assert [int(n) for n in re.findall(r"<b>(\d+)</b>", html)] == numbers


@pytest.mark.parametrize("asked, there_is", [
    ('"small", "acept"', "request-and-answer, close"), ('"small", 3, 5', "1–4"),
    ('"small", 3, 2', "1–4"), ('"small", 0', "1–4"), ('"small"', "request-and-answer, close"),
    ('"small", 1, "close"', "request-and-answer, close"), ('"smal", 1', "small"),
])  # fmt: skip
def test_steps_that_are_not_there_fail_the_build_with_what_there_is(
    sources, drawn, asked, there_is
):
    _, problems = page(f'{{{{ trace("small") }}}}\n\n{{{{ steps({asked}) }}}}\n', sources)
    assert [problem.line for problem in problems] == [3]
    assert there_is in problems[0].text and problems[0].mend


def test_steps_need_the_recording_on_their_page(sources):
    _, problems = page('{{ steps("small", 1) }}', sources)
    assert 'trace("small")' in problems[0].mend


def test_other_directives_take_one_name(sources):
    assert len(page('{{ trace("small", 3) }}', sources)[1]) == 1


def test_a_piece_names_the_steps_it_runs_in(sources, drawn):
    with_trace, _ = page('{{ trace("small") }}\n\n{{ quote("fill") }}\n', sources)
    without, _ = page('{{ quote("fill") }}\n', sources)
    link = 'steps in the recording: <a href="#trace=small&amp;step=1" data-ran="fill">1</a>'
    assert link in with_trace and "in the recording" not in without


def test_a_phase_is_named_by_its_english_words():
    assert list(step_list.phases(TRACE)) == ["request-and-answer", "close"]


def test_the_line_of_a_function_template_is_the_one_behind_its_head(sources):
    text = SOURCE.replace("int fill() {", "template <class T>\n  requires A<T>\nint fill() {")
    (sources.root / FILE).write_text(text)
    data = told(sources)
    assert [step["line"] for step in data["steps"]] == [5, 4, 5, 8]
    assert data["steps"][0]["source"] == data["steps"][2]["source"]
