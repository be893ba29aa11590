# SPDX-License-Identifier: Apache-2.0
"""We close: from each handler, twice, from another thread."""

from __future__ import annotations

from learn.conformance.situations.script import BIG, THREADS, situation
from learn.conformance.stage import Stage


@situation("close in on_prepare", on_prepare="close; active")
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_prepare", "ends")
    stage.closed()
    peer.drain()


@situation("close in on_connect", on_connect="callback mine; close; active")
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.closed()
    peer.drain()


@situation("close in on_request", on_request="take; close; close; active; flush")
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.closed()
    peer.drain()


@situation(
    "close in on_disconnect",
    bare=True,
    on_prepare="",
    on_request="take",
    on_disconnect="active; close; active",
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_prepare", "ends")
    peer.close()
    stage.closed()


@situation("close in a close callback", on_request="take; callback again; close", again="close")
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.closed()
    peer.drain()


@situation("the answer is flushed before the close", on_request="take; write bye; flush; close")
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.closed()
    peer.drain()


@situation("a written byte that nobody flushed", on_request="take; write lost; close")
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.closed()
    peer.drain()


@situation(
    "more input after a close in on_request",
    on_request="take; close; wait more; len; next 1",
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "close")
    peer.send(b"more")
    stage.linger()
    stage.open("more")
    stage.closed()
    peer.drain()


@situation("two closes at once", free=("a", "b"), why_free=THREADS)
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_connect", "ends")
    stage.do("a", "wait both; close")
    stage.do("b", "wait both; close")
    stage.open("both")
    stage.closed()
    peer.drain()


@situation(
    "close from elsewhere while on_request waits in next",
    on_request="take; next 5; len; active",
    free=("closer",),
    why_free=THREADS,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "take")
    stage.linger()
    stage.do("closer", "close")
    stage.closed()
    peer.drain()


@situation(
    "close from elsewhere while on_request is blocked in flush",
    on_request=f"take; big {BIG}; flush; active",
    free=("closer",),
    why_free=THREADS,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    peer.wait_stalled()
    stage.do("closer", "close")
    stage.closed()
    peer.drain_some()
