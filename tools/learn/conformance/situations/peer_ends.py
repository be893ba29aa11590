# SPDX-License-Identifier: Apache-2.0
"""The peer ends: closes, half-closes, resets; when all is quiet and in the middle."""

from __future__ import annotations

from learn.conformance.situations.script import BIG, OVERLAP, SEND_FAILED, situation
from learn.conformance.stage import Stage


@situation(
    "the peer closes when all is quiet",
    bare=True,
    on_prepare="",
    on_request="take",
    on_disconnect="active; next 1",
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_prepare", "ends")
    peer.close()
    stage.closed()


@situation(
    "the peer resets when all is quiet",
    bare=True,
    on_prepare="",
    on_request="take",
    on_disconnect="active; next 1",
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_prepare", "ends")
    peer.reset()
    stage.closed()


@situation("the peer closes while on_connect runs", on_connect="inactive; next 1; flush")
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_connect", "begins")
    peer.close()
    stage.closed()


@situation("the peer resets while on_connect runs", on_connect="inactive; next 1; flush")
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_connect", "begins")
    peer.reset()
    stage.closed()


@situation(
    "the peer closes while on_request runs",
    on_request="take; inactive; next 1",
    free=("on_disconnect",),
    why_free=OVERLAP,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "take")
    peer.close()
    stage.closed()


@situation(
    "the peer closes while on_request waits in next",
    on_request="next 10; take; next 1",
    free=("on_disconnect",),
    why_free=OVERLAP,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "begins")
    stage.linger()
    peer.close()
    stage.closed()


@situation(
    "the peer resets while on_request waits in next",
    on_request="next 10; take; next 1; flush",
    free=("on_disconnect",),
    why_free=OVERLAP,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "begins")
    stage.linger()
    peer.reset()
    stage.closed()


@situation(
    "the peer closes while a flush is blocked",
    on_request=f"take; big {BIG}; flush; inactive; flush",
    free=("on_disconnect",),
    why_free=OVERLAP,
    alike=SEND_FAILED,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    peer.wait_stalled()
    peer.close()
    stage.closed()


@situation(
    "the peer half-closes while a flush is blocked",
    on_request=f"take; big {BIG}; flush",
    free=("on_disconnect",),
    why_free=OVERLAP,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    peer.wait_stalled()
    peer.half_close()
    stage.wait("on_disconnect", "ends")
    peer.drain_some()
    stage.closed()


@situation(
    "the peer half-closes and waits for the reply",
    on_request="take; inactive; write pong; flush",
    free=("on_disconnect",),
    why_free=OVERLAP,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"ping")
    stage.wait("on_request", "take")
    peer.half_close()
    peer.drain()
    stage.closed()


@situation(
    "data and FIN before the first look, without on_connect",
    bare=True,
    on_prepare="wait sent",
    on_request="take; next 1",
    on_disconnect="",
    free=("on_disconnect",),
    why_free=OVERLAP,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_prepare", "begins")
    peer.send(b"hello")
    peer.close()
    stage.open("sent")
    stage.closed()


@situation(
    "data and FIN before the first look, with on_connect",
    on_prepare="wait sent",
    on_connect="inactive; len",
    on_request="take; next 1",
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_prepare", "begins")
    peer.send(b"hello")
    peer.close()
    stage.open("sent")
    stage.closed()


@situation("FIN alone before the first look", on_prepare="wait sent", on_connect="inactive; len")
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_prepare", "begins")
    peer.close()
    stage.open("sent")
    stage.closed()


@situation(
    "until without its delimiter before the peer's end",
    on_request="inactive; until ,; len; take",
    free=("on_disconnect",),
    why_free=OVERLAP,
)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"abc")
    stage.wait("on_request", "begins")
    peer.close()
    stage.closed()
