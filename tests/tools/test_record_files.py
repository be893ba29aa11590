# SPDX-License-Identifier: Apache-2.0
"""The records of the players as files: what is in them, and who asks for them."""

import json
import subprocess

import pytest

from learn import paths
from learn.site import bundle, player, record_files, trace_figure
from test_player import TRACE, drawn, page, sources, told  # noqa: F401 (fixtures)
from test_player_branches import BRANCH, WITH, branched  # noqa: F401 (fixture)


def put(sources, site):
    sources.put_files(site)
    return {file.name for file in (site / record_files.FOLDER).iterdir()}


def test_a_file_registers_its_record(sources):
    text = record_files.script("small", told(sources))
    code = f"self = globalThis; {text}; {text}; console.log(JSON.stringify(recordings))"
    ran = subprocess.run([bundle.node_program(), "-e", code], capture_output=True, text=True,
                         timeout=60)  # fmt: skip
    assert json.loads(ran.stdout) == {"small": told(sources)}, ran.stderr


def test_what_was_written_is_read(tmp_path, sources):
    file = tmp_path / "small+x.branch.en.js"
    file.write_text(record_files.script("small+x.branch", told(sources)))
    assert record_files.read(file) == told(sources)


@pytest.mark.parametrize("text", ["", "{", '{"steps": []}', '(self.recordings??={})["a"]={;\n',
                                  '(self.others??={})["a"]={};\n'])  # fmt: skip
def test_a_file_that_registers_nothing_cannot_be_read(tmp_path, text):
    (tmp_path / "a.js").write_text(text)
    with pytest.raises(ValueError):
        record_files.read(tmp_path / "a.js")


def test_pages_that_play_a_recording_share_its_file(branched, tmp_path):
    for language in ("en", "zh"):
        assert '<script defer src="assets/traces/small.' in page(WITH, branched, language)[0]
    html, _ = page('{{ beside("small", "other") }}', branched)
    assert html.count("<script defer") == 2
    assert put(branched, tmp_path / "site") == {
        "small.en.js", "small.zh.js", "other.en.js",
        "small+eintr.branch.en.js", "small+eintr.branch.zh.js"}  # fmt: skip
    file = tmp_path / "site" / record_files.address("small+eintr.branch", "zh")
    assert record_files.read(file)["title"] == "recv 失败"


def test_what_no_page_plays_has_no_file(branched, tmp_path):
    page('{{ trace("other") }}', branched)
    assert put(branched, tmp_path) == {"other.en.js"}


def test_a_what_if_that_is_played_by_itself_is_whole(branched, tmp_path):
    page(WITH, branched)
    page('{{ trace("small+eintr") }}', branched)
    assert len(put(branched, tmp_path)) == 3
    whole, branch = (
        record_files.read(tmp_path / record_files.address(name, "en"))
        for name in ("small+eintr", "small+eintr.branch")
    )
    assert (len(whole["steps"]), len(branch["steps"])) == (3, 1)
    assert whole == player.data(BRANCH, "en", branched.index, branched.root)


def test_the_players_script_comes_last_and_once():
    figure = f'<trace-player record="small">{record_files.tags(["small"], "en", "../")}'
    html = trace_figure.with_player(2 * figure, "../")
    script = f'<script defer src="../{bundle.NAME}"></script>'
    assert html.count(script) == 1 and html.rstrip().endswith(script)
    assert trace_figure.with_player("<p>no player</p>", "") == "<p>no player</p>"


def test_a_record_refers_to_what_it_holds():
    trace = json.loads((paths.TRACES / "echo.json").read_text())
    from learn import index

    data = player.data(trace, "zh", index.load(), paths.ROOT)
    assert len(record_files.script("echo", data).encode()) < 80_000
    for one in data["steps"]:
        piece = data["sources"][one["source"]]
        assert 0 <= one["line"] - piece["start"] < len(piece["lines"]), one
