# SPDX-License-Identifier: Apache-2.0
"""One bad neighbour on a server: run as a program of its own, by fairness.py.

    python trouble.py KIND HOST:PORT [--after S] [--seconds S]

Prints `ready` when it is connected, and one line of JSON when it ends: what it
sent, got back, and used. It ends on SIGTERM, after --seconds, or when its last
message has come back. It spends as little as it can, as it
shares a core with the load: the kernel sends pages of a file in memory, and
throws away what comes back.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import signal
import socket
import sys
import time
from dataclasses import asdict, dataclass

MIB = 1 << 20
STUCK_S = 0.05  # the server takes no more: now a `holds_back` neighbour reads


@dataclass(frozen=True)
class Kind:
    """Sends `count` messages of `size` bytes, at most `ahead` of them unanswered."""

    size: int
    ahead: int = 1
    count: int = 1 << 40
    byte: bytes = b"\0"  # the bytes of a message
    holds_back: bool = False  # reads nothing while the server takes more


KINDS = {
    "download": Kind(MIB, ahead=2),
    "block": Kind(1, byte=b"\xff"),
    "huge": Kind(64 * MIB, count=1, holds_back=True),
}


@dataclass
class Done:
    sent: int = 0  # bytes
    received: int = 0


class Neighbour:
    def __init__(self, kind: Kind, addr: str) -> None:
        host, _, port = addr.rpartition(":")
        self.kind, self.done = kind, Done()
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.poll = select.poll()
        self.pages = os.memfd_create("message")
        os.write(self.pages, kind.byte * min(kind.size, MIB))
        self.rubbish = bytearray(MIB)
        self.reads = not kind.holds_back
        self.asked_to_end = False

    def may_send(self) -> int:
        """Bytes: up to `ahead` messages beyond what came back, `count` in all."""
        kind, done = self.kind, self.done
        answered = done.received // kind.size
        return min(answered + kind.ahead, kind.count) * kind.size - done.sent

    def end(self, *_: object) -> None:
        """Ends after this step: a step that a signal broke off would not be counted."""
        self.asked_to_end = True

    def run(self, until: float) -> None:
        whole = self.kind.count * self.kind.size
        while self.done.received < whole and not self.asked_to_end and time.monotonic() < until:
            sending = self.may_send() > 0
            self.reads = self.reads or not sending
            wanted = select.POLLIN * self.reads | select.POLLOUT * sending
            self.poll.register(self.socket, wanted)
            events = self.poll.poll(STUCK_S * 1000)
            if not events:
                self.reads = True
            for _, event in events:
                with contextlib.suppress(BlockingIOError):
                    self.step(event)

    def step(self, event: int) -> None:
        if event & select.POLLIN:
            got = self.socket.recv_into(self.rubbish, MIB, socket.MSG_TRUNC)
            if got == 0:
                raise ConnectionError("the server has closed the connection")
            self.done.received += got
        elif event & (select.POLLERR | select.POLLHUP):
            raise ConnectionError("the connection has failed")
        if event & select.POLLOUT:
            self.send()

    def send(self) -> None:
        page = min(self.kind.size, MIB)
        place = self.done.sent % page
        self.done.sent += os.sendfile(self.socket.fileno(), self.pages, place,
                                      min(page - place, self.may_send()))


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("kind", choices=KINDS)
    words.add_argument("addr")
    words.add_argument("--after", type=float, default=0.0)
    words.add_argument("--seconds", type=float, default=10.0)
    flags = words.parse_args()
    until = time.monotonic() + flags.seconds
    neighbour = Neighbour(KINDS[flags.kind], flags.addr)
    signal.signal(signal.SIGTERM, neighbour.end)
    began, used = time.monotonic(), time.process_time()
    try:
        print("ready", flush=True)
        time.sleep(flags.after)
        neighbour.run(until)
    except OSError as problem:
        sys.exit(f"trouble {flags.kind}: {problem}")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends anyway
        print(json.dumps(asdict(neighbour.done) | {
            "answers": neighbour.done.received // neighbour.kind.size,
            "seconds": round(time.monotonic() - began, 3),
            "cpu_s": round(time.process_time() - used, 3)}), flush=True)


if __name__ == "__main__":
    main()
