# SPDX-License-Identifier: Apache-2.0
"""The conformance gate sees what is wrong, and allows only what is on record."""

import shutil
from collections import Counter
from types import SimpleNamespace

import pytest

from learn import cli
from learn.conformance import differences, linkbuffer, originals
from learn.conformance.compare import compare
from learn.conformance.linkbuffer import Pair
from learn.conformance.minimise import minimise
from learn.conformance.scripts import defined, generate
from learn.conformance.suite import Binaries, SuiteResult
from learn.gates import conformance as gate
from learn.run import build, go

ROWS = differences.load("linkbuffer")


@pytest.fixture(scope="module")
def binaries():
    return Binaries(build.build("release", "conformance_linkbuffer"), originals.build())


@pytest.fixture
def pair(binaries):
    """The two drivers, ours with arguments of its own."""
    theirs = (binaries.theirs("linkbuffer"),)
    return lambda *arguments: Pair((binaries.ours("linkbuffer"), *arguments), theirs)


def differing(pair, scripts=500):
    result = linkbuffer.compare_all(pair, lambda done, total: None, scripts)
    return result.differences


def test_the_two_agree(pair):
    result = linkbuffer.compare_all(pair(), lambda done, total: None, 500)
    assert (result.cases, result.differences) == (500, [])
    assert result.operations > 10_000
    assert result.documented["append-early"] > 100


@pytest.mark.parametrize(("fault", "call", "calls"), [("ack", "ack", 2), ("copy", "rstring", 4)])
def test_a_broken_driver_is_seen_and_its_script_shrunk(pair, fault, call, calls):
    found = differing(pair("--break", fault))
    assert found
    for one in found:
        script = one.script.split("; ")
        assert one.text.startswith(call)
        assert one.ours != one.theirs
        assert script[-1].startswith(call)
        assert len(script) <= 8
    assert min(one.script.count("; ") + 1 for one in found) <= calls


def test_a_driver_that_ends_is_seen(pair, tmp_path):
    assert "ended: 1" in differing(Pair(("false",), pair().theirs), 3)[0].ours
    head = tmp_path / "head"
    head.write_text(f"#!/bin/sh\n{pair().ours[0]} | head -n 40\n")
    head.chmod(0o755)
    assert differing(Pair((head,), pair().theirs), 10)


def test_a_driver_that_hangs_is_seen(pair, monkeypatch):
    monkeypatch.setattr(linkbuffer, "_SECONDS", 1.0)
    monkeypatch.setattr(linkbuffer, "_MOST", 1)
    assert "timeout" in differing(Pair(("sleep", "60"), pair().theirs), 1)[0].ours


def test_a_fault_that_needs_other_scripts_is_still_red(pair, tmp_path):
    """As memory freed twice would be: alone, each script is right."""
    fake = tmp_path / "fake"
    fake.write_text(f"#!/bin/sh\nsed 's/^S /S 1/' | {pair().ours[0]}\n")
    fake.chmod(0o755)

    class Together(Pair):
        def run(self, scripts, seeds):
            ours = self.ours if len(scripts) == 1 else (fake,)
            return Pair(ours, self.theirs).run(scripts, seeds)

    found = differing(Together(pair().ours, pair().theirs), 10)
    assert found
    assert all("in one process" in one.case for one in found)


SAME = ["0 5 ok", "5 0 ok", "@ ok", "E ok"]


@pytest.mark.parametrize(("at", "line"), [
    (0, "0 6 ok"), (0, "0 5 invalid"), (1, "4 0 ok"), (2, "@ bad"), (3, "E bad"), (3, "E stale-peek")])
def test_one_changed_answer_is_a_difference(at, line):
    script = ["malloc 5", "flush"]
    assert compare(script, SAME, SAME, ROWS).where is None
    changed = [*SAME[:at], line, *SAME[at + 1:]]
    for ours, theirs in ((SAME, changed), (changed, SAME)):
        verdict = compare(script, ours, theirs, ROWS)
        assert (verdict.where, verdict.documented) == (at, Counter())


END = ["@ ok", "E ok"]


