# SPDX-License-Identifier: Apache-2.0
"""The library as it is, with its tests: what a mutant is put into.

    build/mutants/plain/   Clang, no optimization, asserts on, -Wthread-safety; every test program
    build/mutants/asan/    AddressSanitizer and UndefinedBehaviorSanitizer
    build/mutants/tsan/    ThreadSanitizer; no model tests

Each layer is a shared library. So a mutant of a .cpp file costs one compilation and one small
link, and every test program takes the changed layer when it starts (LD_LIBRARY_PATH). What a
sanitizer's bench has not built yet, it builds when a mutant asks for it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

from learn.exercise.precompiled import PRELUDE
from learn.run import progress
from learn.run.build import BuildError
from learn.say import say

FLAGS = {"plain": ("-O0 -gline-tables-only", ""), "asan": ("-O1 -g1", "address,undefined"),
         "tsan": ("-O1 -g1", "thread")}  # fmt: skip
NOT_JUDGES = ("labs_test", "model_test")  # they test the tests
_TEST_OBJECT = re.compile(r"^tests/(\w+)/CMakeFiles/(\w+_test)\.dir/")
_LAYER_OBJECT = re.compile(r"^src/CMakeFiles/netpoll_(\w+)\.dir/")
_BUILDING = threading.Lock()


@dataclass(frozen=True)
class Program:
    """A test program: of which folder, its own objects, the layers that it starts with."""

    name: str
    folder: str
    objects: tuple[str, ...]
    layers: tuple[str, ...]

    @property
    def kind(self) -> str:
        return next((kind for kind in ("model", "stress") if f"_{kind}_" in self.name), "test")


@dataclass
class Bench:
    """One variant, configured in `home`. Objects are named as the build names them."""

    root: Path
    variant: str = "plain"
    programs: dict[str, Program] = field(default_factory=dict)
    objects: dict[str, tuple[str, ...]] = field(default_factory=dict)  # layer -> objects
    commands: dict[str, list[str]] = field(default_factory=dict)  # object -> its compilation
    depends: dict[str, set[str]] = field(default_factory=dict)  # object -> files of the project
    links: dict[str, list[str]] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.root / "build" / "mutants" / self.variant

    def configure(self) -> None:
        """Raises BuildError."""
        debug, sanitize = FLAGS[self.variant]
        # gold takes a third of the default's time; Debian 12's assembler brings it, 13's does not.
        linker = "-fuse-ld=gold" if shutil.which("ld.gold") else ""
        command = ["cmake", "-S", self.root, "-B", self.home, "-G", "Ninja",
                   "-DCMAKE_CXX_COMPILER=clang++-19", "-DCMAKE_CXX_COMPILER_LAUNCHER=",
                   "-DCMAKE_BUILD_TYPE=Debug", f"-DCMAKE_CXX_FLAGS_DEBUG={debug}",
                   f"-DNETPOLL_SANITIZE={sanitize}", "-DNETPOLL_LAYER_TYPE=SHARED",
                   "-DNETPOLL_PROGRAMS=OFF", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
                   f"-DCMAKE_SHARED_LINKER_FLAGS={linker}",
                   f"-DCMAKE_EXE_LINKER_FLAGS={linker}"]  # fmt: skip
        log = f"mutants-{self.variant}.log"
        if progress.run(say("mutants.configure", variant=self.variant), command, log):
            raise BuildError(say("mutants.no_build", log=f"build/logs/{log}"), log)
        self._read_commands()

    def build(self, programs: list[str]) -> None:
        """Brings these test programs up to date. Raises BuildError."""
        log = f"mutants-{self.variant}.log"
        command = ["cmake", "--build", self.home, "-j", "2", "--target", *programs]
        title = say("mutants.build", variant=self.variant)
        with _BUILDING:
            if progress.run(title, command, log, read=progress.ninja, append=True):
                raise BuildError(say("mutants.no_build", log=f"build/logs/{log}"), log)
            self._read_depends()

    def prelude(self) -> Path:
        """The standard headers, read once: half of a compilation of a layer's file."""
        text = PRELUDE.read_text("utf-8")
        made = self.home / f"prelude-{hashlib.sha256(text.encode()).hexdigest()[:8]}.pch"
        with _BUILDING:
            if not made.is_file():
                header = made.with_suffix(".h")
                header.write_text(text, "utf-8")
                any_object = next(name for names in self.objects.values() for name in names)
                command = self.commands[any_object]
                flags = command[: command.index("-o")]
                run = subprocess.run([*flags, "-fpch-instantiate-templates", "-x", "c++-header",
                                      header, "-o", made], cwd=self.home, check=False,
                                     capture_output=True, text=True)  # fmt: skip
                if run.returncode:
                    raise BuildError(run.stderr.splitlines()[0], f"mutants-{self.variant}.log")
        return made

    def affected(self, file: str, objects: tuple[str, ...]) -> list[str]:
        """Those of `objects` that `file` went into."""
        return [name for name in objects if file in self.depends.get(name, ())]

    def link(self, target: str) -> list[str]:
        """The command that links bin/… or src/lib….so, as the build has it."""
        if target not in self.links:
            said = self._ninja("commands", "-s", target).strip()
            whole = said.splitlines()[-1].removeprefix(": && ").split(" && ")[0]
            self.links[target] = shlex.split(whole)
        return self.links[target]

    def _read_commands(self) -> None:
        tests: dict[tuple[str, str], list[str]] = {}
        layers: dict[str, list[str]] = {}
        for entry in json.loads((self.home / "compile_commands.json").read_text("utf-8")):
            command = shlex.split(entry["command"])
            name = command[command.index("-o") + 1]
            self.commands[name] = command
            if match := _TEST_OBJECT.match(name):
                tests.setdefault((match[1], match[2]), []).append(name)
            elif match := _LAYER_OBJECT.match(name):
                layers.setdefault(match[1], []).append(name)
        self.objects = {layer: tuple(names) for layer, names in layers.items()}
        for (folder, name), objects in tests.items():
            if name not in NOT_JUDGES:
                used = re.findall(r"src/libnetpoll_(\w+)\.so", " ".join(self.link(f"bin/{name}")))
                known = tuple(layer for layer in self.objects if layer in used)
                self.programs[name] = Program(name, folder, tuple(objects), known)

    def _read_depends(self) -> None:
        top = f"{self.root}{os.sep}"
        self.depends = {}
        for part in self._ninja("deps").strip().split("\n\n"):
            head, *files = part.strip().splitlines()
            paths = (os.path.normpath(self.home / file.strip()) for file in files)
            self.depends[head.split(":")[0]] = {
                path.removeprefix(top) for path in paths if path.startswith(top)}  # fmt: skip

    def _ninja(self, tool: str, *arguments: str) -> str:
        command = ["ninja", "-C", str(self.home), "-t", tool, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout
