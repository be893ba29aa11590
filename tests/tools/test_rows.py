# SPDX-License-Identifier: Apache-2.0
"""Upstream's known bugs and traps: each has a test of ours and a header that says what we do instead.

The table is tests/upstream_bugs.tsv. A row is the number of upstream's issue or pull request, or a
word where it has none (E1: mended after v0.7.0), or 1 to 18 (E2: not mended). A test of row N says
so in its name: E1Row393LosesNoByte, E2Row5TooMuchIsRefused. What upstream documents, declares or has
to be asked for is a contract and no defect, however surprising. Lines are checked by the gate facts.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]

E1 = ["393", "395", "404", "panic", "414", "415", "416", "364", "419", "420", "readall"]
KINDS = ["contract", "defect"]
E2 = [str(number) for number in range(1, 19)]


class Row(NamedTuple):
    row: str
    what: str
    kind: str
    tests: list[str]
    header: str
    place: str


def read(text: str) -> list[Row]:
    rows = []
    for line in text.splitlines()[1:]:
        row, what, kind, tests, header, place = line.split("\t")
        rows.append(Row(row, what, kind, tests.split(), header, place))
    return rows


def names_of(text: str) -> set[str]:
    return {
        f"{suite}.{name}"
        for suite, name in re.findall(r"^TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", text, re.MULTILINE)
    }


def all_tests(root: Path) -> set[str]:
    return set().union(*(names_of(file.read_text()) for file in root.glob("tests/**/*_test.cpp")))


def words_of(header: str) -> str:
    """The text of a header without its comment marks and line breaks."""
    return re.sub(r"\s+", " ", re.sub(r"^\s*//+", " ", header, flags=re.MULTILINE))


def faults_of_rows(rows: list[Row]) -> list[str]:
    listed = [row.row for row in rows]
    wanted = E1 + E2
    return (
        [f"row {row} is missing" for row in wanted if row not in listed]
        + [f"row {row} is unknown" for row in listed if row not in wanted]
        + [f"row {row} is listed twice" for row in set(listed) if listed.count(row) > 1]
    )


def faults_of_row(row: Row, tests: set[str], header: str) -> list[str]:
    faults = [] if row.tests else [f"row {row.row} has no test"]
    if row.kind not in KINDS:
        faults.append(f"row {row.row} is {row.kind}, not {' or '.join(KINDS)}")
    mark = f"E{1 if row.row in E1 else 2}Row{row.row[:1].upper()}{row.row[1:]}"
    for test in row.tests:
        if test not in tests:
            faults.append(f"there is no test {test}")
        if not re.match(rf"{mark}(?![0-9])", test.partition(".")[2]):
            faults.append(f"{test} does not begin with {mark}")
    words = words_of(header)
    told = [match.end() for match in re.finditer("unlike upstream", words, re.IGNORECASE)]
    if not told:
        faults.append(f"{row.header} does not say what is unlike upstream")
    elif not any(row.place.partition(":")[0] in words[at : at + 400] for at in told):
        file = row.place.partition(":")[0]
        faults.append(f"{row.header} does not name {file} where it says what is unlike upstream")
    return faults


TABLE = read((ROOT / "tests/upstream_bugs.tsv").read_text())
TESTS = all_tests(ROOT)


def test_every_row_is_listed_once():
    assert faults_of_rows(TABLE) == []


@pytest.mark.parametrize("row", [pytest.param(row, id=row.row) for row in TABLE])
def test_a_row_has_its_tests_and_its_header(row):
    file = ROOT / row.header
    assert faults_of_row(row, TESTS, file.read_text() if file.exists() else "") == []


# The check itself, on planted faults.

GOOD = Row(
    "5",
    "crash",
    "defect",
    ["Buffer.E2Row5TooMuchIsRefused"],
    "src/buffer.h",
    "buffer.go:388 (Ack)",
)
GOOD_HEADER = "/// Refused. Unlike\n/// upstream, which crashes\n/// (buffer.go:388).\n"
GOOD_TESTS = names_of("TEST(Buffer,\n     E2Row5TooMuchIsRefused) {\n}\n")


def test_a_good_row_has_no_faults():
    assert faults_of_row(GOOD, GOOD_TESTS, GOOD_HEADER) == []


@pytest.mark.parametrize(
    ("row", "tests", "header", "fault"),
    [
        (GOOD, set(), GOOD_HEADER, "there is no test Buffer.E2Row5TooMuchIsRefused"),
        (GOOD, names_of("// TEST(Buffer, E2Row5TooMuchIsRefused)"), GOOD_HEADER, "there is no test"),
        (GOOD._replace(tests=[]), GOOD_TESTS, GOOD_HEADER, "row 5 has no test"),
        (GOOD._replace(row="6"), GOOD_TESTS, GOOD_HEADER, "does not begin with E2Row6"),
        (GOOD._replace(row="393"), GOOD_TESTS, GOOD_HEADER, "does not begin with E1Row393"),
        (
            GOOD._replace(row="1", tests=["A.E2Row18Aliases"]),
            {"A.E2Row18Aliases"},
            GOOD_HEADER,
            "does not begin with E2Row1",
        ),
        (GOOD, GOOD_TESTS, "", "does not say what is unlike upstream"),
        (GOOD, GOOD_TESTS, "// As upstream, buffer.go:388.", "does not say what is unlike upstream"),
        (GOOD, GOOD_TESTS, "// buffer.go:388. Unlike upstream.", "does not name buffer.go"),
        (GOOD._replace(kind="bug"), GOOD_TESTS, GOOD_HEADER, "is bug, not contract or defect"),
    ],
)
def test_a_planted_fault_is_told(row, tests, header, fault):
    assert any(fault in told for told in faults_of_row(row, tests, header))


def test_rows_that_are_missing_unknown_or_doubled_are_told():
    assert "row 17 is missing" in faults_of_rows([row for row in TABLE if row.row != "17"])
    assert "row 19 is unknown" in faults_of_rows([*TABLE, GOOD._replace(row="19")])
    assert "row 5 is listed twice" in faults_of_rows([*TABLE, GOOD])
