# SPDX-License-Identifier: Apache-2.0
"""The grader by itself: what is read, what is refused, how marks are made. Nothing here
needs a compiler."""

import ast
import contextlib
import io
import os
import stat
import struct
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from grader import pack, rules, score, submission, tests, words
from grader.run import MB, Limits, Place, run
from grader.tests import Result
from learn.paths import TOOLS

GRADER = TOOLS / "grader"
NAME = "05-reading/1-peek/src/a.cpp"


@pytest.fixture(autouse=True)
def english():
    words.use("en")


@pytest.mark.parametrize("file", sorted(GRADER.glob("*.py")), ids=lambda file: file.name)
def test_it_needs_the_standard_library_of_an_old_python_alone(file):
    tree = ast.parse(file.read_text("utf-8"), feature_version=(3, 9))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
             for alias in node.names}  # fmt: skip
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    tops = {name.split(".")[0] for name in names}
    # jail.py takes walls.py by its name alone.
    assert tops - {"grader", "walls"} <= set(sys.stdlib_module_names)
    assert "tomllib" not in tops  # of 3.11


def a_tar(entries) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/fstab"
            entry.size = 4 * (kind == tarfile.REGTYPE)
            archive.addfile(entry, io.BytesIO(b"text"))
    return out.getvalue()


@pytest.mark.parametrize(("name", "kind", "read"), [
    (NAME, tarfile.REGTYPE, True), (f"./{NAME}", tarfile.REGTYPE, True),
    (f"workspace/{NAME}", tarfile.REGTYPE, True), (f"../{NAME}", tarfile.REGTYPE, False),
    (f"x/../{NAME}", tarfile.REGTYPE, False), (NAME, tarfile.SYMTYPE, False),
    (NAME, tarfile.LNKTYPE, False), (NAME, tarfile.FIFOTYPE, False),
    (f"x{NAME}", tarfile.REGTYPE, False),
])  # fmt: skip
def test_of_a_tar_only_plain_files_are_read(tmp_path, name, kind, read):
    (tmp_path / "in.tar").write_bytes(a_tar([(name, kind)]))
    assert submission.read(tmp_path / "in.tar", [NAME]) == ({NAME: b"text"} if read else {})


@pytest.mark.parametrize(("name", "mode", "read"), [
    (NAME, stat.S_IFREG | 0o644, True), (f"me/{NAME}", 0, True),
    (NAME, stat.S_IFLNK | 0o777, False), (f"../{NAME}", 0, False),
])  # fmt: skip
def test_of_a_zip_too(tmp_path, name, mode, read):
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, "text")
    assert submission.read(tmp_path / "in.zip", [NAME]) == ({NAME: b"text"} if read else {})


def a_folder(top: Path) -> Path:
    (top / NAME).parent.mkdir(parents=True)
    (top / NAME).write_bytes(b"text")
    return top


def test_a_folder_is_read_without_links(tmp_path):
    right = a_folder(tmp_path / "right")
    assert submission.read(right, [NAME, "05-reading/2-none/a.h"]) == {NAME: b"text"}
    link = a_folder(tmp_path / "link")
    (link / NAME).unlink()
    (link / NAME).symlink_to(right / NAME)
    assert submission.read(link, [NAME]) == {}
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "05-reading").symlink_to(right / "05-reading")
    assert submission.read(folder, [NAME]) == {}
    pipe = a_folder(tmp_path / "pipe")
    (pipe / NAME).unlink()
    os.mkfifo(pipe / NAME)
    assert submission.read(pipe, [NAME]) == {}
    large = a_folder(tmp_path / "large")
    (large / NAME).write_bytes(b"x" * (submission.FILE_MAX + 1))
    assert submission.read(large, [NAME]) == {}


@pytest.mark.parametrize(("text", "what"), [
    ("testing::UnitTest* x;", "testing"), ("te\\\nsting::X x;", "testing"),
    ('asm(".incbin \\"x\\"");', "asm"), ('#include "../pack.json"', '#include "../pack.json"'),
    ("#include <gtest/gtest.h>", "#include <gtest/gtest.h>"), ("#include NAME", "#include NAME"),
    ('#include "/etc/passwd"', '#include "/etc/passwd"'), ("[[gnu::ifunc(\"f\")]] int g();",
                                                          "gnu::ifunc"),
    ("%:include \"x.cpp\"", '#include "x.cpp"'), ("int x __attribute__((used));", "__attribute__"),
])  # fmt: skip
def test_what_an_answer_may_not_contain(text, what):
    found = rules.text_problems("a.cpp", f"int one;\n{text}\n", [])
    assert f"a.cpp:2: error: `{what}` may not stand in an answer" in found
    assert rules.text_problems("a.cpp", text, rules.words("a.cpp", text)) == []


def test_macros_are_for_an_answers_own_file():
    text = "#pragma once\n#define EXPECT_EQ(a, b)\n"
    assert [line.split("`")[1] for line in rules.text_problems("a.h", text, [])] == [
        "#define EXPECT_EQ(a,", "EXPECT_EQ"]  # fmt: skip
    assert rules.text_problems("a.cpp", "#define TWO 2\n", []) == []


