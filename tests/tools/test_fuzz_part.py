# SPDX-License-Identifier: Apache-2.0
"""The part `fuzz`: a fuzzer that ends well is one passed test; a finding is told with its
input in hex, its file, and the command that repeats it."""

from __future__ import annotations

from pathlib import Path

import pytest

from learn.paths import ROOT, TESTS
from learn.testing import fuzz
from learn.testing.counting import Count

PROGRAM = ROOT / "build/fuzz/bin/toy_fuzz"


def judged(status: int, said: str):
    return fuzz.judged("toy", PROGRAM, status, said, "fuzz-toy.log")


def test_a_fuzzer_that_ends_by_itself_has_passed():
    outcome = judged(0, "#2 INITED cov: 5\nDone 512 runs in 20 second(s)\n")
    assert (outcome.count, outcome.reason) == (Count(passed=1), "")


@pytest.mark.parametrize(("status", "said"), [
    (0, ""), (0, "Done 0 runs in 20 second(s)\n"), (1, "no such file\n"), (-9, ""),
])
def test_one_that_ran_nothing_or_broke_off_has_failed(status, said):
    outcome = judged(status, said)
    assert outcome.count == Count(failed=1)
    assert "toy" in outcome.reason and "build/logs/fuzz-toy.log" in outcome.reason


def test_a_finding_is_told_with_its_bytes_and_how_to_repeat_it(tmp_path):
    found = tmp_path / "toy-crash-1"
    found.write_bytes(b"\x00\xff:")
    said = ("netpoll: ../../tests/fuzz/toy_fuzz.cpp:9: a view changed\n"
            f"artifact_prefix='x/'; Test unit written to {found}\nBase64: AP86\n")
    outcome = judged(77, said)
    assert outcome.count == Count(failed=1)
    assert "a view changed" in outcome.reason
    assert "00 ff 3a" in outcome.reason
    assert f"build/fuzz/bin/toy_fuzz {found}" in outcome.reason
    assert "\n" not in outcome.reason


def test_of_a_long_input_the_beginning_is_shown(tmp_path):
    file = tmp_path / "long"
    file.write_bytes(bytes(1000))
    assert fuzz.shown(file) == " ".join(["00"] * 200) + " …"


def test_a_part_with_a_finding_and_without_is_both():
    good, bad = judged(0, "Done 1 runs in 1 second(s)\n"), judged(1, "")
    outcome = fuzz.summed([good, bad])
    assert outcome.count == Count(passed=1, failed=1)
    assert outcome.reason == bad.reason and outcome.log == "fuzz-toy.log"


def test_every_fuzzer_is_built_and_has_a_small_corpus():
    listed = (TESTS / "fuzz/CMakeLists.txt").read_text("utf-8")
    files = [file for file in (TESTS / "fuzz/corpus").rglob("*") if file.is_file()]
    assert fuzz.names()
    for name in fuzz.names():
        assert f"netpoll_fuzz({name}" in listed
        assert any(file.parent.name == name for file in files), name
    assert {file.parent.name for file in files} == set(fuzz.names())
    assert len(files) <= 40
    assert sum(file.stat().st_size for file in files) <= 200_000


def test_the_seconds_are_given_to_each_fuzzer(monkeypatch, tmp_path):
    commands = []

    def run(title, command, log, **options):
        commands.append(command)
        (tmp_path / log).write_text("Done 7 runs in 3 second(s)\n")
        return 0

    monkeypatch.setattr(fuzz.progress, "run", run)
    monkeypatch.setattr(fuzz, "LOGS", tmp_path)
    monkeypatch.setattr(fuzz, "BUILD", tmp_path)
    monkeypatch.setattr(fuzz, "FINDINGS", tmp_path / "findings")
    monkeypatch.setattr(fuzz.build, "build", lambda preset: Path("bin"))
    outcome = fuzz.run(3)
    assert outcome.count == Count(passed=len(fuzz.names()))
    assert all("-max_total_time=3" in command for command in commands)
    assert [command[-1] for command in commands if "address" in str(command[0])] == [
        TESTS / "fuzz/corpus/address"]  # fmt: skip
