# SPDX-License-Identifier: Apache-2.0
"""Clients: dialling, the end from either side, what is left to read."""

from __future__ import annotations

import contextlib
import socket

from learn.conformance.situations.script import TEAR_DOWN, THREADS, situation
from learn.conformance.stage import Stage


@situation("client: dial refused", serves=False)
def _(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = gone.getsockname()
    stage.dial_to(address, 1000)


@situation("client: dial timeout", serves=False)
def _(stage: Stage) -> None:
    with contextlib.ExitStack() as open_:
        listener = open_.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(2):  # more than the queue holds: nobody answers any more
            waiting = open_.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        stage.dial_to(listener.getsockname(), 50)


@situation("client: write and close", serves=False)
def _(stage: Stage) -> None:
    peer = stage.dial()
    stage.do("user", "write hello; flush; close; active")
    stage.wait("user", "done")
    stage.closed()
    peer.drain()


@situation("client: reads what is left, then eof", serves=False, free=("user",), why_free=TEAR_DOWN)
def _(stage: Stage) -> None:
    peer = stage.dial()
    peer.send(b"hello")
    peer.close()
    stage.do("user", "inactive; next 3; next 2; next 1; peek 1; skip 1; until ,; flush; close")
    stage.wait("user", "done")
    stage.closed()


@situation("client: the peer resets", serves=False, free=("user",), why_free=TEAR_DOWN)
def _(stage: Stage) -> None:
    peer = stage.dial()
    stage.do("user", "next 1; active; flush; close")
    stage.linger()
    peer.reset()
    stage.wait("user", "done")
    stage.closed()


@situation("client: reads and flushes after its close", serves=False)
def _(stage: Stage) -> None:
    peer = stage.dial()
    stage.do("user", "close; next 1; flush; close")
    stage.wait("user", "done")
    stage.closed()
    peer.drain()


@situation("client: writes after its close", serves=False)
def _(stage: Stage) -> None:
    stage.dial()
    stage.do("user", "close; write hello; flush")
    stage.wait("user", "done")
    stage.closed()


@situation("client: unread input after its close", serves=False)
def _(stage: Stage) -> None:
    peer = stage.dial()
    peer.send(b"hello")
    stage.do("user", "buffered 5; close; next 3; take; next 1")
    stage.wait("user", "done")
    stage.closed()
    peer.drain()


@situation(
    "client: close while another thread waits in next",
    serves=False,
    free=("reader", "closer"),
    why_free=THREADS,
)
def _(stage: Stage) -> None:
    peer = stage.dial()
    stage.do("reader", "next 5")
    stage.linger()
    stage.do("closer", "close")
    stage.wait("reader", "done")
    stage.closed()
    peer.drain()


@situation("client: a read timeout, then the rest comes", serves=False)
def _(stage: Stage) -> None:
    peer = stage.dial()
    stage.do("user", "timeout read 20; next 5; timeout read 0; next 5; close")
    stage.wait("user", "timeout read 0")
    peer.send(b"hello")
    stage.wait("user", "done")
    peer.drain()


@situation("client: close callbacks, the newest first", serves=False)
def _(stage: Stage) -> None:
    peer = stage.dial()
    stage.do("user", "callback one; callback two; close; close")
    stage.wait("user", "done")
    peer.drain()
