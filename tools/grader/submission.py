# SPDX-License-Identifier: Apache-2.0
"""What a student handed in: a folder, a zip or a tar. Nothing is ever unpacked.

Only the files that the pack names are read, and only as plain files: a link, a name
with "..", a device or what lies beside them is nothing that was handed in.
"""

from __future__ import annotations

import bz2
import io
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

FILE_MAX = 1 << 20  # an answer has some hundred lines
ENTRIES_MAX = 20_000
UNPACKED_MAX = 128 << 20  # of a tar; what is handed in is far smaller
_BROKEN = (OSError, ValueError, EOFError, RuntimeError, NotImplementedError, MemoryError,
           zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile)  # fmt: skip
# By the first bytes of a compressed tar: what unpacks it, and never more than it is told.
_UNPACKERS: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(31),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ": lambda: lzma.LZMADecompressor(memlimit=UNPACKED_MAX),
}
# Python unpacks a piece of any other kind whole, be it gigabytes.
_ZIPPED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

Listing = dict[str, Callable[[], bytes]]


def read(place: Path, wanted: list[str]) -> dict[str, bytes]:
    """{wanted name: its bytes} of those that were handed in."""
    try:
        if place.is_dir():
            return _only({name: file for name in wanted
                          if (file := _plain(place, name)) is not None})  # fmt: skip
        if zipfile.is_zipfile(place):
            with zipfile.ZipFile(place) as archive:
                return _chosen(_zipped(archive), wanted)
        if place.is_file():
            with tarfile.open(fileobj=io.BytesIO(_unpacked(place)), mode="r:") as archive:
                return _chosen(_tarred(archive), wanted)
    except _BROKEN:
        return {}  # an archive that cannot be read holds nothing
    return {}


def _plain(place: Path, name: str) -> bytes | None:
    """The file without a link anywhere on the way to it."""
    here = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        *folders, last = name.split("/")
        for step in folders:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
            deeper = os.open(step, flags, dir_fd=here)
            os.close(here)
            here = deeper
        file = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
        with os.fdopen(file, "rb") as stream:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                return None
            return stream.read(FILE_MAX + 1)
    except OSError:
        return None
    finally:
        os.close(here)


def _unpacked(place: Path) -> bytes:
    """A tar without its compression: a few bytes may stand for gigabytes."""
    if place.stat().st_size > UNPACKED_MAX:
        raise ValueError("too large")
    packed = place.read_bytes()
    make = next((make for magic, make in _UNPACKERS.items() if packed.startswith(magic)), None)
    if make is None:
        return packed
    whole = b""
    while packed:  # one stream may follow another
        stream = make()
        whole += stream.decompress(packed, UNPACKED_MAX + 1 - len(whole))
        if len(whole) > UNPACKED_MAX:
            raise ValueError("too large")
        packed = stream.unused_data if stream.eof else b""
    return whole


def _zipped(archive: zipfile.ZipFile) -> Listing:
    found: Listing = {}
    for entry in archive.infolist()[:ENTRIES_MAX]:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        plain = not entry.is_dir() and kind in (0, stat.S_IFREG)
        if plain and entry.compress_type in _ZIPPED:
            found[entry.filename] = lambda entry=entry: archive.open(entry).read(FILE_MAX + 1)
    return found


def _tarred(archive: tarfile.TarFile) -> Listing:
    found: Listing = {}
    for number, entry in enumerate(archive):
        if number >= ENTRIES_MAX:
            break
        if entry.isfile():
            found[entry.name] = lambda entry=entry: (
                archive.extractfile(entry) or _nothing()).read(FILE_MAX + 1)  # fmt: skip
    return found


def _nothing() -> object:
    raise OSError("no plain file")


def _chosen(listing: Listing, wanted: list[str]) -> dict[str, bytes]:
    """An archive may have one folder more in front. Where two entries would do, the one
    with the shortest name is meant; a name with ".." is none."""
    safe = [name for name in listing if ".." not in PurePosixPath(name).parts]
    found = {}
    for name in wanted:
        fitting = [one for one in safe if f"/{one}".endswith(f"/{name}")]
        if fitting:
            found[name] = listing[min(fitting, key=len)]()
    return _only(found)


def _only(found: dict[str, bytes]) -> dict[str, bytes]:
    return {name: text for name, text in found.items() if len(text) <= FILE_MAX}
