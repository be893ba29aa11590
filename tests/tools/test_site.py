# SPDX-License-Identifier: Apache-2.0
"""The gate site: planted faults in small sites, looked at with and without a browser."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys

import pytest

from learn import paths
from learn.gates import site as gate
from learn.site import build, links, serve
from learn.site.serve import server

PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A</title>'
    '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head>'
    '<body><main><h1 id="a">A</h1>{body}</main></body></html>'
)


def small_site(folder, body="", other=""):
    (folder / "zh").mkdir()
    (folder / "index.html").write_text(PAGE.format(body=body))
    (folder / "zh" / "index.html").write_text(PAGE.format(body=other))
    return folder


def targets(references):
    return [reference.target for reference in references]


def test_links_that_lead_somewhere_are_no_findings(tmp_path):
    body = '<a href="zh/index.html#a">z</a> <a href="#a">a</a> <a href="https://example.org">e</a>'
    found = links.check(small_site(tmp_path, body, '<a href="../index.html">up</a>'))
    assert (found.broken, found.off_host, found.no_alt) == ([], [], [])


@pytest.mark.parametrize("target", ["gone.html", "zh/index.html#gone", "#gone", "../outside.html"])
def test_a_broken_link_is_found(tmp_path, target):
    found = links.check(small_site(tmp_path, f'<a href="{target}">x</a>'))
    assert targets(found.broken) == [target]


@pytest.mark.parametrize("body", [
    '<img src="https://example.org/a.png" alt="a">', '<script src="//example.org/a.js"></script>',
    '<link rel="stylesheet" href="https://example.org/a.css">',
])  # fmt: skip
def test_what_another_host_serves_is_found(tmp_path, body):
    assert len(links.check(small_site(tmp_path, body)).off_host) == 1


def test_a_picture_without_words_is_found(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    found = links.check(small_site(tmp_path, '<img src="a.png">', '<img src="../a.png" alt="a">'))
    assert targets(found.no_alt) == ["a.png"]


def browser_or_skip():
    try:
        gate.browser(), gate._node()
    except gate.NoBrowser as error:
        pytest.skip(str(error))


def seen(folder):
    browser_or_skip()
    with server(folder) as address:
        return gate.browse(address, ["index.html"], folder)


def test_a_browser_sees_nothing_wrong_with_a_plain_page(tmp_path):
    found = seen(small_site(tmp_path, "<p>b</p>"))
    assert found == {"offHost": [], "console": [], "axe": [], "overflow": []}


def test_a_browser_sees_what_is_wrong(tmp_path):
    body = (
        '<img src="a.png"><p style="color:#ccc;background:#fff">pale</p>'
        '<div style="width:900px">wide</div><script>new Image().src = "http://127.0.0.2:9/x.png"</script>'
    )
    small_site(tmp_path, body)
    found = seen(tmp_path)
    assert {violation["id"] for violation in found["axe"]} == {"image-alt", "color-contrast"}
    assert any("127.0.0.2" in request["url"] for request in found["offHost"])
    assert {entry["width"] for entry in found["overflow"]} == {360}
    assert found["console"]  # a.png is not there
    assert len({problem.text for problem in gate._seen(found)}) >= 5


def test_without_a_browser_the_gate_has_not_passed(tmp_path, monkeypatch):
    monkeypatch.setattr(gate.node, "BROWSERS", ())
    monkeypatch.delenv("CHROMIUM", raising=False)
    result = gate.check(small_site(tmp_path))
    assert result.could_not_run and not result.ok and result.exit_code() == 4
    assert len(result.problems) == 1


def test_a_port_in_use_is_one_line_and_exit_4(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(serve.content, "SITE", small_site(tmp_path))
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        assert serve.serve(taken.getsockname()[1]) == 4
    said = capsys.readouterr().err.strip()
    assert "--port" in said and "\n" not in said


def test_the_log_of_a_strict_build_becomes_problems():
    log = (
        "INFO    -  Building\n"
        'WARNING -  notes/zh/a.md:7: src("X"): unknown; near: Y — use Y\n'
        "WARNING -  Doc file 'en/b.md' contains a link 'c.md', but the target is not found.\n"
    )
    first, second = build.read_log(log)
    assert (first.file, first.line, first.mend) == ("notes/zh/a.md", 7, "use Y")
    assert second.file == "notes/en/b.md"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The tools and one page, with a source of their own."""
    root = tmp_path_factory.mktemp("tree")
    unneeded = shutil.ignore_patterns("node_modules", "__pycache__")
    for name in ("tools/learn", "tools/site", "notes/assets", "notes/upstream", "src/netpoll/base"):
        shutil.copytree(paths.ROOT / name, root / name, ignore=unneeded)
    shutil.copyfile(paths.ROOT / "mkdocs.yml", root / "mkdocs.yml")
    return root


@pytest.mark.parametrize("name, ok", [("Trigger::pull", True), ("Trigger::pulls", False)])
def test_a_strict_build_refuses_a_symbol_that_is_not_there(tree, name, ok):
    for language in ("en", "zh"):
        page = tree / "notes" / language / "index.md"
        page.parent.mkdir(exist_ok=True)
        page.write_text(f'# A\n\ntext\n\n{{{{ src("{name}") }}}}\n')
    code = (
        "from learn.site import build; import json; from pathlib import Path;"
        "print(json.dumps([str(p) for p in build._mkdocs(Path('out'), True)]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tree, text=True, capture_output=True, check=True,
        env=os.environ | {"PYTHONPATH": str(tree / "tools"), "LEARN_LANG": "en"},
    )  # fmt: skip
    problems = json.loads(ran.stdout)
    if ok:
        assert problems == []
        assert "Trigger::pull" in (tree / "out" / "zh" / "index.html").read_text()
        assert not list((tree / "out").rglob("*.tsv"))
    else:
        assert len(problems) == 2  # one for each language
        assert problems[0].startswith("notes/en/index.md:5:") and "Trigger::pull" in problems[0]