@pytest.mark.parametrize(("script", "ours", "theirs", "row"), [
    (["ack 5"], ["0 0 invalid"], ["panic"], "ack-too-large"),
    (["ack 5"], ["0 0 ok"], ["panic"], None),
    (["malloc 5"], ["0 5 ok"], ["panic"], None),
    (["append 5 2 1"], ["0 6 ok"], ["4 2 ok"], "append-early"),
    (["append 5 2 1"], ["0 6 ok"], ["5 1 ok"], None),
    (["append 0 6 0"], ["0 6 ok"], ["4 2 ok"], None),
    (["next -1"], ["5 0 short"], ["5 0 0:"], "negative-size"),
    (["next 1"], ["5 0 short"], ["5 0 0:"], None),
    (["gather 0"], ["5 0 5:aa"], ["5 0 2:bb"], "gather-omits-tail"),
    (["gather 0"], ["5 0 5:aa"], ["5 0 5:bb"], None),
    (["gather 256"], ["5 0 5:aa"], ["5 0 2:bb"], None),
    (["reuse 4097", "bytes"], ["0 9 ok", "5 0 5:aa"], ["0 9 ok", "5 0 5:bb"], "write-by-reference"),
    (["reuse 4096", "bytes"], ["0 9 ok", "5 0 5:aa"], ["0 9 ok", "5 0 5:bb"], None),
    (["reuse 4097", "bytes"], ["0 9 ok", "5 0 5:aa"], ["0 9 ok", "5 0 4:bb"], None),
    (["reuse 4097", "skip 1", "bytes"], ["0 9 ok", "0 0 ok", "5 0 5:aa"],
     ["0 9 ok", "0 0 ok", "5 0 5:bb"], None),
    (["peek 9", "release"], ["9 0 9:a", "9 0 ok"], ["9 0 9:a", "9 0 stale-peek"], "peek-view"),
    (["peek 9", "release"], ["9 0 9:a", "9 0 bad"], ["9 0 9:a", "9 0 ok"], None),
    (["peek 9", "release"], ["9 0 9:a", "9 0 ok"], ["9 0 9:a", "9 0 bad"], None),
])
def test_a_row_allows_its_own_case_and_no_other(script, ours, theirs, row):
    verdict = compare(script, ours + END, theirs + END, ROWS)
    if row:
        assert (verdict.where, verdict.documented) == (None, Counter([row]))
    else:
        assert verdict.where == len(script) - 1


def test_every_row_is_told_in_both_languages():
    for row in differences.load():
        assert row.contract, row.id
        assert row.en, row.id
        assert row.zh, row.id


def test_an_id_twice_is_refused(tmp_path):
    file = tmp_path / "twice.toml"
    file.write_text('[[difference]]\nid="a"\nsuite="s"\ncontract="c"\nen="e"\nzh="z"\n' * 2)
    with pytest.raises(ValueError, match="twice"):
        differences.load(file=file)


def test_a_row_that_was_never_needed_is_red():
    used = Counter(row.id for row in ROWS)
    whole = {"linkbuffer": SuiteResult(5000, 1, [], used)}
    assert gate.judge(whole, 5000).ok
    del used["ack-zero"]
    result = gate.judge(whole, 5000)
    assert (result.ok, result.figures["unused_differences"]) == (False, 1)
    assert "ack-zero" in result.problems[0].text
    assert result.problems[0].line > 0
    assert gate.judge(whole, 4999).ok


def test_a_difference_makes_the_gate_red(pair):
    found = differing(pair("--break", "ack"))
    result = gate.judge({"linkbuffer": SuiteResult(500, 1, found, Counter())}, 500)
    assert result.exit_code() == 1
    assert result.figures["differences"] == len(found)
    assert found[0].script in result.problems[0].text


def test_scripts_come_from_their_seed_and_have_a_meaning():
    scripts = [generate(seed) for seed in range(1, 300)]
    assert scripts == [generate(seed) for seed in range(1, 300)]
    assert len({tuple(script) for script in scripts}) == len(scripts)
    assert all(map(defined, scripts))
    assert not defined(["append 5 0 0", "next 1"])
    assert not defined(["append 1 0 2"])
    assert not defined(["malloc 9", "direct 1 5", "direct 1 9"])


def test_the_smallest_script_is_found():
    def fails(scripts):
        return [any(line.startswith("b ") and int(line[2:]) > 3 for line in script)
                and "d" in script for script in scripts]

    script = [*"aaaa", "b 900", *"cccccccc", "d", *"eeeee"]
    assert minimise(script, fails) == ["b 4", "d"]
    assert minimise(["b 4", "d"], fails) == ["b 4", "d"]


def test_without_go_nothing_has_passed(monkeypatch, tmp_path):
    old = tmp_path / "go"
    old.write_text("#!/bin/sh\necho go version go1.18.1 linux/amd64\n")
    old.chmod(0o755)
    for candidates in ((), (str(tmp_path / "none"),), (str(old),)):
        with pytest.raises(go.NoGo) as refusal:
            go.find(candidates)
        assert "\n" not in refusal.value.text
    assert go.find((str(old), shutil.which("go"))) == shutil.which("go")

    monkeypatch.setattr(go, "CANDIDATES", ())
    monkeypatch.setattr(build, "build", lambda preset, *targets: tmp_path)
    result = gate.run(SimpleNamespace())
    assert (result.ok, result.exit_code(), len(result.problems)) == (False, 4, 1)


def test_scripts_are_counted_for_this_gate_only(capsys):
    assert cli.main(["check", "house", "--scripts", "5"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert cli.main(["check", "conformance", "--scripts", "0"]) == 2
