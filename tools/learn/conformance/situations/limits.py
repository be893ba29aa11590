# SPDX-License-Identifier: Apache-2.0
"""Time-outs, two flushes at once, servers with few handlers, shutdown."""

from __future__ import annotations

from learn.conformance.situations.script import BIG, ENDING, TEAR_DOWN, THREADS, situation
from learn.conformance.stage import Stage


@situation(
    "a read timeout, then the rest comes",
    options={"read_timeout": 20},
    on_request="next 10; active; timeout read 0; wait rest; next 10; release",
    free=("on_disconnect",),
    why_free=ENDING,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "active")
    peer.send(b"there")
    stage.open("rest")
    stage.wait("on_request", "ends")
    peer.close()
    stage.closed()


@situation(
    "a write timeout, then a second one",
    options={"write_timeout": 20},
    on_request=f"take; big {BIG}; flush; active; write x; flush; active; close",
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.closed()
    peer.drain_some()
    peer.close()


@situation(
    "a write timeout, then the peer reads",
    options={"write_timeout": 20},
    on_request=f"take; big {BIG}; flush; timeout write 0; wait reading; write end; flush; close",
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "flush")
    stage.open("reading")
    peer.drain()
    stage.closed()
    peer.close()


@situation(
    "two flushes at once",
    on_request=f"take; big {BIG}; flush; close",
    free=("other",),
    why_free=THREADS,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    peer.wait_stalled()
    stage.do("other", "flush")
    stage.wait("other", "done")
    peer.drain()
    stage.closed()
    peer.close()


@situation(
    "without handlers the user closes",
    bare=True,
    on_prepare="",
    on_disconnect="active",
    free=("user",),
    why_free=TEAR_DOWN,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_prepare", "ends")
    peer.send(b"hello")
    peer.close()
    stage.wait("on_disconnect", "ends")
    stage.do("user", "inactive; next 5; next 1; close; active")
    stage.closed()
    stage.wait("user", "done")


@situation("with on_connect alone the peer's end is the end", bare=True, on_connect="")
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_connect", "ends")
    peer.close()
    stage.closed()


@situation("with on_request alone the peer's end is the end", bare=True, on_request="take")
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("stage", "listening")
    peer.close()
    stage.closed()


@situation("shutdown with an idle connection", free=("main",), why_free=THREADS)
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_connect", "ends")
    stage.do("main", "shutdown 2000; shutdown 2000")
    peer.drain()
    stage.wait("main", "done")


@situation(
    "shutdown with a busy handler",
    on_request="take; wait go; write done; flush",
    free=("main", "on_disconnect"),
    why_free=ENDING,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "take")
    stage.do("main", "shutdown 60")
    stage.wait("main", "done")
    stage.open("go")
    peer.read(4)
    stage.wait("on_request", "ends")
    peer.close()
    stage.closed()


@situation(
    "a second shutdown beside a busy handler",
    on_request="take; wait go",
    free=("main", "on_disconnect"),
    why_free=ENDING,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "take")
    stage.do("main", "shutdown 60; shutdown 60")
    stage.wait("main", "done")
    stage.open("go")
    stage.wait("on_request", "ends")
    peer.close()
    stage.closed()


@situation(
    "shutdown waits for a handler that ends in time",
    on_request="take; wait go; write done; flush; release",
    free=("main",),
    why_free=THREADS,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "take")
    stage.do("main", "shutdown 3000")
    stage.linger()
    stage.open("go")
    peer.drain()
    stage.wait("main", "done")
    stage.closed()
