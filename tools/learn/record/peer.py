# SPDX-License-Identifier: Apache-2.0
"""The scripted peer of a scenario: clients of the program, or the server it dials.

Each act is a method. Most are a client's; `signal` and `go` reach the program
itself: a signal, and the end of the slow work of a handler (it reads a byte from
standard input).
"""

from __future__ import annotations

import signal
import socket
import struct
from collections.abc import Callable

from learn.record.errors import RecordError, TookTooLong
from learn.record.story import Act
from learn.say import say

PATIENCE_S = 30.0
RESET = struct.pack("ii", 1, 0)  # SO_LINGER for 0 seconds: close(2) sends a reset


class Peer:
    """Does the acts of a scenario, on one connection or on several."""

    def __init__(self, listens: str | None = None) -> None:
        self.address = ""
        self.clients: dict[int, socket.socket] = {}
        self.others: list[socket.socket] = []
        self.kill: Callable[[int], None] = lambda _: None  # Session sets both
        self.write: Callable[[bytes], None] = lambda _: None
        if listens:
            self.listen(listens)

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        for one in (*self.clients.values(), *self.others):
            one.close()

    def listen(self, how: str) -> None:
        """`refuses`: nobody listens on the address. `full`: nobody answers there."""
        self.listener = _new(socket.AF_INET)
        self.others.append(self.listener)
        self.listener.bind(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self.listener.getsockname())
        if how == "yes":
            self.listener.listen()
        if how == "full":
            self.listener.listen(0)
            self.others.append(socket.create_connection(self.listener.getsockname()))

    def do(self, act: Act) -> int | None:
        """Returns the number of bytes it moved, for send and read."""
        try:
            return getattr(self, act.do)(act)
        except TimeoutError:
            told = say("record.peer", act=act.do, why=f"{PATIENCE_S:g} s")
            raise TookTooLong(told, say("record.mend_program")) from None
        except (OSError, KeyError) as error:
            told = say("record.peer", act=act.do, why=error)
            raise RecordError(told, say("record.mend_program")) from None

    def connect(self, act: Act) -> None:
        address = self.address
        unix = "/" in address or address.startswith("@")
        family = socket.AF_INET6 if address.startswith("[") else socket.AF_INET
        client = self.clients[act.client] = _new(socket.AF_UNIX if unix else family)
        host, _, port = address.rpartition(":")
        client.connect(address if unix else (host.strip("[]"), int(port)))

    def accept(self, act: Act) -> None:
        self.listener.settimeout(PATIENCE_S)
        client, _ = self.listener.accept()
        client.settimeout(PATIENCE_S)
        self.clients[act.client] = client

    def send(self, act: Act) -> int:
        self.clients[act.client].sendall(act.data)
        return len(act.data)

    def read(self, act: Act) -> int:
        """Reads as many bytes as the act's data has, which they must equal."""
        got, wanted = b"", act.data
        while len(got) < len(wanted):
            piece = self.clients[act.client].recv(len(wanted) - len(got))
            if not piece:
                break
            got += piece
        if got != wanted:
            told = say("record.peer_read", got=got[:40], wanted=wanted[:40])
            raise RecordError(told, say("record.mend_program"))
        return len(got)

    def end(self, act: Act) -> None:
        """Reads the end of the stream, nothing else."""
        if got := self.clients[act.client].recv(40):
            told = say("record.peer_read", got=got, wanted=b"")
            raise RecordError(told, say("record.mend_program"))

    def shutdown(self, act: Act) -> None:
        self.clients[act.client].shutdown(socket.SHUT_WR)

    def reset(self, act: Act) -> None:
        self.clients[act.client].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close(act)

    def close(self, act: Act) -> None:
        self.clients.pop(act.client).close()

    def signal(self, _: Act) -> None:
        self.kill(signal.SIGTERM)

    def go(self, _: Act) -> None:
        self.write(b"\n")

    def wait(self, _: Act) -> None:
        """Lets time pass."""


def _new(family: socket.AddressFamily) -> socket.socket:
    made = socket.socket(family)
    made.settimeout(PATIENCE_S)
    return made
