# SPDX-License-Identifier: Apache-2.0
"""A driver that runs, and the far end of the sockets it opens.

A driver reads commands and prints a line an event, "situation|lane|text". What the
two drivers face is the same by construction: the same commands, the same peer.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from learn.run.bounded import OURS, Kept

# Only a broken driver waits it out.
PATIENCE = 5.0


@dataclass(frozen=True)
class Line:
    lane: str
    text: str

    def __str__(self) -> str:
        return f"{self.lane}: {self.text}"


class Hung(Exception):
    """The line that was awaited did not come."""


class Driver:
    """A driver process. Lines are kept by situation, late ones too."""

    def __init__(self, program: Path) -> None:
        self._kept = Kept([program], OURS, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True)
        self._process = self._kept.process
        self._lines: dict[str, list[Line]] = {}
        self._changed = threading.Condition()
        self._over = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for text in self._process.stdout:
            situation, lane, what = text.rstrip("\n").split("|", 2)
            with self._changed:
                self._lines.setdefault(situation, []).append(Line(lane, what))
                self._changed.notify_all()
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def tell(self, command: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()

    def lines(self, situation: str) -> list[Line]:
        with self._changed:
            return list(self._lines.get(situation, []))

    def wait(self, situation: str, lane: str, start: str, times: int = 1,
             patience: float = PATIENCE) -> Line:
        """The line of `lane` that begins with `start`, when it has come `times` times."""
        end = time.monotonic() + patience
        with self._changed:
            while True:
                found = [
                    line
                    for line in self._lines.get(situation, [])
                    if line.lane == lane and line.text.startswith(start)
                ]
                if len(found) >= times:
                    return found[times - 1]
                left = end - time.monotonic()
                if self._over:
                    raise Hung(f"the driver ended before {lane}: {start}")
                if left <= 0:
                    raise Hung(f"waited in vain for {lane}: {start}")
                self._changed.wait(left)

    @property
    def is_dead(self) -> bool:
        return self._process.poll() is not None

    def finish(self) -> None:
        """Ends the process; waits for its last lines."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            pass
        self._kept.end()
        self._reader.join()
        self._process.stdout.close()


def address_of(text: str) -> tuple[int, str | tuple[str, int]]:
    """The family and the address in a driver's "listening 127.0.0.1:1234"."""
    where = text.removeprefix("listening ")
    if where.startswith(("/", "@")):
        return socket.AF_UNIX, where
    host, _, port = where.rpartition(":")
    return socket.AF_INET, (host, int(port))


class Peer:
    """The far end: a plain blocking socket that says what it saw."""

    def __init__(self, sock: socket.socket, log: list[Line], name: str = "peer") -> None:
        self._sock = sock
        self._log = log
        self._name = name
        sock.settimeout(PATIENCE)

    def _say(self, text: str) -> None:
        self._log.append(Line(self._name, text))

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def half_close(self) -> None:
        self._sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._sock.close()

    def reset(self) -> None:
        """Closes with an RST, whatever is unread."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def wait_stalled(self) -> None:
        """Until nothing has arrived for a while: the other side's socket is full.

        The pause only makes it likely that the flush sleeps by now; what the
        flush returns must not depend on it.
        """
        seen, quiet = -1, 0
        while quiet < 3:
            waiting = len(self._sock.recv(1 << 25, socket.MSG_PEEK)) if seen else 0
            quiet = quiet + 1 if waiting == seen else 0
            seen = waiting
            time.sleep(0.005)

    def read(self, n: int) -> None:
        """Reads `n` bytes, and says so."""
        self._say("read " + _shown(self._take(n)[0]))

    def drain(self) -> None:
        """Reads to the end, and says what came and how it ended."""
        data, end = self._take(None)
        self._say(f"read {_shown(data)}, then {end}")

    def drain_some(self) -> None:
        """As drain(), where how much comes is free."""
        data, end = self._take(None)
        self._say(f"read {'something' if data else 'nothing'}, then {end}")

    def _take(self, n: int | None) -> tuple[bytes, str]:
        data = bytearray()
        try:
            while n is None or len(data) < n:
                more = self._sock.recv(1 << 20 if n is None else n - len(data))
                if not more:
                    return bytes(data), "eof"
                data += more
        except ConnectionResetError:
            return bytes(data), "reset"
        except TimeoutError:
            return bytes(data), "silence"
        return bytes(data), "more"


def _shown(data: bytes) -> str:
    if len(data) <= 40:
        return f'"{data.decode("latin-1")}"'
    pattern = bytes(range(256))
    written = all(data[at : at + 256] == pattern for at in range(0, len(data) - 255, 256))
    rest = data[len(data) // 256 * 256 :]
    tail = f" and {_shown(rest)}" if rest and len(rest) <= 40 else ""
    return f"{len(data)} bytes, {'as written' if written else 'NOT as written'}{tail}"
