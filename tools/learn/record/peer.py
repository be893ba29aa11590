# SPDX-License-Identifier: Apache-2.0
"""The scripted peer of a scenario: a client with one request under way at most."""

from __future__ import annotations

import socket

from learn.record.errors import RecordError, TookTooLong
from learn.record.scenario import Act
from learn.say import say

PATIENCE_S = 30.0


class Peer:
    """Does the acts of a scenario on one connection."""

    def __init__(self, address: str, acts: tuple[Act, ...]) -> None:
        self.address = address
        unix = "/" in address or address.startswith("@")
        self.socket = socket.socket(socket.AF_UNIX if unix else _family(address))
        self.socket.settimeout(PATIENCE_S)

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def do(self, act: Act) -> int | None:
        """Returns the number of bytes it moved, for send and read."""
        try:
            return getattr(self, act.do)(act.data)
        except TimeoutError:
            told = say("record.peer", act=act.do, why=f"{PATIENCE_S:g} s")
            raise TookTooLong(told, say("record.mend_program")) from None
        except OSError as error:
            told = say("record.peer", act=act.do, why=error)
            raise RecordError(told, say("record.mend_program")) from None

    def connect(self, _: bytes) -> None:
        if self.socket.family == socket.AF_UNIX:
            return self.socket.connect(self.address)
        host, port = self.address.rsplit(":", 1)
        return self.socket.connect((host.strip("[]"), int(port)))

    def send(self, data: bytes) -> int:
        self.socket.sendall(data)
        return len(data)

    def read(self, data: bytes) -> int:
        """Reads as many bytes as `data` has, which they must equal."""
        got = b""
        while len(got) < len(data) and (piece := self.socket.recv(len(data) - len(got))):
            got += piece
        if got != data:
            told = say("record.peer_read", got=got[:40], wanted=data[:40])
            raise RecordError(told, say("record.mend_program"))
        return len(got)

    def close(self, _: bytes) -> None:
        self.socket.close()


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if address.startswith("[") else socket.AF_INET
