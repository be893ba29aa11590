# SPDX-License-Identifier: Apache-2.0
"""Precompiled headers: what many compilations read is read once.

    prelude    GoogleTest and the standard headers, for every source
    headers    on top of it the project's headers of one source, for a learner's and a
               mutant's versions of that source: they leave its headers as they are

The second kind takes most of a verdict's compilation away. Only Clang can put one
precompiled header on top of another.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from learn.exercise import toolchain
from learn.exercise.tree import Tree, included, sha, stamp, write_file

PRELUDE = Path(__file__).with_name("prelude.h")
GTEST = Path("/usr/include/gtest/gtest.h")
HEADERS_MAX = 150
_INCLUDE = re.compile(r'^#include "[^"]+"$', re.MULTILINE)


@dataclass(frozen=True)
class Use:
    """What a compilation takes: flags, and the project's headers that are in there."""

    flags: list[str]
    includes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Precompiled:
    """Those of one variant of flags."""

    store: Path  # build/exercise
    variant: str

    @property
    def _command(self) -> list[str]:
        return toolchain.command(self.variant)

    @property
    def _chains(self) -> bool:
        return self._command[0].startswith("clang")

    def make_prelude(self) -> None:
        """Once; seconds the first time, nothing later."""
        header = self._prelude()
        if header.with_suffix(".h.gch").is_file():
            return
        write_file(header, PRELUDE.read_text("utf-8"))
        self._make(header, header.with_suffix(".h.gch"), [])

    def prelude(self) -> Use:
        header = self._prelude()
        return Use(["-include-pch", f"{header}.gch"] if self._chains else ["-include", str(header)])

    def of(self, tree: Tree, name: str) -> Use:
        """For the source `name`, which stands replaced in `tree`: its headers, if none of
        them is replaced too; else the prelude alone."""
        if not (self._chains and tree.replaces(name) and (tree.root / name).is_file()):
            return self.prelude()
        lines = _INCLUDE.findall((tree.root / name).read_text("utf-8"))
        bare = Tree(tree.root, inner=tree.inner)
        folder = self.store / "headers" / sha(name, str(tree.root), *lines, *self._command)[:16]
        includes = self._headers(bare, folder, lines)
        if not includes or any(map(tree.replaces, includes)):
            return self.prelude()
        return Use(["-include-pch", str(self._made(bare, folder, includes))], tuple(includes))

    def _headers(self, bare: Tree, folder: Path, lines: list[str]) -> list[str]:
        """The project's headers that `lines` lead to, after which they are precompiled."""
        list_file = folder / "includes.json"
        known = json.loads(list_file.read_text("utf-8")) if list_file.is_file() else []
        if known and (made := self._made(bare, folder, known)).is_file():
            os.utime(made)  # for prune()
            return known
        header = folder / "precompiled.h"
        write_file(header, "\n".join(lines) + "\n")
        depfile = folder / f"{os.getpid()}.d"
        scratch = folder / f"{os.getpid()}.pch"
        try:
            self._make(header, scratch, [*bare.includes(), *bare.prefixes(), *self.prelude().flags,
                                         "-MMD", "-MF", str(depfile)])
        except toolchain.DoesNotCompile:
            return []  # the source itself will tell why
        includes = included(bare, depfile)
        write_file(list_file, json.dumps(includes))
        os.replace(scratch, self._made(bare, folder, includes))
        return includes

    def _made(self, bare: Tree, folder: Path, includes: list[str]) -> Path:
        """Under a key of its headers, and of the very prelude that it was put on."""
        prelude = stamp(self._prelude().with_suffix(".h.gch"))
        content = (f"{name} {bare.digest(name)}" for name in includes)
        return folder / f"{sha(prelude, *content)[:32]}.pch"

    def _make(self, header: Path, out: Path, flags: list[str]) -> None:
        scratch = out.with_name(f"{os.getpid()}.gch")
        toolchain.run([*self._command, *flags, "-x", "c++-header", str(header), "-o", str(scratch)])
        os.replace(scratch, out)

    def _prelude(self) -> Path:
        """Under a key of what may change it, an upgrade of the system included."""
        compiler = shutil.which(self._command[0])
        marks = [stamp(Path(compiler)) if compiler else "", stamp(GTEST)]
        key = sha(PRELUDE.read_text("utf-8"), *self._command, *marks)[:16]
        # A precompiled header names its source: by the real place, which stays.
        return (self.store / "prelude").resolve() / f"{self.variant}-{key}" / "prelude.h"


def prune(store: Path, keep: int = HEADERS_MAX) -> None:
    """Removes the headers that nobody has used for longest."""
    made = sorted((store / "headers").glob("*/*.pch"), key=lambda file: file.stat().st_mtime)
    for old in made[: max(0, len(made) - keep)]:
        old.unlink()
