# SPDX-License-Identifier: Apache-2.0
"""What handlers do and do not do, and handlers that are replaced."""

from __future__ import annotations

from learn.conformance.situations.script import ENDING, OVERLAP, situation
from learn.conformance.stage import Stage


@situation(
    "the server speaks first",
    on_connect="write hi; flush; next 5; release",
    free=("on_disconnect",),
    why_free=ENDING,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.read(2)
    peer.send(b"hello")
    stage.wait("on_connect", "ends")
    peer.close()
    stage.closed()


@situation(
    "input comes while on_connect runs",
    on_connect="buffered 5",
    free=("on_disconnect",),
    why_free=ENDING,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_connect", "begins")
    peer.send(b"hello")
    stage.wait("on_request", "ends")
    peer.close()
    stage.closed()


@situation(
    "on_request takes a little at a time",
    on_request="next 2; release",
    free=("on_disconnect",),
    why_free=ENDING,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"abcdef")
    stage.wait("on_request", "ends", 3)
    peer.close()
    stage.closed()


@situation(
    "on_request waits for the second half",
    on_request="next 10; release",
    free=("on_disconnect",),
    why_free=ENDING,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "begins")
    peer.send(b"there")
    stage.wait("on_request", "ends")
    peer.close()
    stage.closed()


@situation(
    "one request after the other",
    on_request="take; release; write ok; flush",
    free=("on_disconnect",),
    why_free=ENDING,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    for round_ in range(1, 4):
        peer.send(b"again")
        peer.read(2)
        stage.wait("on_request", "ends", round_)
    peer.close()
    stage.closed()


@situation("on_request leaves its input", bare=True, on_request="from 3 close")
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "ends")
    stage.linger()
    peer.close()
    stage.closed()


@situation("on_connect throws", on_connect="callback mine; throw")
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.closed()
    peer.drain()


@situation("on_request throws", on_request="callback mine; take; throw")
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.closed()
    peer.drain()


@situation(
    "on_request throws when the peer has gone",
    on_request="take; inactive; wait told; throw",
    free=("on_disconnect",),
    why_free=OVERLAP,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "take")
    peer.close()
    stage.wait("on_disconnect", "ends")
    stage.linger()  # the original tears down twice when it throws just now
    stage.open("told")
    stage.closed()


@situation(
    "close callbacks, the newest first",
    on_prepare="callback one",
    on_connect="callback two",
    on_request="take; callback three; close; callback four",
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.closed()
    peer.drain()


@situation("a close callback added after the end", free=("late", "on_disconnect"), why_free=ENDING)
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_connect", "ends")
    peer.close()
    stage.closed()
    stage.do("late", "callback afterwards")
    stage.wait("late", "done")


@situation(
    "a close callback adds another",
    on_request="take; callback first; close",
    first="callback second",
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.closed()
    peer.drain()


@situation(
    "on_request replaced in on_connect",
    on_connect="on_request other; buffered 5",
    other="take; release",
    free=("on_disconnect",),
    why_free=ENDING,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_connect", "on_request")
    peer.send(b"hello")
    stage.wait("on_connect", "ends")
    stage.linger()
    peer.close()
    stage.closed()


@situation(
    "on_request replaced while it runs",
    on_request="take; release; to 1 on_request other; to 1 buffered 4",
    other="take; release",
    free=("on_disconnect",),
    why_free=ENDING,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "on_request")
    peer.send(b"more")
    stage.wait("on_request", "ends")
    stage.linger()
    peer.close()
    stage.closed()
