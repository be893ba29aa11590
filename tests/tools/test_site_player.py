# SPDX-License-Identifier: Apache-2.0
"""The walk through a player in a browser: each planted fault is seen, and no other."""

import pytest

from learn.gates import site as gate
from learn.gates import site_player
from learn.site import bundle, record_files
from learn.site.serve import server
from test_site import browser_or_skip

LINES = 60
DATA = {
    "id": "x",
    "title": "A run",
    "lanes": [{"id": "a", "name": "One"}, {"id": "b", "name": "Two"}],
    "sources": [
        {
            "name": "f",
            "file": "src/f.cpp",
            "start": 1,
            "lines": [["", f"line_{n}();"] for n in range(LINES)],
        }
    ],
    "steps": [
        {
            "n": n,
            "lane": "ab"[n % 2],
            "kind": "call",
            "fn": f"f{n}",
            "label": f"f{n}()",
            "line": n * 5,
            "source": 0,
            "text": f"Sentence {n}.",
            "depth": 0,
        }
        for n in range(1, 13)
    ],
}
BRANCH = {
    "id": "x+late",
    "title": "it comes late",
    "fork": 4,
    "steps": [{**DATA["steps"][n - 1], "text": f"Late {n}."} for n in range(4, 9)],
}
OTHER = {
    **DATA,
    "id": "other",
    "steps": [
        {**DATA["steps"][0], "n": n, "fn": fn}
        for n, fn in enumerate(("a", "f1", "f3", "f2", "f4", "f7", "f12"), 1)
    ],
}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head>
<body style="margin: 0"><main><h1>A</h1><div style="height: 1500px"></div>
<trace-player record="{name}" lang="en"{branches}>{records}
<noscript><div class="trace-picture"><img width="99" height="200" alt="Drawn"
src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"></div></noscript>
<ol><li id="trace={name}&amp;step=6">Sentence 6.</li></ol></trace-player>
{pair}{more}<div style="height: 1500px"></div></main>
<script defer src="{script}"></script></body></html>"""

PAIR = """<trace-beside lang="en"><trace-player record="{name}" lang="en" paired></trace-player>
<trace-player record="other" lang="en" paired>{records}</trace-player></trace-beside>"""


def written(site, name, script="", more="", *, branch=None, pair=False, file="", page=None):
    """A page that plays the record `name`, and the files that it plays; `file` is what
    stands in the record's own, where it is no record."""
    (site / record_files.FOLDER).mkdir(parents=True, exist_ok=True)
    page = page or f"{name}.html"
    record = name.replace("_", "-")
    own = {record: DATA | {"id": record}}
    if branch:
        own[record_files.branch(branch["id"])] = branch
    beside = {"other": OTHER} if pair else {}
    language = site_player.language(page)
    for called, told in (own | beside).items():
        text = file if file and called == record else record_files.script(called, told)
        (site / record_files.address(called, language)).write_text(text)
    two = PAIR.format(name=record, records=record_files.tags(beside, "en", ""))
    text = PAGE.format(
        name=record,
        records=record_files.tags(own, "en", ""),
        branches=f' what-if="{branch["id"]}"' if branch else "",
        pair=two if pair else "",
        script=script,
        more=more,
    )
    (site / page).write_text(text)


