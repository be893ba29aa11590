# SPDX-License-Identifier: Apache-2.0
"""The sandbox: runs a program of a submission with limits, and behind walls.

    walls          what each keeps away                         where it can be had
    net            every host but this one's loopback           root, or user namespaces
    pid            other processes; all end with the first      the same
    mount          writing anywhere but in its own folder       the same, Linux 5.12
    a user         the grader's files, other students' runs     root

Which of them this machine allows is tried once; a limit it always has.
"""

from __future__ import annotations

import functools
import json
import os
import pwd
import selectors
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.pack import Fault

JAIL = Path(__file__).with_name("jail.py")
MB = 1 << 20
USERS = (60_100, 4_000)  # free numbers, one for each grader that runs now
COMPILERS = 60_090  # the group that may read the sources of a pack
FRAMES_MAX = 8 * MB
SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")
# From the strongest to none: what the machine does not allow is left out.
CHOICES = (("net", "pid", "mount"), ("net", "mount"), ("net",), ())


@dataclass(frozen=True)
class Limits:
    seconds: float
    memory: int
    processes: int = 64
    output: int = 4 * MB
    file: int = 64 * MB
    room_mb: int = 0  # 0: the folder is as large as the disk


@dataclass(frozen=True)
class Place:
    """Where a program runs: `folder` is its own; it may read `show`, and not `hide`."""

    folder: Path
    show: list[Path] = field(default_factory=list)
    hide: list[Path] = field(default_factory=list)
    group: int | None = None  # else the number of its user


@dataclass(frozen=True)
class Ended:
    """`why`: the limit that ended it, or empty; `status`: -N after signal N."""

    output: str
    status: int | None
    why: str = ""
    frames: bytes = b""


def run(command: list[str], limits: Limits, place: Place, env: dict[str, str] | None = None,
        word: bytes = b"") -> Ended:  # fmt: skip
    """Runs `command` to its end, or to that of a limit. `word` goes to its channel, and
    Ended.frames come from there. What it cannot put up is a Fault."""
    return _run(command, limits, place, env or {}, word, walls())


@functools.cache
def walls() -> tuple[str, ...]:
    """The walls that this machine allows."""
    root = os.getuid() == 0
    last = "nothing was tried"
    for choice in CHOICES:
        wanted = choice if root or not choice else ("user", *choice)
        try:
            nothing = Limits(10.0, 512 * MB)
            ended = _run(["true"], nothing, Place(Path("/")), {}, b"", wanted)
        except Fault as problem:
            last = str(problem)
            continue
        if ended.status == 0:
            return wanted
        last = ended.why or f"exit status {ended.status}"
    raise Fault(f"nothing can be run here, not even `true`: {last}")


def user() -> int | None:
    """Whom a program runs as: a free number, where the grader is root."""
    if os.getuid() != 0:
        return None
    first, count = USERS
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    number = first + os.getpid() % count
    return number if number not in taken and _is_mapped(number) else 65_534