def test_words_in_comments_and_texts_are_no_code():
    text = ('// testing: asm\n/* #include NAME\n */ const char* s = "EXPECT_EQ \\" asm";\n'
            'const char* r = R"(testing)"; int million = 1\'000\'000; char c = \'"\';\n'
            '#include "netpoll/a.h"  // and "x.cpp"\n#include <vector>\n')  # fmt: skip
    assert rules.text_problems("a.h", text, []) == []


def test_points_are_rounded_down_to_a_tenth():
    results = [Result("A.A", "passed"), Result("A.B", "failed"), Result("A.C", "passed"),
               Result("A.Else", "passed")]  # fmt: skip
    assert score.tenths(5, results, ["A.A", "A.B", "A.C"]) == 33
    assert [score.points(n) for n in (33, 40, 0)] == [3.3, 4, 0]
    assert score.tenths(5, results, []) == 0


@pytest.mark.parametrize("status", ["failed", "crashed", "timeout", "not_run"])
def test_only_what_has_passed_brings_marks(status):
    assert score.tenths(7, [Result("A.A", status)], ["A.A"]) == 0
    assert score.tenths(7, [], ["A.A"]) == 0


def frame(word: bytes, *fields: str) -> bytes:
    body = "\0".join(fields).encode()
    return word + struct.pack("<I", len(body)) + body


def test_frames_are_read_with_their_word():
    word = b"w" * tests.WORD
    told = frame(word, "S", "A.A") + frame(word, "E", "A.A", "passed", "3", "")
    begun = told + frame(word, "S", "A.B")
    assert tests._read(begun, word, {"A.A", "A.B"}) == ([Result("A.A", "passed", 3)], "A.B")
    assert tests._read(begun[:-1], word, {"A.A", "A.B"}) == ([Result("A.A", "passed", 3)], "")


@pytest.mark.parametrize("forged", [
    frame(b"x" * tests.WORD, "S", "A.A"),
    frame(b"w" * tests.WORD, "E", "A.A", "passed", "3", ""),
    frame(b"w" * tests.WORD, "S", "A.A") + frame(b"w" * tests.WORD, "E", "A.B", "passed", "3", ""),
    frame(b"w" * tests.WORD, "S", "A.A") + frame(b"w" * tests.WORD, "E", "A.A", "fine", "3", ""),
    2 * (frame(b"w" * tests.WORD, "S", "A.A")
         + frame(b"w" * tests.WORD, "E", "A.A", "passed", "3", "")),
])  # fmt: skip
def test_forged_frames_are_refused(forged):
    with pytest.raises(tests.Forged):
        tests._read(forged, b"w" * tests.WORD, {"A.A", "A.B"})


def a_place(tmp_path) -> Place:
    from grader.run import give

    give(tmp_path / "cell")
    return Place(tmp_path / "cell")


LITTLE = Limits(seconds=5.0, memory=256 * MB, processes=8, output=1 * MB, file=1 * MB, room_mb=4)


def shell(tmp_path, words_: str, limits: Limits = LITTLE):
    return run(["sh", "-c", words_], limits, a_place(tmp_path))


def test_a_program_runs_in_its_folder(tmp_path):
    ended = shell(tmp_path, "pwd; echo x > file; cat file; exit 3")
    assert (ended.output, ended.status, ended.why) == (f"{tmp_path}/cell\nx\n", 3, "")


@pytest.mark.parametrize(("words_", "why"), [
    ("while :; do :; done", "time"), ("sleep 60", "time"), ("yes", "output"),
    ("for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do sleep 60 & done; wait", "processes"),
])  # fmt: skip
def test_a_limit_ends_it(tmp_path, words_, why):
    limits = Limits(1.0 if why == "time" else 30.0, 256 * MB, 8, 1 * MB, 1 * MB, 4)
    assert shell(tmp_path, words_, limits).why == why


def test_memory_is_watched(tmp_path):
    grow = "x = []\nwhile True: x.append(bytearray(b'x' * (1 << 20)))"
    limits = Limits(60.0, 128 * MB, 8, 1 * MB, 1 * MB, 4)
    assert run([sys.executable, "-c", grow], limits, a_place(tmp_path)).why == "memory"


def test_nothing_goes_on_after_it(tmp_path):
    ended = shell(tmp_path, "setsid sh -c 'trap \"\" TERM HUP; exec sleep 4271' & "
                  "sleep 0.2; echo on")  # fmt: skip
    assert ended.output == "on\n"
    assert not any("sleep\0004271" in command for command in commands())


def commands() -> list[str]:
    """Of every process on this machine that is still there when it is asked."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(file.read_text("utf-8", "replace"))
    return found


def test_a_pack_of_another_schema_is_a_fault(tmp_path):
    (tmp_path / "pack.json").write_text('{"schema": "annotated-netpoll/pack/9"}')
    with pytest.raises(pack.Fault, match="this grader reads annotated-netpoll/pack/1"):
        pack.load(tmp_path)
    with pytest.raises(pack.Fault, match="cannot be read"):
        pack.load(tmp_path / "none")
