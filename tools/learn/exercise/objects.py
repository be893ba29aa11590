# SPDX-License-Identifier: Apache-2.0
"""Compiles and links, fast: no build system stands between an edit and its verdict.

Each object lies in build/exercise/objects/ under a hash of all that went into
it (its source, the project's headers it includes, the flags), so starter,
mutants, learner's file and real source share whatever they have in common.
GoogleTest and the standard headers are one precompiled header.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from learn.exercise import stacks
from learn.exercise.tree import Tree, write_file
from learn.run import bounded
from learn.run.bounded import MB, Limits

PRELUDE = Path(__file__).with_name("prelude.h")
GTEST = Path("/usr/include/gtest/gtest.h")
COMMON = ("-std=c++23", "-pthread")
# As in cmake/NetpollLayer.cmake; there they are errors.
HOUSE = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wold-style-cast",
         "-Wthread-safety")
VARIANTS = {
    "plain": ("clang++-19", "-O0", "-gline-tables-only", "-fno-color-diagnostics",
              "-fpch-instantiate-templates", *HOUSE),
    "asan": ("g++", "-O0", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
             "-fno-sanitize=vptr"),
    "tsan": ("g++", "-O1", "-g1", "-fsanitize=thread"),
}
# The preset whose library has the flags of a variant.
PRESETS = {"asan": "dev", "tsan": "tsan"}
# A learner's constant expression can keep a compiler busy for ever.
COMPILING = Limits(seconds=300.0, output=4 * MB, memory=3072 * MB)
OBJECTS_MAX = 1500
WORKERS = max(2, os.cpu_count() or 2)


class DoesNotCompile(Exception):
    """The compiler's own words are the text."""


class NoCompiler(Exception):
    """A compiler or GoogleTest is missing (exit code 4)."""


@dataclass(frozen=True)
class Made:
    """A program: a key of its content, and what the compiler said though it went on."""

    key: str
    warnings: str


