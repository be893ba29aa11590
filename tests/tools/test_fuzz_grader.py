# SPDX-License-Identifier: Apache-2.0
"""What a submission can reach: the channel of the harness, an archive, the text of a file
and what a test prints. Any bytes there end in a verdict, never in a broken grader."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fuzz_helpers import TEXT
from grader import actions, autolab, gradescope, rules, submission, tests

WORD = bytes(range(tests.WORD))
NAMES = ("Clamp.Is", "Clamp.Low", "Clamp.High")
GRADE = json.loads((Path(__file__).parent / "data/grades/grade.json").read_text("utf-8"))
ANY_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


def frame(body: bytes, word: bytes = WORD) -> bytes:
    return word + struct.pack("<I", len(body)) + body


BODY = st.one_of(
    st.binary(max_size=40),
    st.tuples(st.sampled_from("SEX"), st.sampled_from([*NAMES, ""]),
              st.sampled_from(["passed", "failed", "not_run", "", "gold"]),
              st.sampled_from(["0", "12", "-1", "x", "", "9" * 5000]), ANY_TEXT)
    .map(lambda parts: "\0".join(parts).encode()),
    st.sampled_from(NAMES).map(lambda name: f"S\0{name}".encode()),
)  # fmt: skip


@given(st.lists(BODY.map(frame), max_size=5).map(b"".join), st.binary(max_size=50),
       st.integers(0, 400))  # fmt: skip
@example(frame(b""), b"", 0)
@example(frame(b"S\0Clamp.Is") + frame(b"E\0Clamp.Is\0passed\0soon\0"), b"", 0)
@example(frame(b"E\0\0passed\0" + b"0\0"), b"", 0)
def test_any_frames_are_results_or_forged(frames, rest, cut):
    """Also by one who has found the word of the run."""
    for channel in (frames + rest, frames[:cut], rest):
        try:
            results, current = tests._read(channel, WORD, set(NAMES))
        except tests.Forged:
            continue
        assert len({result.name for result in results}) == len(results)
        assert {result.name for result in results} <= set(NAMES)
        assert {result.status for result in results} <= {"passed", "failed", "not_run"}
        assert all(0 <= result.ms < 1 << 40 for result in results)
        assert current in (*NAMES, "")


@given(st.lists(st.tuples(st.sampled_from(["passed", "failed"]), st.integers(0, 10**6), TEXT),
                max_size=3), st.data())  # fmt: skip
def test_what_the_harness_tells_is_read_and_a_cut_costs_only_what_is_cut(told, data):
    results = [tests.Result(name, *one) for name, one in zip(NAMES, told, strict=False)]
    frames = b"".join(
        frame(f"S\0{r.name}".encode()) + frame(f"E\0{r.name}\0{r.status}\0{r.ms}\0{r.message}"
                                               .encode()) for r in results)  # fmt: skip
    assert tests._read(frames, WORD, set(NAMES)) == (results, "")
    cut = data.draw(st.integers(0, len(frames)))
    found, current = tests._read(frames[:cut], WORD, set(NAMES))
    assert found == results[: len(found)]
    assert current in ("", *(r.name for r in results[len(found) : len(found) + 1]))


@given(st.binary(min_size=tests.WORD, max_size=80).filter(lambda b: b[: tests.WORD] != WORD))
def test_frames_without_the_word_are_forged(frames):
    with pytest.raises(tests.Forged):
        tests._read(frames, WORD, set(NAMES))


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name or "x"), text)
    return made.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return made.getvalue()


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """A zip or a tar, sound or with some bytes changed; or no archive at all."""
    names = st.sampled_from(["toy.cpp", "mine/toy.cpp", "../toy.cpp", "/toy.cpp", "a"])
    files = draw(st.dictionaries(names, st.binary(max_size=30), max_size=3))
    made = bytearray(draw(st.sampled_from([zipped, tarred]))(files))
    for _ in range(draw(st.integers(0, 4))):
        made[draw(st.integers(0, len(made) - 1))] = draw(st.integers(0, 255))
    return bytes(made[: draw(st.integers(0, len(made)))] if draw(st.booleans()) else made)


@given(st.one_of(archives(), st.binary(max_size=200)))
def test_any_archive_is_files_or_nothing(tmp_path_factory, archive):
    place = tmp_path_factory.getbasetemp() / "submission"
    place.write_bytes(archive)
    found = submission.read(place, ["toy.cpp", "mine/toy.cpp"])
    assert all(isinstance(text, bytes) and len(text) <= submission.FILE_MAX
               for text in found.values())
    assert set(found) <= {"toy.cpp", "mine/toy.cpp"}


@given(st.one_of(ANY_TEXT, st.lists(st.sampled_from(
    ["#include <", "vector", ">", "\\\n", '"', "R\"x(", ")x\"", "//", "/*", "*/", "system", "asm",
     "#", "include", "%:", "\n", " ", "import ", ";", "\r", "'"],
), max_size=12).map("".join)))  # fmt: skip
def test_any_source_is_judged_by_the_rules(text):
    problems = rules.text_problems("toy.cpp", text, ["vector"])
    assert all(isinstance(problem, str) and problem.strip() for problem in problems)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_a_grade_with_any_text_is_told_to_every_platform(message, note, compiler):
    grade = json.loads(json.dumps(GRADE))
    for part in grade["parts"]:
        part["note"], part["compiler"] = note, compiler
        for test in part["tests"]:
            test["message"] = message
    ElementTree.fromstring(actions.junit(grade).encode())
    assert json.loads(json.dumps(gradescope.results(grade)))["tests"]
    *_, last = autolab.lines(grade).splitlines()
    assert json.loads(last)["scores"]
    assert actions.summary(grade)
