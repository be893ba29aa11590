# SPDX-License-Identifier: Apache-2.0
"""Every test of upstream has one of ours, or a reason why not.

    tests/upstream_map.tsv                  upstream test kind why
    notes/upstream/netpoll-v0.7.0-tests.tsv the 97 of the original
    notes/upstream/other-tests.tsv          later ones, its libraries', and what
                                            none of them tests (missing:…)

The first line of each list says how it was made. A reason that begins with
"planned:" marks a test that is still to be written; the map is red until it is.
"""

import csv
import re

import pytest

from learn.paths import NOTES, ROOT, TESTS

MAP = TESTS / "upstream_map.tsv"
LISTS = [NOTES / "upstream" / f"{name}-tests.tsv" for name in ("netpoll-v0.7.0", "other")]
HEADER = ["upstream", "test", "kind", "why"]
TEST = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", re.MULTILINE)
# Class of the inventory -> what the map may say of it; missing: must be new.
KINDS = {"P": ("port", "adapt"), "A": ("port", "adapt"), "S": ("skip",)}
PLANNED = "planned: "


def table(text):
    """The rows below the header; lines that begin with # are about the table."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def inventory():
    """name -> class, of every upstream test and benchmark."""
    rows = [row for file in LISTS for row in table(file.read_text())[1:]]
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0]: row[4] for row in rows}


def our_tests():
    """Suite.Name of each TEST of the project's programs, by their sources."""
    files = [f for f in TESTS.rglob("*_test.cpp") if "tools" not in f.relative_to(TESTS).parts]
    return {".".join(match) for file in files for match in TEST.findall(file.read_text())}


def faults(text, upstream, ours):
    """What is wrong with the map `text`, one line each."""
    rows = table(text)
    if not rows or rows[0] != HEADER:
        return [f"the header is not {' '.join(HEADER)}"]
    bad = [f"not four columns: {row}" for row in rows if len(row) != 4]
    if bad:
        return bad
    found = []
    for name, test, kind, why in rows[1:]:
        allowed = ("new",) if name.startswith("missing:") else KINDS.get(upstream.get(name), ())
        if name not in upstream:
            found.append(f"{name}: upstream has no such test")
        elif kind not in allowed:
            found.append(f"{name}: {kind}, want {' or '.join(allowed)}")
        if not why.removeprefix(PLANNED).strip():
            found.append(f"{name}: says no why")
        if bool(test) == (kind == "skip"):
            found.append(f"{name}: {kind} {'with' if test else 'without'} a test")
        if test and test not in ours:
            word = "planned, not written" if why.startswith(PLANNED) else "no such test"
            found.append(f"{name}: {word}: {test}")
        if test in ours and why.startswith(PLANNED):
            found.append(f"{name}: {test} is there; say why without {PLANNED.strip()}")
    pairs = [(row[0], row[1]) for row in rows[1:]]
    found += [f"{name}: twice: {test}" for name, test in sorted(set(pairs)) if pairs.count((name, test)) > 1]
    found += [f"{name}: not in the map" for name in upstream if name not in {p[0] for p in pairs}]
    return found


def test_every_upstream_test_has_one_of_ours_or_a_reason():
    found = faults(MAP.read_text(), inventory(), our_tests())
    assert not found, "\n".join(found)


def test_the_list_of_the_original_is_whole():
    rows = table(LISTS[0].read_text())[1:]
    tests = [row for row in rows if row[0].startswith("Test")]
    assert (len(rows), len(tests)) == (97, 81)
    assert all(row[3].isdigit() and row[4] in KINDS for row in rows)


def test_the_lists_say_how_they_were_made():
    assert all(file.read_text().startswith("# ") for file in LISTS)


def test_parameters_and_long_lines_are_seen():
    assert "LifecycleTest.KeyIsHeldOnce" in our_tests()
    assert TEST.findall("TEST_F(Suite,\n       Name) {") == [("Suite", "Name")]
    assert not any(name.startswith("Toy.") for name in our_tests())  # tests of the tools
    assert (ROOT / "tests" / "tools").is_dir()


UPSTREAM = {"TestA": "P", "TestB": "A", "TestC": "S", "missing:d": "P"}
OURS = {"One.Works", "Two.Works"}
GOOD = """\
upstream\ttest\tkind\twhy
TestA\tOne.Works\tport\tas it is
TestA\tTwo.Works\tadapt\talso
TestB\tTwo.Works\tadapt\tother words
TestC\t\tskip\ttests Go
missing:d\tOne.Works\tnew\tnobody does
"""


def test_a_whole_map_has_no_fault():
    assert faults(GOOD, UPSTREAM, OURS) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("TestB\tTwo.Works\tadapt\tother words\n", "", "TestB: not in the map"),
        ("TestB\t", "TestZ\t", "TestZ: upstream has no such test"),
        ("TestA\tOne.Works", "TestA\tOne.Fails", "TestA: no such test: One.Fails"),
        ("One.Works\tport\tas", "One.Later\tport\tplanned: as", "planned, not written: One.Later"),
        ("port\tas", "port\tplanned: as", "TestA: One.Works is there; say why without planned:"),
        ("TestC\t\tskip", "TestC\tOne.Works\tport", "TestC: port, want skip"),
        ("TestC\t\tskip", "TestC\tOne.Works\tskip", "TestC: skip with a test"),
        ("TestB\tTwo.Works\tadapt", "TestB\t\tadapt", "TestB: adapt without a test"),
        ("One.Works\tnew", "One.Works\tport", "missing:d: port, want new"),
        ("tests Go", "", "TestC: says no why"),
        ("TestA\tTwo", "TestA\tOne", "TestA: twice: One.Works"),
        ("\tadapt\talso", "\tadapt", "not four columns"),
        ("upstream\ttest", "upstream\tours", "the header is not"),
    ],
)
def test_a_planted_fault_is_found(old, new, fault):
    assert old in GOOD
    assert any(fault in line for line in faults(GOOD.replace(old, new, 1), UPSTREAM, OURS))
