# SPDX-License-Identifier: Apache-2.0
"""The one way to run a program that may hang, print without end or eat all memory.

    ended = run([program, "--flag"], LEARNER)     to its end; output with a cap
    kept = Kept([driver], stdin=PIPE, stdout=PIPE)   while it is talked to
    with kept: …                                     its process is kept.process

Whatever happens to ./learn (Ctrl-C, a closed terminal, kill -9), the program
and all that it started die with it; keeper.py sees to that.

Memory is watched, not only limited: RLIMIT_AS would stop the sanitizers, which
map terabytes that they never touch. A program without them gets both.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

LOOK_S = 0.2  # between two looks whether Ctrl-C was pressed
KEEPER = Path(__file__).with_name("keeper.py")
MB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What a program may use; None is no limit. Memory and processes count its children too."""

    seconds: float | None = None  # by the clock on the wall, reading its output included
    output: int | None = None  # bytes on standard output and error together
    memory: int | None = None  # bytes that it really uses
    address_space: int | None = None  # bytes that it maps; never with a sanitizer
    file: int | None = None  # bytes of one file that it writes
    processes: int | None = None

    def plan(self) -> dict:
        """For the keeper. The processor's time is a net below the clock's."""
        cpu = None if self.seconds is None else int(self.seconds + 5) * (os.cpu_count() or 1)
        return {"seconds": None if self.seconds is None else self.seconds + 2.0, "cpu": cpu,
                "memory": self.memory, "address_space": self.address_space,
                "file": self.file, "processes": self.processes}


NONE = Limits()
# A learner's test program; the sanitizers take about three times the memory.
LEARNER = Limits(seconds=10.0, output=1 * MB, memory=1024 * MB, address_space=8192 * MB,
                 file=64 * MB, processes=64)
SANITIZED = replace(LEARNER, seconds=60.0, memory=3072 * MB, address_space=None)
# A program of ours, and the original's: they end by themselves unless they are broken.
OURS = Limits(memory=3072 * MB, file=256 * MB, processes=64)


@dataclass(frozen=True)
class Ended:
    """How a program ended. `why` is empty when it did so by itself."""

    output: str  # standard output and error, as far as they were read
    status: int  # exit status; -N after signal N
    why: str = ""  # time, output, memory, processes
    errors: str = ""  # standard error, when it was asked for apart


class Kept:
    """A program under a keeper. Leaving the `with` block ends it and all it started."""

    def __init__(self, command: list, limits: Limits = NONE, *, group: bool = True,
                 pass_fds: tuple[int, ...] = (), **options: Any) -> None:
        """`options` are Popen's. `group` False: Ctrl-C reaches the program as well."""
        if _ended_for_good.is_set():
            raise Stopped
        ours, theirs = socket.socketpair()
        plan = limits.plan() | {"channel": theirs.fileno(), "group": group,
                                "command": list(map(os.fspath, command))}
        python = [sys.executable, "-I", "-S", os.fspath(KEEPER), json.dumps(plan)]
        self._channel, self._lock = ours, threading.Lock()
        self._why: str | None = None
        try:
            # Any: whether it has streams, the options say.
            self.process: Any = subprocess.Popen(
                python, pass_fds=(theirs.fileno(), *pass_fds), start_new_session=group, **options)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        _RUNNING.add(self)
        if _ended_for_good.is_set():  # it came between
            self.let_go()

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                try:
                    pipe.close()
                except OSError:
                    pass  # what was not written yet has no reader now

    def end(self) -> int:
        """Ends the program and its children if they still run; its exit status."""
        self.let_go()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.why()
        _RUNNING.discard(self)
        return self.process.returncode

    def let_go(self) -> None:
        """Has the keeper end the program, and does not wait for it."""
        try:
            self._channel.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the keeper has gone already

    def why(self) -> str:
        """Which limit ended it; to be asked when the process has ended."""
        with self._lock:
            if self._why is None:
                try:
                    self._channel.settimeout(1.0)
                    self._why = json.loads(self._channel.recv(4096) or b"{}").get("why", "")
                except (OSError, ValueError):
                    self._why = ""
                self._channel.close()
        return self._why or ""


_RUNNING: set[Kept] = set()


_ended_for_good = threading.Event()


class Stopped(KeyboardInterrupt):
    """No program is started any more: this process ends."""


def end_all(*, for_good: bool = False) -> None:
    """Ends every program of this process, so that the threads that wait for one go on.
    `for_good`: whoever wants to start another one meets Stopped."""
    if for_good:
        _ended_for_good.set()
    for kept in list(_RUNNING):
        kept.let_go()


def each_done(started: Collection[Future]) -> Iterator[Future]:
    """Each once it is done. Looks now and then: when the kernel gives a signal to another thread,
    the main thread's wait goes on, and Ctrl-C would be seen only after it."""
    left = set(started)
    while left:
        done, left = wait(left, timeout=LOOK_S, return_when=FIRST_COMPLETED)
        yield from done


def end_all_until(done: Collection[Future]) -> None:
    """Ends every program of this process until all of these are done: the thread of one may be
    just about to start another program."""
    while True:
        end_all()
        if all(future.done() for future in done):  # wait() knows nothing of cancelled ones
            return
        time.sleep(0.05)


def run(command: list, limits: Limits, *, stdin: bytes = b"", apart: bool = False,
        **options: Any) -> Ended:
    """Runs a program to its end, or to that of a limit; never raises for what it does.

    `apart` keeps standard error for Ended.errors; `options` are Popen's.
    """
    with tempfile.TemporaryFile() as errors:
        stderr = errors if apart else subprocess.STDOUT
        ended = _run(command, limits, stdin, {"stderr": stderr, **options})
        errors.seek(0)
        return replace(ended, errors=errors.read(1 << 24).decode("utf-8", "replace"))


def _run(command: list, limits: Limits, stdin: bytes, options: dict) -> Ended:
    deadline = None if limits.seconds is None else time.monotonic() + limits.seconds
    source = subprocess.PIPE if stdin else subprocess.DEVNULL
    with Kept(command, limits, stdin=source, stdout=subprocess.PIPE, **options) as kept:
        if stdin:
            threading.Thread(target=_feed, args=(kept.process.stdin, stdin), daemon=True).start()
        output, why = _read(kept.process.stdout, limits.output, deadline)
        if not why:
            why = _wait(kept.process, deadline)
        status = kept.end()
        told = kept.why()
    why = why or ("" if told == "let go" else told)
    return Ended(output.decode("utf-8", "replace"), status, why)


def _feed(pipe, data: bytes) -> None:
    try:
        pipe.write(data)
        pipe.close()
    except OSError:
        pass  # it reads no more, or has ended


def _read(pipe, most: int | None, deadline: float | None) -> tuple[bytes, str]:
    """To the end, or to a limit: (what was read, which limit)."""
    output = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return bytes(output), "time"
            if not selector.select(left):
                continue
            if not (more := os.read(pipe.fileno(), 1 << 16)):
                return bytes(output), ""
            output += more
            if most is not None and len(output) > most:
                return bytes(output[:most]), "output"


def _wait(process: subprocess.Popen, deadline: float | None) -> str:
    """A program may close its output and go on."""
    try:
        process.wait(None if deadline is None else max(0.1, deadline - time.monotonic()))
        return ""
    except subprocess.TimeoutExpired:
        return "time"


def how(status: int) -> str:
    """`ended by SIGSEGV`, in the words of the shell."""
    if status < 0:
        return f"ended by {signal.Signals(-status).name}"
    return f"ended with exit status {status}"
