# SPDX-License-Identifier: Apache-2.0
"""Objects and programs. A submission compiles its files, and what includes them.

    objects/prelude/KEY/prelude.h.gch     GoogleTest and the standard headers
    objects/KEY.o                         units that no submission changes, by content
    JOB/mine/…                            the submission's files, where they stand in the tree
    JOB/build/                            the compiler's own folder, in the sandbox
    JOB/bin/tests, JOB/bin/program        which a submission's code cannot write

The compiler reads a submission's text, so it runs in the sandbox as well: it can loop
for ever, eat all memory, or be told to include what is not to be read.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from grader import rules, run
from grader.pack import Fault, Pack, Part
from grader.run import MB, Limits, Place
from grader.words import say

HERE = Path(__file__).parent
HARNESS = HERE / "harness.cpp"
COMPILING = Limits(seconds=60.0, memory=2048 * MB, output=1 * MB, file=256 * MB)
SHARED = Limits(seconds=600.0, memory=4096 * MB, file=1024 * MB)
SAID_MAX = 6000  # characters of the compiler's that are kept
SANE = "TEST(Sane, Is) { EXPECT_EQ(std::vector<int>(3).size(), 3U); }\n"
WORKERS = os.cpu_count() or 1


class DoesNotCompile(Exception):
    """The compiler's words, or ours; `why` is the limit that it met, if it did."""

    def __init__(self, said: str, why: str = "") -> None:
        super().__init__(said)
        self.why = why


