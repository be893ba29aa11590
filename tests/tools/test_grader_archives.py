# SPDX-License-Identifier: Apache-2.0
"""What is handed in as an archive, and was made to hurt: it costs a bounded amount of memory,
and nothing outside it is read or written."""

import bz2
import io
import json
import lzma
import os
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib

import pytest

from grader import submission
from learn.paths import TOOLS

NAME = "05-reading/1-peek/src/a.cpp"
MEMORY = 1 << 30  # the limit of the process that reads a bomb
BOMB = 4 << 30
READ = """
import json, resource, sys
from pathlib import Path
from grader import submission
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
got = submission.read(Path(sys.argv[1]), ["{name}"])
print(json.dumps(sorted(got)))
"""


def tar(*entries, format_=tarfile.PAX_FORMAT) -> bytes:
    """`entries`: (name, text, type, link) of which the last two may be missing."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format_) as archive:
        for name, text, *more in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = (*more, "")[:2] if more else (tarfile.REGTYPE, "")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return out.getvalue()


def read(tmp_path, data: bytes, wanted=(NAME,)) -> dict:
    (tmp_path / "in").write_bytes(data)
    return submission.read(tmp_path / "in", list(wanted))


COMPRESSED = {
    "plain": bytes, "gz": lambda data: zlib.compress(data, wbits=31), "bz2": bz2.compress,
    "xz": lzma.compress,
    "gz, two members": lambda data: (zlib.compress(data[:700], wbits=31)
                                     + zlib.compress(data[700:], wbits=31)),
    "bz2, two streams": lambda data: bz2.compress(data[:700]) + bz2.compress(data[700:]),
}  # fmt: skip


@pytest.mark.parametrize("how", COMPRESSED.values(), ids=COMPRESSED)
def test_each_usual_tar_is_read(tmp_path, how):
    assert read(tmp_path, how(tar((NAME, b"text")))) == {NAME: b"text"}


# One of each kind of entry beside the plain file, which alone is read.
ODD = [
    ("/" + NAME, b"absolute"), ("../../" + NAME, b"above"), ("a/../" + NAME, b"around"),
    (NAME, b"", tarfile.SYMTYPE, "/etc/passwd"), (NAME, b"", tarfile.LNKTYPE, "/etc/passwd"),
    (NAME, b"", tarfile.LNKTYPE, "../secret"), (NAME, b"", tarfile.CHRTYPE),
    (NAME, b"", tarfile.BLKTYPE), (NAME, b"", tarfile.FIFOTYPE), (NAME, b"", tarfile.DIRTYPE),
    (NAME + "\0.txt", b"zero"), (NAME.replace("/", "\\"), b"backslashes"),
    (NAME, b"huge" * submission.FILE_MAX),
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=[f"{number}" for number in range(len(ODD))])
def test_an_odd_entry_is_never_followed(tmp_path, odd):
    """A name that is absolute is read under its last words, as each archive's first folder is."""
    (tmp_path / "secret").write_text("secret")
    before = sorted(os.listdir(tmp_path))
    got = read(tmp_path, tar(odd))
    assert got in ({}, {NAME: b"absolute"}, {NAME: b"zero"}), got
    assert sorted(os.listdir(tmp_path)) == sorted([*before, "in"])


def test_of_a_link_and_a_file_of_one_name_the_file_is_read(tmp_path):
    link = (NAME, b"", tarfile.SYMTYPE, "/etc/passwd")
    assert read(tmp_path, tar(link, (NAME, b"text"))) == {NAME: b"text"}
    assert read(tmp_path, tar((NAME, b"text"), link)) == {NAME: b"text"}


def zeros(pack) -> bytes:
    """A stream that unpacks to more than BOMB bytes, as often the same stream."""
    one = pack(bytes(16 << 20))
    return one * (BOMB // (16 << 20))


def head(type_: bytes, size: int) -> bytes:
    entry = tarfile.TarInfo("bomb")
    entry.type, entry.size = type_, size
    return entry.tobuf(tarfile.GNU_FORMAT)


BOMBS = {
    # A header's text is read into memory, as long as it says; a file is passed over.
    "a long header": tarfile.XHDTYPE, "a long name": tarfile.GNUTYPE_LONGNAME,
    "a long file": tarfile.REGTYPE,
}  # fmt: skip


@pytest.mark.parametrize("pack", [lambda data: zlib.compress(data, wbits=31), bz2.compress,
                                  lambda data: lzma.compress(data, preset=0)],
                         ids=["gz", "bz2", "xz"])  # fmt: skip
@pytest.mark.parametrize("type_", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_given_up_early(tmp_path, type_, pack):
    (tmp_path / "in").write_bytes(pack(head(type_, BOMB)) + zeros(pack))
    assert (tmp_path / "in").stat().st_size < 64 << 20
    script = READ.format(memory=MEMORY, name=NAME)
    ran = subprocess.run([sys.executable, "-c", script, tmp_path / "in"], text=True, timeout=120,
                         capture_output=True, env={**os.environ, "PYTHONPATH": str(TOOLS)})
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == []


@pytest.mark.parametrize(("how", "kept"), [
    (zipfile.ZIP_STORED, True), (zipfile.ZIP_DEFLATED, True),
    (zipfile.ZIP_BZIP2, False), (zipfile.ZIP_LZMA, False),
])  # fmt: skip
def test_of_a_zip_what_unpacks_in_bounded_memory_is_read(tmp_path, how, kept):
    """zipfile unpacks a piece of bzip2 or lzma whole, be it gigabytes."""
    with zipfile.ZipFile(tmp_path / "in", "w", how) as archive:
        archive.writestr(NAME, "text")
    assert submission.read(tmp_path / "in", [NAME]) == ({NAME: b"text"} if kept else {})


def test_a_zip_whose_file_is_too_large_holds_none(tmp_path):
    with zipfile.ZipFile(tmp_path / "in", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NAME, bytes(64 << 20))
    data = bytearray((tmp_path / "in").read_bytes())
    at = data.index(b"PK\x01\x02") + 24  # it claims to have four bytes
    data[at : at + 4] = struct.pack("<I", 4)
    for lie in (bytes(data), (tmp_path / "in").read_bytes()):
        assert read(tmp_path, lie) == {}


@pytest.mark.parametrize("cut", [1, 100, 511, 512, 600, 1023])
@pytest.mark.parametrize("how", COMPRESSED.values(), ids=COMPRESSED)
def test_half_an_archive_is_no_accident(tmp_path, how, cut):
    whole = how(tar(("a/b", os.urandom(2000)), (NAME, b"text")))
    assert read(tmp_path, whole[:-cut]) in ({}, {NAME: b"text"})
    assert read(tmp_path, whole[:cut]) == {}


def test_an_archive_of_very_many_entries_is_read_as_far_as_is_allowed(tmp_path, monkeypatch):
    monkeypatch.setattr(submission, "ENTRIES_MAX", 10)
    many = [(f"{number}", b"") for number in range(10)]
    assert read(tmp_path, tar(*many, (NAME, b"text"))) == {}
    assert read(tmp_path, tar(*many[:9], (NAME, b"text"))) == {NAME: b"text"}