@dataclass(frozen=True)
class Workshop:
    """One variant of flags, and the folder where what it makes is kept."""

    store: Path  # build/exercise
    variant: str = "plain"
    archives: tuple[Path, ...] = ()  # linked last: the library, where it is built already

    @property
    def command(self) -> list[str]:
        """The compiler and the flags that every call has."""
        return [*VARIANTS[self.variant], *COMMON]

    def program(self, tree: Tree, sources: list[str], out: Path, tests: bool = True) -> Made:
        """Links `sources` into `out`, with gtest_main if they are tests."""
        with _one_at_a_time(f"prelude {self.variant}"):
            self.precompile()
        with ThreadPoolExecutor(WORKERS) as pool:
            # The replaced files first: they are the ones that must be compiled.
            order = sorted(sources, key=lambda name: not tree.replaces(name))
            made = pool.map(lambda name: self.compile(tree, name), order)
            done = dict(zip(order, made, strict=True))
        objects = [done[name] for name in sources]
        marks = map(_stamp, self.archives)
        key = _sha(*(o.name for o in objects), *self.command, str(tests), *marks)
        stamp = out.with_suffix(".key")
        if not (out.is_file() and stamp.is_file() and stamp.read_text() == key):
            teller = [self._stacks()] if tests and self.variant == "plain" else []
            gtest = ["-lgtest_main", "-lgtest"] if tests else []
            # In a group, for they need each other in both directions.
            library = ["-Wl,--start-group", *map(str, self.archives), "-Wl,--end-group"]
            self.link([*objects, *teller], out, [*library, *gtest])
            write_file(stamp, key)
        return Made(key, "".join(map(_warnings, objects)))

    def compile(self, tree: Tree, name: str) -> Path:
        """The object of one source of `tree`, made only if nobody made it before."""
        with _one_at_a_time(f"{self.variant} {tree.path(name)}"):
            return self._compile(tree, name)

    def _compile(self, tree: Tree, name: str) -> Path:
        unit = self.store / "units" / f"{_sha(name, *self.command, str(tree.root))}.json"
        known = json.loads(unit.read_text()) if unit.is_file() else []
        for includes in known:
            made = self.store / "objects" / f"{self._key(tree, name, includes)}.o"
            if made.is_file():
                os.utime(made)  # for prune()
                return made
        mark = _sha(self.variant, name, str(tree.overlay))[:16]
        scratch = self.store / "scratch" / f"{os.getpid()}-{mark}.o"
        scratch.parent.mkdir(parents=True, exist_ok=True)
        said = run([*self.command, *tree.includes(), *tree.prefixes(), *self._use_prelude(),
                    "-MMD", "-MF", f"{scratch}.d", "-c", str(tree.path(name)),
                    "-o", str(scratch)])  # fmt: skip
        includes = _included(tree, Path(f"{scratch}.d"))
        if includes not in known:
            write_file(unit, json.dumps([includes, *known][:8]))
        made = self.store / "objects" / f"{self._key(tree, name, includes)}.o"
        made.parent.mkdir(parents=True, exist_ok=True)
        if said:
            write_file(made.with_suffix(".said"), said)
        os.replace(scratch, made)
        return made

    def link(self, objects: list[Path], out: Path, libraries: list[str]) -> None:
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = out.with_name(f".{out.name}.{os.getpid()}")
        # gold comes with the assembler and takes a third of the default's time.
        linker = ["-fuse-ld=gold"] if shutil.which("ld.gold") else []
        run([*self.command, *linker, *map(str, objects), *libraries, "-o", str(scratch)])
        os.replace(scratch, out)

    def _stacks(self) -> Path:
        """What tells where a program stood; the sanitizers have their own."""
        made = self.store / "objects" / f"stacks-{_sha(stacks.SOURCE.read_text('utf-8'))[:16]}.o"
        with _one_at_a_time("stacks"):
            if not made.is_file():
                run([*self.command, "-c", str(stacks.SOURCE), "-o", str(made)])
        return made

    def precompile(self) -> None:
        """Makes the precompiled header once; seconds the first time, nothing later."""
        header = self._prelude()
        if header.with_suffix(".h.gch").is_file():
            return
        write_file(header, PRELUDE.read_text("utf-8"))
        scratch = header.with_name(f".{os.getpid()}.gch")
        run([*self.command, "-x", "c++-header", str(header), "-o", str(scratch)])
        os.replace(scratch, header.with_suffix(".h.gch"))

    def _prelude(self) -> Path:
        """Under a key of what may change it, an upgrade of the system included."""
        compiler = shutil.which(self.command[0])
        marks = [_stamp(Path(compiler)) if compiler else "", _stamp(GTEST)]
        key = _sha(PRELUDE.read_text("utf-8"), *self.command, *marks)[:16]
        # A precompiled header names its source: by the real place, which stays.
        return (self.store / "prelude").resolve() / f"{self.variant}-{key}" / "prelude.h"

    def _use_prelude(self) -> list[str]:
        header = str(self._prelude())
        if self.command[0].startswith("clang"):
            return ["-include-pch", f"{header}.gch"]
        return ["-include", header]

    def _key(self, tree: Tree, name: str, includes: list[str]) -> str:
        content = [f"{part} {tree.digest(part)}" for part in (name, *includes)]
        return _sha(name, *self.command, str(tree.root), *content)


_LOCKS: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def _one_at_a_time(what: str) -> threading.Lock:
    """Who waits finds what the other one has made."""
    return _LOCKS[what]


def prune(store: Path, keep: int = OBJECTS_MAX) -> None:
    """Removes the objects that nobody has used for longest."""
    objects = sorted((store / "objects").glob("*.o"), key=lambda o: o.stat().st_mtime)
    for old in objects[: max(0, len(objects) - keep)]:
        old.unlink()
        old.with_suffix(".said").unlink(missing_ok=True)


def _warnings(made: Path) -> str:
    said = made.with_suffix(".said")
    return said.read_text("utf-8") if said.is_file() else ""


def _stamp(path: Path) -> str:
    if not path.exists():
        return ""
    status = path.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"


def run(command: list[str]) -> str:
    """Runs the compiler; returns its warnings. Its complaint becomes DoesNotCompile."""
    if not shutil.which(command[0]):
        raise NoCompiler(f"{command[0]} is not installed")
    done = bounded.run(command, COMPILING)
    if done.why:
        raise DoesNotCompile(f"error: {command[0]} did not end: {done.why}\n{done.output[-2000:]}")
    if done.status == 0:
        return done.output
    if "gtest/gtest.h" in done.output.split("\n", 1)[0] or "cannot find -lgtest" in done.output:
        raise NoCompiler("GoogleTest is not installed")
    raise DoesNotCompile(done.output)


def _included(tree: Tree, depfile: Path) -> list[str]:
    """The project's headers that a compilation read, replaced ones under their real name."""
    words = depfile.read_text("utf-8").replace("\\\n", " ").split()[2:]
    depfile.unlink()
    prelude = tree.name(PRELUDE)
    names = {tree.name(Path(word)) for word in words if not word.endswith("/prelude.h")}
    return sorted(name for name in names if name and name != prelude)


def _sha(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