@dataclass(frozen=True)
class Shop:
    """A pack, and the folder where its objects are kept. `keep`: those of submissions too,
    for a class in which the same file comes often, or for four packs of one lab."""

    pack: Pack
    objects: Path
    keep: bool = False

    def prepare(self) -> int:
        """Makes what all submissions share; how many objects were made now."""
        self.objects.mkdir(parents=True, exist_ok=True)
        self._prelude()
        shared = {unit for part in self.pack.parts for unit in (*part.sources, *part.program)
                  if unit not in part.own}  # fmt: skip
        missing = [unit for unit in sorted(shared) if not self._shared(unit).is_file()]
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(self._make, missing))
        if not self._harness().is_file():
            self._ours([str(HARNESS)], self._harness())
            return len(missing) + 1
        return len(missing)

    def build(self, part: Part, files: dict[str, bytes], job: Path) -> dict[str, Path]:
        """{"tests": …, "program": …} of a submission's files. Raises DoesNotCompile."""
        mine, build, binaries = job / "mine", job / "build", job / "bin"
        for name, text in files.items():
            (mine / name).parent.mkdir(parents=True, exist_ok=True)
            (mine / name).write_bytes(text)
        readable(mine)
        run.give(build, run.COMPILERS if run.user() is not None else None)
        binaries.mkdir()
        binaries.chmod(0o755)
        whole = hashlib.sha256(b"\0".join(
            name.encode() + b"\0" + text for name, text in sorted(files.items()))).hexdigest()
        units = sorted(part.own, key=lambda unit: unit not in files)  # its own errors first
        with ThreadPoolExecutor(WORKERS) as pool:
            objects = dict(zip(units, pool.map(
                functools.partial(self._own, part, job, whole), units)))  # fmt: skip
        made = {}
        for kind, sources in (("tests", part.sources), ("program", part.program)):
            if sources:
                links = [str(objects.get(unit, self._shared(unit))) for unit in sources]
                try:
                    made[kind] = self._link(kind, links, job)
                except DoesNotCompile as problem:
                    raise DoesNotCompile(_told(part, str(problem)), problem.why) from problem
        return made

    def sane_program(self, job: Path) -> Path:
        """A test that passes, built as a submission is: where this fails, it is not the
        submission that is wrong."""
        source = job / "mine" / "sane.cpp"
        (job / "mine").mkdir(parents=True)
        source.write_text(SANE)
        readable(job / "mine")
        run.give(job / "build", run.COMPILERS if run.user() is not None else None)
        (job / "bin").mkdir()
        (job / "bin").chmod(0o755)
        made = job / "bin" / "sane.o"
        try:
            self._in_jail([*self._command(), *self._use_prelude(), "-c", str(source),
                           "-o", str(job / "build" / "sane.o")], job)  # fmt: skip
            _fetch(job / "build" / "sane.o", made)
            return self._link("tests", [str(made)], job)
        except DoesNotCompile as problem:
            raise Fault(f"not even a sound program compiles here: {problem}") from problem

    def _own(self, part: Part, job: Path, whole: str, unit: str) -> Path:
        key = _sha(whole, self.pack.digests[unit], unit, part.exercise, *self._command())
        kept = self.objects / f"own-{key}.o"
        if self.keep and kept.is_file():
            return kept
        scratch, made = job / "build" / f"{key[:16]}.o", job / "bin" / f"{key[:16]}.o"
        mine = job / "mine"
        own = (mine / unit).is_file()
        source = mine / unit if own else self.pack.source / unit
        include = [f"-I{top / folder}" for folder in (*self.pack.include, part.inner) if folder
                   for top in (mine, self.pack.source)]  # fmt: skip
        try:
            self._in_jail([*self._command(), *include, *self._use_prelude(),
                           f"-ffile-prefix-map={self.pack.source}/=",
                           f"-ffile-prefix-map={mine}/=",
                           f"-ffile-prefix-map={mine}/{part.inner}=",
                           "-c", str(source), "-o", str(scratch)], job, part.inner)  # fmt: skip
        except DoesNotCompile as problem:
            if unit in part.secret:
                raise DoesNotCompile(say("secret"), problem.why) from problem
            raise
        _fetch(scratch, made)
        if part.sources and unit not in part.program:
            tests = not own
            if problems := rules.symbol_problems(unit, made, part.allowed, tests):
                raise DoesNotCompile("\n".join(problems))
        if self.keep:
            _store(made, kept)
        return made

    def _link(self, kind: str, objects: list[str], job: Path) -> Path:
        gtest = [str(self._harness())] if kind == "tests" else []
        libraries = self.pack.libraries if kind == "tests" else []
        out, scratch = job / "bin" / kind, job / "build" / kind
        self._in_jail([*self._command(), *_linker(), *gtest, *objects, *libraries,
                       "-o", str(scratch)], job)  # fmt: skip
        _fetch(scratch, out)
        out.chmod(0o755)
        return out

    def _in_jail(self, command: list[str], job: Path, inner: str = "") -> None:
        group = run.COMPILERS if run.user() is not None else None
        place = Place(job / "build", [self.pack.source, self.objects, job / "mine", job / "bin"],
                      [self.pack.folder / "pack.json"], group)  # fmt: skip
        seconds = COMPILING.seconds * run.patience()
        ended = run.run(command, dataclasses.replace(COMPILING, seconds=seconds), place)
        if not ended.why and ended.status == 0:
            return
        if "No space left on device" in ended.output and not ended.why:
            raise Fault("the disk is full")
        if ended.why == "killed" or (not ended.why and (ended.status or 0) < 0):
            raise Fault(f"the compiler was killed by something else: {ended.status}")
        said = ended.output.replace(f"{job / 'mine'}/{inner}", "").replace(f"{job / 'mine'}/", "")
        said = said.replace(f"{self.pack.source}/", "").replace(f"{job}/", "")
        if ended.why:
            said = f"{say('compiler_limit', why=say(ended.why))}\n{said}"
        raise DoesNotCompile(said[:SAID_MAX], ended.why)

    def _make(self, unit: str) -> None:
        include = [f"-I{folder}" for folder in self.pack.include]
        self._ours([*include, unit], self._shared(unit))

    def _ours(self, words: list[str], out: Path, *more: str) -> None:
        """Compiles what is ours: what goes wrong is a fault."""
        handle, scratch = tempfile.mkstemp(dir=self.objects, suffix=".tmp")
        os.close(handle)
        prelude = self._use_prelude() if not more else []
        command = [*self._command(), *prelude, *(more or ("-c",)), *words, "-o", scratch]
        try:
            try:
                done = subprocess.run(command, cwd=self.pack.source, capture_output=True,
                                      text=True, check=False, timeout=SHARED.seconds,
                                      stdin=subprocess.DEVNULL)  # fmt: skip
            except (OSError, subprocess.TimeoutExpired) as problem:
                raise Fault(f"{command[0]} could not be run: {problem}") from problem
            if done.returncode:
                raise Fault(f"{words[-1]} of the pack does not compile: {done.stderr[:2000]}")
            os.chmod(scratch, 0o644)
            os.replace(scratch, out)
        finally:
            if os.path.exists(scratch):
                os.unlink(scratch)

    def _prelude(self) -> None:
        header = self._header()
        if not header.with_name("prelude.h.gch").is_file():
            header.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.pack.source / self.pack.prelude, header)
            self._ours([str(header)], header.with_name("prelude.h.gch"), "-x", "c++-header")

    def _use_prelude(self) -> list[str]:
        return ["-include", str(self._header())]

    def _header(self) -> Path:
        text = (self.pack.source / self.pack.prelude).read_text("utf-8")
        return self.objects / "prelude" / _sha(text, *self._command())[:16] / "prelude.h"

    def _shared(self, unit: str) -> Path:
        return self.objects / f"{_sha(unit, self.pack.digests[unit], *self._command())}.o"

    def _harness(self) -> Path:
        return self.objects / f"harness-{_sha(HARNESS.read_text('utf-8'), *self._command())}.o"

    def _command(self) -> list[str]:
        return [*self.pack.command, f"-DGRADER_COMPILER={compiler(self.pack.command[0])}"]


