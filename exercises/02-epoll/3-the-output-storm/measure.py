# SPDX-License-Identifier: Apache-2.0
"""When EPOLLOUT is reported, and what it costs to ask for it: prints `name value`.

The first four values are those of the demo output_storm. The others come from servers in
this file, which differ in when they watch for output. One thread plays server and client,
in a fixed order, so each run counts the same.
"""

from __future__ import annotations

import select
import socket
import subprocess

PROGRAM = "build/release/bin/output_storm"
TURNS, REPLIES = 10_000, 100
IN, OUT, EDGE = select.EPOLLIN, select.EPOLLOUT, select.EPOLLET


class Server:
    """One connection, whose client is in the same thread; counts its epoll_ctl calls."""

    def __init__(self, events: int) -> None:
        self.socket, self.client = socket.socketpair()
        self.socket.setblocking(False)
        self.epoll = select.epoll()
        self.epoll.register(self.socket, events)
        self.changes = 0

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self.epoll, self.socket, self.client):
            one.close()

    def watch(self, events: int) -> None:
        self.epoll.modify(self.socket, events)
        self.changes += 1

    def fill(self) -> None:
        """Sends until the kernel takes no more."""
        try:
            while True:
                self.socket.send(bytes(4096))
        except BlockingIOError:
            pass

    def reported(self) -> int:
        """How many of so many epoll_wait return an event."""
        return sum(bool(self.epoll.poll(0)) for _ in range(TURNS))


def of_the_demo() -> dict[str, int]:
    lines = subprocess.run([PROGRAM], capture_output=True, text=True, check=True).stdout
    always, when_full = (line.split() for line in lines.splitlines()[1:])
    return {"always": int(always[1]), "quiet": int(when_full[2]),
            "changes": int(when_full[4]), "afterwards": int(when_full[5])}  # fmt: skip


def of_a_full_socket() -> dict[str, int]:
    with Server(IN) as server:
        server.fill()
        server.watch(IN | OUT)
        full = server.reported()
        server.client.recv(1)
        return {"full": full, "one_byte": server.reported()}


def of_short_replies() -> dict[str, int]:
    """Replies of 100 bytes, each of which the client reads: sent at once, and asked first."""
    with Server(IN) as sends_first:
        for _ in range(REPLIES):
            if sends_first.socket.send(bytes(100)) < 100:
                sends_first.watch(IN | OUT)
            sends_first.client.recv(100)
    with Server(IN) as asks_first:
        for _ in range(REPLIES):
            asks_first.watch(IN | OUT)
            if asks_first.epoll.poll(0):
                asks_first.socket.send(bytes(100))
            asks_first.watch(IN)
            asks_first.client.recv(100)
    return {"sends_first": sends_first.changes, "asks_first": asks_first.changes}


def of_an_edge() -> dict[str, int]:
    with Server(IN | OUT | EDGE) as server:
        return {"edge": server.reported()}


def main() -> None:
    values = of_the_demo() | of_a_full_socket() | of_short_replies() | of_an_edge()
    for name, value in values.items():
        print(name, value)


main()