@functools.cache
def _is_mapped(number: int) -> bool:
    """A container may know fewer users than the kernel."""
    rows = [list(map(int, line.split()))
            for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(first <= number < first + count for first, _, count in rows)


def patience() -> float:
    """How many times longer a program may take on a machine that has much else to do."""
    return min(8.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


def give(folder: Path, group: int | None = None) -> None:
    """Makes an empty folder a program's own."""
    folder.mkdir(parents=True, exist_ok=True)
    if (number := user()) is not None:
        os.chown(folder, number, number if group is None else group)
    folder.chmod(0o700)


def _run(command: list[str], limits: Limits, place: Place, env: dict[str, str], word: bytes,
         allowed: tuple[str, ...]) -> Ended:  # fmt: skip
    ours, theirs = socket.socketpair()
    near, far = socket.socketpair()
    near.sendall(word)
    try:
        plan = json.dumps(_plan(command, limits, place, env, allowed)
                          | {"control": theirs.fileno(),
                             "channel": far.fileno() if word else None})  # fmt: skip
        jail = subprocess.Popen(
            [sys.executable, "-I", "-S", str(JAIL)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            pass_fds=(theirs.fileno(), *((far.fileno(),) if word else ())),
        )  # fmt: skip
        theirs.close()
        far.close()
        return _followed(jail, plan.encode(), ours, near, limits)
    finally:
        for one in (ours, theirs, near, far):
            one.close()
        if "mount" not in allowed:
            _sweep()


def _sweep() -> None:
    """Removes what the program's user has left where anybody may write."""
    number = user()
    for top in map(Path, SHARED_FOLDERS) if number not in (None, 65_534) else ():
        for entry in top.glob("*"):
            try:
                mine = entry.lstat().st_uid == number
                if mine and entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry, ignore_errors=True)
                elif mine:
                    entry.unlink()
            except OSError:
                continue


def _plan(command: list[str], limits: Limits, place: Place, env: dict[str, str],
          allowed: tuple[str, ...]) -> dict[str, Any]:  # fmt: skip
    number = user()
    who: dict[str, Any] = {}
    if number is not None:
        group = number if place.group is None else place.group
        # Threads count as processes here, and those of every program of the user.
        who = {"user": number, "group": group, "threads": 300}
    folder = str(place.folder)
    home = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": folder,
            "TMPDIR": folder, **env}  # fmt: skip
    return {
        **who, "command": command, "env": home, "cwd": folder, "walls": list(allowed),
        "show": list(map(str, place.show)), "hide": list(map(str, place.hide)),
        "writable": [] if folder == "/" else [folder], "room_mb": limits.room_mb,
        "seconds": limits.seconds + 5, "cpu": int(limits.seconds + 5) * (os.cpu_count() or 1),
        "memory": limits.memory, "address_space": 8 * limits.memory, "file": limits.file,
        "processes": limits.processes, "descriptors": 1024,
    }  # fmt: skip


def _followed(jail: subprocess.Popen[bytes], plan: bytes, control: socket.socket,
              channel: socket.socket, limits: Limits) -> Ended:  # fmt: skip
    with jail:
        assert jail.stdin and jail.stdout
        jail.stdin.write(plan)
        jail.stdin.close()
        why, output, frames = _read(jail, control, channel, limits)
        if why:
            control.shutdown(socket.SHUT_WR)
        said = _verdict(control)
        jail.wait()
    if said["why"] == "setup":
        raise Fault(f"the sandbox could not be set up: {said['status']}")
    if not why and said["why"] in ("killed", "lost"):
        why = "killed"
    elif not why and said["why"] != "let go":
        why = said["why"]
    return Ended(output.decode("utf-8", "replace"), said["status"], why, bytes(frames))


def _read(jail: subprocess.Popen[bytes], control: socket.socket, channel: socket.socket,
          limits: Limits) -> tuple[str, bytearray, bytearray]:  # fmt: skip
    """Output and frames until the jail speaks, or a limit is met: (which, both)."""
    output, frames = bytearray(), bytearray()
    deadline = time.monotonic() + limits.seconds
    with selectors.DefaultSelector() as selector:
        for one in (jail.stdout, control, channel):
            selector.register(one, selectors.EVENT_READ)  # type: ignore[arg-type]
        ended = False
        while not ended:
            left = deadline - time.monotonic()
            if left <= 0:
                return "time", output, frames
            ready = {key.fileobj for key, _ in selector.select(left)}
            ended = control in ready
            for one, kept in ((jail.stdout, output), (channel, frames)):
                if one in ready and not _take(one, kept):
                    selector.unregister(one)  # type: ignore[arg-type]
            if len(output) > limits.output:
                return "output", output[: limits.output], frames
            if len(frames) > FRAMES_MAX:
                return "output", output, frames
        _drain(jail.stdout, output, limits.output)
        _drain(channel, frames, FRAMES_MAX)
    return "", output, frames


def _take(one: Any, kept: bytearray) -> int:
    try:
        more = os.read(one.fileno(), 1 << 16)
    except OSError:
        more = b""
    kept += more
    return len(more)


def _drain(one: Any, kept: bytearray, most: int) -> None:
    """What lies there when all has ended."""
    os.set_blocking(one.fileno(), False)
    while len(kept) < most and _take(one, kept):
        pass


def _verdict(control: socket.socket) -> dict[str, Any]:
    control.settimeout(15.0)
    try:
        text = b""
        while more := control.recv(4096):
            text += more
        return dict(json.loads(text))
    except (OSError, ValueError):
        return {"why": "lost", "status": None}