def _told(part: Part, said: str) -> str:
    """What a linker said, without the lines about tests that no student may read."""
    lines = said.splitlines()
    left = [line for line in lines if not part.names_secret(line)]
    return "\n".join(left if len(left) == len(lines) else [*left, say("secret")])


@functools.cache
def compiler(name: str) -> str:
    """A number of the compiler and of GoogleTest: another one's objects are not taken."""
    path = shutil.which(name)
    if path is None or shutil.which("nm") is None:
        raise Fault(f"{name} or nm is not installed: apt-get install g++ libgtest-dev")
    marks = [path, "/usr/include/gtest/gtest.h"]
    stamps = [f"{mark} {os.stat(mark).st_size} {os.stat(mark).st_mtime_ns}"
              for mark in marks if os.path.exists(mark)]  # fmt: skip
    if len(stamps) < len(marks):
        raise Fault("GoogleTest is not installed: apt-get install libgtest-dev")
    return str(int(_sha(*stamps)[:8], 16))


def protect(pack: Pack) -> None:
    """Where the grader is root: compilers read the sources, what they make does not, and
    nobody but the grader reads the seed."""
    if run.user() is None:
        return
    os.chmod(pack.folder / "pack.json", 0o600)
    for folder, _, files in os.walk(pack.source):
        os.chown(folder, 0, run.COMPILERS)
        os.chmod(folder, 0o750)
        for name in files:
            os.chown(os.path.join(folder, name), 0, run.COMPILERS)
            os.chmod(os.path.join(folder, name), 0o640)


def readable(top: Path) -> None:
    """For a compiler that runs as another user."""
    for folder, _, files in os.walk(top):
        os.chmod(folder, 0o755)
        for name in files:
            os.chmod(os.path.join(folder, name), 0o644)


def _fetch(scratch: Path, out: Path) -> None:
    """Takes what a compiler has made out of its folder: a plain file, and no link."""
    try:
        handle = os.open(scratch, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as problem:
        raise DoesNotCompile(say("no_object")) from problem
    with os.fdopen(handle, "rb") as source, out.open("wb") as target:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise DoesNotCompile(say("no_object"))
        shutil.copyfileobj(source, target, 1 << 20)
    out.chmod(0o644)


def _store(made: Path, kept: Path) -> None:
    scratch = kept.with_name(f".{kept.name}.{os.getpid()}")
    shutil.copyfile(made, scratch)
    scratch.chmod(0o644)
    os.replace(scratch, kept)


@functools.cache
def _linker() -> tuple[str, ...]:
    """gold comes with the assembler and takes a third of the default's time."""
    return ("-fuse-ld=gold",) if shutil.which("ld.gold") else ()


def _sha(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
