# SPDX-License-Identifier: Apache-2.0
"""Compiles and links, fast: no build system stands between an edit and its verdict.

Each object lies in build/exercise/objects/ under a hash of all that went into
it (its source, the project's headers it includes, the flags), so starter,
mutants, learner's file and real source share whatever they have in common.
precompiled.py has the headers that are read once.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from learn.exercise import precompiled, stacks, toolchain
from learn.exercise.precompiled import Precompiled, Use
from learn.exercise.toolchain import WORKERS, run
from learn.exercise.tree import Tree, included, sha, stamp, write_file

OBJECTS_MAX = 1500


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
        return toolchain.command(self.variant)

    @property
    def precompiled(self) -> Precompiled:
        return Precompiled(self.store, self.variant)

    def program(self, tree: Tree, sources: list[str], out: Path, tests: bool = True) -> Made:
        """Links `sources` into `out`, with gtest_main if they are tests."""
        with _one_at_a_time(f"prelude {self.variant}"):
            self.precompiled.make_prelude()
        with ThreadPoolExecutor(WORKERS) as pool:
            # The replaced files first: they are the ones that must be compiled.
            order = sorted(sources, key=lambda name: not tree.replaces(name))
            made = pool.map(lambda name: self.compile(tree, name), order)
            done = dict(zip(order, made, strict=True))
        objects = [done[name] for name in sources]
        marks = map(stamp, self.archives)
        key = sha(*(o.name for o in objects), *self.command, str(tests), *marks)
        made_of = out.with_suffix(".key")
        if not (out.is_file() and made_of.is_file() and made_of.read_text() == key):
            teller = [self._stacks()] if tests and self.variant == "plain" else []
            gtest = ["-lgtest_main", "-lgtest"] if tests else []
            # In a group, for they need each other in both directions.
            library = ["-Wl,--start-group", *map(str, self.archives), "-Wl,--end-group"]
            self.link([*objects, *teller], out, [*library, *gtest])
            write_file(made_of, key)
        return Made(key, "".join(map(_warnings, objects)))

    def compile(self, tree: Tree, name: str) -> Path:
        """The object of one source of `tree`, made only if nobody made it before."""
        with _one_at_a_time(f"{self.variant} {tree.path(name)}"):
            return self._compile(tree, name)

    def _compile(self, tree: Tree, name: str) -> Path:
        unit = self.store / "units" / f"{sha(name, *self.command, str(tree.root))}.json"
        known = json.loads(unit.read_text()) if unit.is_file() else []
        for includes in known:
            made = self.store / "objects" / f"{self._key(tree, name, includes)}.o"
            if made.is_file():
                os.utime(made)  # for prune()
                return made
        mark = sha(self.variant, name, str(tree.overlay))[:16]
        scratch = self.store / "scratch" / f"{os.getpid()}-{mark}.o"
        scratch.parent.mkdir(parents=True, exist_ok=True)
        use = self._precompiled(tree, name)
        said = run([*self.command, *tree.includes(), *tree.prefixes(), *use.flags,
                    "-MMD", "-MF", f"{scratch}.d", "-c", str(tree.path(name)),
                    "-o", str(scratch)])  # fmt: skip
        includes = sorted({*included(tree, Path(f"{scratch}.d")), *use.includes})
        if includes not in known:
            write_file(unit, json.dumps([includes, *known][:8]))
        made = self.store / "objects" / f"{self._key(tree, name, includes)}.o"
        made.parent.mkdir(parents=True, exist_ok=True)
        if said:
            write_file(made.with_suffix(".said"), said)
        os.replace(scratch, made)
        return made

    def _precompiled(self, tree: Tree, name: str) -> Use:
        with _one_at_a_time(f"headers {self.variant} {name}"):
            return self.precompiled.of(tree, name)

    def link(self, objects: list[Path], out: Path, libraries: list[str]) -> None:
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = out.with_name(f".{out.name}.{os.getpid()}")
        # gold takes a third of the default's time; Debian 12's assembler brings it, 13's does not.
        gold = ["-fuse-ld=gold"] if shutil.which("ld.gold") else []
        run([*toolchain.linker(self.variant), *gold, *map(str, objects), *libraries,
             "-o", str(scratch)])  # fmt: skip
        os.replace(scratch, out)

    def _stacks(self) -> Path:
        """What tells where a program stood; the sanitizers have their own."""
        made = self.store / "objects" / f"stacks-{sha(stacks.SOURCE.read_text('utf-8'))[:16]}.o"
        with _one_at_a_time("stacks"):
            if not made.is_file():
                run([*self.command, "-c", str(stacks.SOURCE), "-o", str(made)])
        return made

    def _key(self, tree: Tree, name: str, includes: list[str]) -> str:
        content = [f"{part} {tree.digest(part)}" for part in (name, *includes)]
        return sha(name, *self.command, str(tree.root), *content)


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
    precompiled.prune(store)


def _warnings(made: Path) -> str:
    said = made.with_suffix(".said")
    return said.read_text("utf-8") if said.is_file() else ""
