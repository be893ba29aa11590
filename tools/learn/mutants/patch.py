# SPDX-License-Identifier: Apache-2.0
"""What one changed file makes anew, beside the bench and never in it.

    PLACE/src/…        the changed file; looked for before the real one
    PLACE/VARIANT/     the objects, layers and programs that it went into

Only what the next test program needs is made. All that stands in the bench may be used by two
mutants at once.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path

from learn.mutants.bench import Bench, Program
from learn.run import bounded
from learn.run.bounded import MB, Limits

COMPILING = Limits(seconds=300.0, output=4 * MB, address_space=4096 * MB)
# A mutant that waits for a test that stands still leaves the processor to the others.
_COMPILING = threading.BoundedSemaphore(2)
_ERROR = re.compile(r": (?:fatal )?error: .*")


# A complaint about a place in the code, or about what the linker has not found.
_IN_CODE = re.compile(r":\d+:\d+: (?:fatal )?error: |undefined reference|multiple definition")


class CannotCompile(Exception):
    """One line: the compiler failed for a reason that is not in the code."""


class Refused(Exception):
    """The compiler's own words. `by_locks`: the annotations of the locks alone refuse it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        errors = _ERROR.findall(text)
        self.by_locks = bool(errors) and all("-Wthread-safety" in error for error in errors)


@dataclass
class Patch:
    """One changed file; `made` maps what the build names to what stands in its place."""

    bench: Bench
    place: Path
    file: str
    text: str
    made: dict[str, Path] = field(default_factory=dict)

    def write(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        target = self.place / self.file
        target.parent.mkdir(parents=True)
        target.write_text(self.text, "utf-8")

    @property
    def home(self) -> Path:
        return self.place / self.bench.variant

    def touches(self, program: Program) -> bool:
        return bool(self.anew(program))

    def anew(self, program: Program) -> list[str]:
        """The objects of the program and of its layers that the file went into."""
        layers = [name for layer in program.layers for name in self.bench.objects[layer]]
        return self.bench.affected(self.file, (*layers, *program.objects))

    def make(self, program: Program) -> Path:
        """The program to run. Raises Refused."""
        for layer in program.layers:
            if changed := self.bench.affected(self.file, self.bench.objects[layer]):
                self._linked(f"src/libnetpoll_{layer}.so", changed)
        changed = self.bench.affected(self.file, program.objects)
        if not changed:
            return self.bench.home / "bin" / program.name
        return self._linked(f"bin/{program.name}", changed)

    def environment(self) -> dict[str, str]:
        libraries = f"{self.home / 'src'}:{self.bench.home / 'src'}"
        return os.environ | {"LD_LIBRARY_PATH": libraries}

    def _linked(self, target: str, changed: list[str]) -> Path:
        if target not in self.made:
            objects = {name: str(self._compiled(name)) for name in changed}
            out = self.home / target
            out.parent.mkdir(parents=True, exist_ok=True)
            command = [objects.get(word, word) for word in self.bench.link(target)]
            command[command.index("-o") + 1] = str(out)
            self._run(command)
            self.made[target] = out
        return self.made[target]

    def _compiled(self, name: str) -> Path:
        if name not in self.made:
            out = self.home / name
            out.parent.mkdir(parents=True, exist_ok=True)
            command = list(self.bench.commands[name])
            command[command.index("-o") + 1] = str(out)
            real = str(self.bench.root / self.file)
            command = [str(self.place / self.file) if word == real else word for word in command]
            command[1:1] = [f"-I{self.place / 'src'}", "-Werror=thread-safety"]
            if name.startswith("src/"):
                command[1:1] = ["-include-pch", str(self.bench.prelude())]
            with _COMPILING:
                self._run(command)
            self.made[name] = out
        return self.made[name]

    def _run(self, command: list[str]) -> None:
        done = bounded.run(command, COMPILING, cwd=self.bench.home)
        if done.why or done.status:
            raise Refused(done.output) if _IN_CODE.search(done.output) else CannotCompile(
                f"{Path(command[0]).name}: {done.why or done.output.splitlines()[0]}")