# What is wrong: in the script (found, put instead), or beside the player; what is seen.
FAULTS = {
    "good": ((), "", set()),
    "address": (("history.replaceState(", "void("), "", {"address"}),
    "line_hidden": ((".scrollTop=", ".scrollLeft="), "", {"line_hidden"}),
    "key": (('ArrowRight:"next"', 'ArrowRight:"last"'), "", {"key", "sentence", "address"}),
    "current": (("aria-current=", "aria-sort="), "", {"current", "line_hidden"}),
    "deep_link": (("location.hash", "location.host"), "", {"deep_link"}),
    "focus": (('addEventListener("load"', 'addEventListener("lode"'), "", {"key"}),
    "print": (("@media print", "@media speech"), "", {"print"}),
    "play": (("2500", "9e9"), "", {"play"}),
    "slider": (("@input=", "@other="), "", {"slider"}),
    "tab_stops": (("?0:-1", "?0:0"), "", {"tab_stops"}),
    "wide": ((), '<p style="width: 2000px">wide</p>', {"wide"}),
    "axe": ((), "<style>:root{--md-default-fg-color--light:#ccc}</style>", {"axe"}),
    "off_host": ((), '<script>new Image().src="http://127.0.0.2:9/x"</script>', {"off_host"}),
    "error": ((), "<script>throw Error('planted')</script>", {"error"}),
    "page_moved": ((), "<script>onkeydown=()=>scrollBy(0,5)</script>", {"page_moved"}),
    "no_script": ((), "<style>.trace-picture{display:none}</style>", {"no_script"}),
    "broken": ((), "", {"absent", "error"}),
    "absent": ((), "", {"absent"}),
    "unregistered": (("recordings??", "recording??"), "", {"absent"}),
}
# The same on pages with a branch and with two players side by side.
FORKED = {
    "forked": ((), "", set()),
    "no_key": (('==="w"', '==="q"'), "", {"what_if"}),
    "nothing_shared": (('?"shared":""', '?"":""'), "", {"what_if"}),
    "branch_unknown": (("[\\w+-]", "[\\w-]"), "", {"what_if"}),
    "no_button": ((".length<2", ".length<9"), "", {"what_if"}),
    "not_together": (("this.together&&", "!1&&"), "", {"pair"}),
    "own_address": (("paired:{", "unpaired:{"), "", {"pair"}),
    "no_match": ((".kind===\"message\"==", ".kind===\"message\"!="), "", {"pair"}),
    "columns": (("repeat(2", "repeat(1"), "", {"pair"}),
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    browser_or_skip()
    if not bundle.ESBUILD.is_file():
        pytest.skip("no npm packages yet")
    site = tmp_path_factory.mktemp("site")
    bundle.build(site / "good.js")
    script = (site / "good.js").read_text()
    for name, (change, more, _) in (FAULTS | FORKED).items():
        if change:
            assert change[0] in script, f"{name}: the script has no {change[0]}"
            (site / f"{name}.js").write_text(script.replace(*change))
        used, forked = f"{name}.js" if change else "good.js", name in FORKED
        written(site, name, used, more, branch=BRANCH if forked else None, pair=forked,
                file="{" if name == "broken" else "")
    (site / record_files.address("absent", "en")).unlink()
    with pytest.MonkeyPatch.context() as patch, server(site) as address:
        patch.setitem(site_player.WALK, "en", ["light", 360])
        pages = [f"{name}.html" for name in FAULTS | FORKED]
        asked, pairs = site_player.players(site, pages), site_player.pairs(site, pages)
        assert all(player["walk"] for player in asked) and len(asked) == len(pages)
        assert len(pairs) == len(FORKED) and pairs[0]["matches"] == 5
        for pair in pairs:
            if pair["page"] in ("forked.html", "columns.html"):
                pair["look"] = ["dark", 1000]
        return gate.play(address, asked, pairs), asked


@pytest.mark.parametrize("name", FAULTS | FORKED)
def test_a_planted_fault_is_seen(seen, name):
    faults = {at["what"]: at for at in seen[0]["faults"] if at["page"] == f"{name}.html"}
    expected = (FAULTS | FORKED)[name][2]
    assert expected <= set(faults), (name, faults)
    if not expected:
        assert faults == {}


def test_each_fault_is_told_in_words(seen):
    told = site_player.problems(*seen)
    kinds = {at["what"] for at in seen[0]["faults"]}
    assert set().union(*(faults for *_, faults in (FAULTS | FORKED).values())) <= kinds
    assert len({problem.text for problem in told}) >= len(kinds)


def test_steps_that_nobody_walked_are_a_problem():
    asked = [{"page": "a.html", "record": "x", "steps": ["One."], "walk": True}]
    assert len(site_player.problems({"faults": [], "walked": 0}, asked)) == 1
    assert site_player.problems({"faults": [], "walked": 1}, asked) == []


def test_a_record_is_walked_once_in_each_language(tmp_path):
    (tmp_path / "zh").mkdir()
    pages = ["a.html", "b.html", "zh/a.html"]
    for page in pages:
        written(tmp_path, "x", page=page)
    found = site_player.players(tmp_path, pages)
    assert [player["walk"] for player in found] == [True, False, True]
    assert found[0]["steps"][0] == "Sentence 1."


def test_each_language_has_a_file_of_its_own(tmp_path):
    (tmp_path / "zh").mkdir()
    for page in ("a.html", "zh/a.html"):
        written(tmp_path, "x", page=page)
    file = tmp_path / record_files.address("x", "zh")
    file.write_text(file.read_text().replace("Sentence", "Satz"))
    own, other = site_player.players(tmp_path, ["a.html", "zh/a.html"])
    assert (own["steps"][0], other["steps"][0]) == ("Sentence 1.", "Satz 1.")


def test_a_branch_is_walked_with_the_shared_steps_before_its_own(tmp_path):
    written(tmp_path, "x", branch=BRANCH)
    (found,) = site_player.players(tmp_path, ["x.html"])
    (branch,) = found["branches"]
    assert (branch["id"], branch["fork"], len(branch["steps"])) == ("x+late", 4, 8)
    assert branch["steps"][2:4] == ["Sentence 3.", "Late 4."]


@pytest.mark.parametrize("gone", ["x", "other"])
def test_a_pair_whose_records_are_broken_is_still_opened(tmp_path, gone):
    written(tmp_path, "x", pair=True, file="{")
    (tmp_path / record_files.address(gone, "en")).unlink()
    (found,) = site_player.pairs(tmp_path, ["x.html"])
    assert (found["records"], found["matches"]) == (["x", "other"], 0)
