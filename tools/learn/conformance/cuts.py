# SPDX-License-Identifier: Apache-2.0
"""A short exchange, cut at every byte offset: who cuts, how, and after which byte.

    client --- request, 24 bytes ---> server
           <--- reply, 24 bytes ----

Both ends are drivers of the life-cycle suite, each told a script. Every read that a
cut may spoil is followed to its end, so both ends' logs say how many bytes came and
which error followed.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from learn.conformance.driver import Driver, Hung
from learn.conformance.logs import Log

REQUEST = "abcdefghijklmnopqrstuvwx"
REPLY = REQUEST.upper()
SIZE = len(REQUEST)


@dataclass(frozen=True)
class Cut:
    name: str
    server: str  # its on_request
    client: str


@functools.cache
def cuts() -> tuple[Cut, ...]:
    made = (client_sends, server_takes, server_sends, client_takes)
    return tuple(
        cut(half, at) for cut in made for half in (False, True) for at in range(SIZE + 1)
    )


def _write(text: str) -> str:
    return f"write {text}; flush; " if text else ""


def _name(who: str, half: bool, at: int) -> str:
    return f"{who} {at} bytes and {'half-closes' if half else 'closes'}"


def client_sends(half: bool, at: int) -> Cut:
    """The request breaks off. The server answers whoever has only half closed."""
    name = _name("the client sends", half, at)
    server = f"bytes {SIZE}; bytes 1"
    if half:
        return Cut(name, f"{server}; {_write(REPLY)}",
                   f"{_write(REQUEST[:at])}half_close; bytes {SIZE}; close")
    return Cut(name, server, f"{_write(REQUEST[:at])}close")


def server_takes(half: bool, at: int) -> Cut:
    """The server ends in the middle of a request that is all there."""
    name = _name("the server takes", half, at)
    server = f"buffered {SIZE}; bytes {at}; "
    server += f"half_close; bytes {SIZE - at}; bytes 1" if half else "close"
    return Cut(name, server, f"{_write(REQUEST)}bytes {SIZE}; bytes 1; flush; active; close")


def server_sends(half: bool, at: int) -> Cut:
    """The reply breaks off."""
    name = _name("the server sends", half, at)
    server = f"bytes {SIZE}; {_write(REPLY[:at])}"
    server += "half_close; bytes 1" if half else "close"
    return Cut(name, server, f"{_write(REQUEST)}bytes {SIZE}; bytes 1; flush; active; close")


def client_takes(half: bool, at: int) -> Cut:
    """The client ends in the middle of a reply that is all there."""
    name = _name("the client takes", half, at)
    client = f"{_write(REQUEST)}buffered {SIZE}; bytes {at}; "
    client += f"half_close; bytes {SIZE - at}; bytes 1; close" if half else "close"
    return Cut(name, f"bytes {SIZE}; {_write(REPLY)}bytes 1", client)


class Player:
    """A server and a client that play one cut after the other."""

    def __init__(self, server: Path, client: Path, network: str, path: str) -> None:
        self._programs = (server, client)
        self._network = network
        self._path = path

    def play(self, cuts: Sequence[Cut]) -> dict[str, Log]:
        """Both ends' logs of each cut, the server's first. A hang ends it."""
        server, client = map(Driver, self._programs)
        trouble = {}
        for number, cut in enumerate(cuts):
            try:
                self._play(server, client, str(number), cut)
            except Hung as hung:
                trouble[cut.name] = [str(hung)]
                break
        server.finish()
        client.finish()
        return {
            cut.name: [
                *_log("server", server, number),
                *_log("client", client, number),
                *trouble.get(cut.name, []),
            ]
            for number, cut in enumerate(cuts)
        }

    def _play(self, server: Driver, client: Driver, number: str, cut: Cut) -> None:
        address = "127.0.0.1:0" if self._network == "tcp" else f"{self._path}-{number}"
        server.tell(f"begin {number}")
        server.tell(f"script on_request {cut.server}")
        server.tell(f"serve {self._network} {address}")
        where = server.wait(number, "stage", "listening ").text.removeprefix("listening ")
        client.tell(f"begin {number}")
        client.tell(f"dial {self._network} {where} 0")
        client.tell(f"do client {cut.client}")
        client.wait(number, "client", "done")
        server.wait(number, "callback", "closed")
        for driver in (server, client):
            driver.tell("end")
            driver.wait(number, "stage", "ended")


def _log(end: str, driver: Driver, number: int) -> Log:
    """What its script came to; the rest is the life-cycle suite's business."""
    lines = driver.lines(str(number))
    return [f"{end}: {one.text}" for one in lines if one.lane in ("on_request", "client")]
