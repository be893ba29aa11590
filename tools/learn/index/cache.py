# SPDX-License-Identifier: Apache-2.0
"""Builds an Index and remembers it, file by file, in one JSON file.

A file is read again when it, a project header that it includes, the flags, or
the reader itself has changed; everything is told by sha256. Two processes share
the reading. A file that does not compile is never remembered.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from dataclasses import fields
from pathlib import Path

from learn.index import reader, references
from learn.index.lookup import Index
from learn.index.symbol import Symbol

WORKERS = 2
READ_BY = ("reader.py", "symbol.py", "references.py", "declared.py")  # they make an entry
FIELDS = [field.name for field in fields(Symbol)]


def build(*, root: Path, folders: list[Path], cache: Path, quiet: bool = True) -> Index:
    """The index of the C++ files under `folders`; src/ is where includes start."""
    include = [root / "src"]
    files = source_files(folders)
    digests = _Digests(root, include)
    known = _read(cache / "index.json")
    entries, missing = {}, []
    for file in files:
        name = str(file.relative_to(root))
        entry = known.get(name)
        if entry and entry["key"] == digests.key(name, entry["includes"]):
            entries[name] = entry
        else:
            missing.append(file)
    for name, entry in _parse_all(missing, root, include, quiet):
        entries[name] = {**entry, "key": digests.key(name, entry["includes"])}
    good = {name: entry for name, entry in sorted(entries.items()) if not entry["errors"]}
    if good != known:
        _write(cache / "index.json", good)
    symbols = [Symbol(*values) for entry in entries.values() for values in entry["symbols"]]
    errors = [text for entry in entries.values() for text in entry["errors"]]
    return Index(symbols, errors, entries)


class _Digests:
    """Hashes each file once."""

    def __init__(self, root: Path, include: list[Path]) -> None:
        self.root = root
        self.known: dict = {}
        source = Path(reader.__file__)
        marks = [source.with_name(name).read_bytes() for name in READ_BY]
        relative = [str(folder.relative_to(root)) for folder in include]
        self.base = hashlib.sha256(b"".join(marks) + repr(relative).encode()).digest()

    def of(self, name: str) -> bytes:
        if name not in self.known:
            try:
                self.known[name] = hashlib.sha256((self.root / name).read_bytes()).digest()
            except OSError:
                self.known[name] = b"gone"
        return self.known[name]

    def key(self, name: str, includes: list[str]) -> str:
        parts = [self.base, self.of(name), *(n.encode() + self.of(n) for n in includes)]
        return hashlib.sha256(b"".join(parts)).hexdigest()


def _parse_all(files: list[Path], root: Path, include: list[Path], quiet: bool):
    """(name, entry) of each file; says how far it is unless `quiet`."""
    if files:
        reader.bindings()  # fails here, with a clear word, rather than in a worker
    if len(files) < 4:
        for file in files:
            yield _parse_one(file, root, include)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(WORKERS) as pool:
        jobs = [pool.submit(_parse_one, file, root, include) for file in files]
        for number, job in enumerate(jobs, 1):
            if not quiet and sys.stderr.isatty():
                print(f"\r{number}/{len(jobs)}", end="", file=sys.stderr, flush=True)
            yield job.result()
    if not quiet and sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)


def _parse_one(file: Path, root: Path, include: list[Path]) -> tuple[str, dict]:
    entry = reader.parse(file, root, include, (references.collect,))
    entry["symbols"] = [[getattr(s, name) for name in FIELDS] for s in entry["symbols"]]
    return str(file.relative_to(root)), entry


def source_files(folders: list[Path]) -> list[Path]:
    return sorted(f for d in folders for s in ("*.h", "*.cpp") for f in d.rglob(s))


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _write(path: Path, entries: dict) -> None:
    """Whole or not at all: several commands may run at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(entries, out, ensure_ascii=False)
    os.replace(temporary, path)
