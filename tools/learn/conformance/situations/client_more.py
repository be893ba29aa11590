# SPDX-License-Identifier: Apache-2.0
"""Clients: handlers of their own, plain reads and writes, detach."""

from __future__ import annotations

from learn.conformance.situations.script import ENDING, TEAR_DOWN, THREADS, situation
from learn.conformance.stage import Stage


@situation(
    "client: on_request",
    serves=False,
    on_request="take; release; write ok; flush",
    free=("on_disconnect", "user"),
    why_free=ENDING,
    on_disconnect="active",
)
def _(stage: Stage) -> None:
    peer = stage.dial()
    peer.send(b"hello")
    peer.read(2)
    peer.close()
    stage.wait("on_disconnect", "ends")
    stage.do("user", "close")
    stage.closed()


@situation(
    "client: on_request set when input is there",
    serves=False,
    late="take; release",
    free=("user",),
    why_free=THREADS,
)
def _(stage: Stage) -> None:
    peer = stage.dial()
    peer.send(b"hello")
    stage.do("user", "buffered 5; on_request late; wait end; close")
    stage.wait("late", "ends")
    peer.close()
    stage.open("end")
    stage.closed()
    stage.wait("user", "done")


@situation(
    "client: on_request, and the peer ends",
    serves=False,
    on_request="take; release",
    on_disconnect="",
    free=("on_disconnect",),
    why_free=ENDING,
)
def _(stage: Stage) -> None:
    peer = stage.dial()
    peer.send(b"hello")
    stage.wait("on_request", "ends")
    peer.close()
    stage.wait("on_disconnect", "ends")
    stage.closed_or_kept()
    stage.do("user", "active; close")
    stage.wait("user", "done")
    stage.closed()


@situation("client: read copies what is there", serves=False, free=("user",), why_free=TEAR_DOWN)
def _(stage: Stage) -> None:
    peer = stage.dial()
    peer.send(b"hello")
    stage.do("user", "read 0; buffered 5; read 3; read 10; read 0; inactive; read 1; close; read 1")
    stage.wait("user", "read 0", 2)
    peer.close()
    stage.wait("user", "done")
    stage.closed()


@situation("client: write sends at once", serves=False)
def _(stage: Stage) -> None:
    peer = stage.dial()
    stage.do("user", "send hello; send there; close; send late")
    stage.wait("user", "done")
    peer.drain()


@situation("client: a deadline", serves=False)
def _(stage: Stage) -> None:
    peer = stage.dial()
    stage.do("user", "deadline read 5000; deadline write 5000; close")
    stage.wait("user", "done")
    peer.drain()


@situation("client: detach", serves=False)
def _(stage: Stage) -> None:
    peer = stage.dial()
    stage.do("user", "send hello; detach; active; next 1; flush; raw bye; raw_close; close")
    stage.wait("user", "done")
    peer.drain()


@situation("client: detach with unread input", serves=False)
def _(stage: Stage) -> None:
    peer = stage.dial()
    peer.send(b"hello")
    stage.do("user", "buffered 5; detach; take; next 1; raw_close")
    stage.wait("user", "done")
    peer.drain()


@situation("client: detach after close", serves=False)
def _(stage: Stage) -> None:
    peer = stage.dial()
    stage.do("user", "close; detach")
    stage.wait("user", "done")
    peer.drain()


@situation("detach in on_request", on_request="take; detach; active; flush")
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.closed()
    stage.do("user", "raw bye; raw_close")
    peer.drain()
