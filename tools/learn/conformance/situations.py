# SPDX-License-Identifier: Apache-2.0
"""The situations of the life-cycle suite, in the order of a connection's life.

Each is a function that plays the peer; the scripts in its decorator are what the
driver's handlers do, on either library.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

from learn.conformance.stage import Situation, Stage

SITUATIONS: list[Situation] = []

ALL = {"on_prepare": "", "on_connect": "", "on_request": "take; release", "on_disconnect": ""}
OVERLAP = "on_disconnect may run beside on_request"
THREADS = "they are threads of the user"
ENDING = "in the original a task that is just ending may tear down beside on_disconnect"
TEAR_DOWN = "after the peer's end a worker may be the one that tears down"
# The poller's send may meet the reset before its read does, and a flush hands its own
# error on (output.h); the original always says conn_closed here.
SEND_FAILED = ("EPIPE", "conn_closed")
BIG = 16 << 20  # more than two sockets hold


def situation(
    name: str,
    *,
    options: dict[str, int] | None = None,
    free: tuple[str, ...] = (),
    why_free: str = "",
    serves: bool = True,
    bare: bool = False,
    alike: tuple[str, str] | None = None,
    **scripts: str,
) -> Callable[[Callable[[Stage], None]], Callable[[Stage], None]]:
    """Adds a situation. All handlers are there unless it is `bare`."""

    def add(act: Callable[[Stage], None]) -> Callable[[Stage], None]:
        told = dict(scripts) if bare or not serves else {**ALL, **scripts}
        SITUATIONS.append(Situation(name, act, told, options or {}, free, why_free, serves, alike))
        return act

    return add


# Closing, from each place.


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


@situation("close in on_disconnect", bare=True, on_prepare="", on_request="take", on_disconnect="active; close; active")
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


# The peer closes.


@situation("the peer closes when all is quiet", bare=True, on_prepare="", on_request="take", on_disconnect="active; next 1")
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_prepare", "ends")
    peer.close()
    stage.closed()


@situation("the peer resets when all is quiet", bare=True, on_prepare="", on_request="take", on_disconnect="active; next 1")
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


# What handlers do and do not do.


@situation("the server speaks first", on_connect="write hi; flush; next 5; release", free=("on_disconnect",), why_free=ENDING)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.read(2)
    peer.send(b"hello")
    stage.wait("on_connect", "ends")
    peer.close()
    stage.closed()


@situation("input comes while on_connect runs", on_connect="buffered 5", free=("on_disconnect",), why_free=ENDING)
def _(stage: Stage) -> None:
    peer = stage.connect()
    stage.wait("on_connect", "begins")
    peer.send(b"hello")
    stage.wait("on_request", "ends")
    peer.close()
    stage.closed()


@situation("on_request takes a little at a time", on_request="next 2; release", free=("on_disconnect",), why_free=ENDING)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"abcdef")
    stage.wait("on_request", "ends", 3)
    peer.close()
    stage.closed()


@situation("on_request waits for the second half", on_request="next 10; release", free=("on_disconnect",), why_free=ENDING)
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.wait("on_request", "begins")
    peer.send(b"there")
    stage.wait("on_request", "ends")
    peer.close()
    stage.closed()


@situation("one request after the other", on_request="take; release; write ok; flush", free=("on_disconnect",), why_free=ENDING)
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


@situation("close callbacks, the newest first",
           on_prepare="callback one", on_connect="callback two",
           on_request="take; callback three; close; callback four")
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


@situation("a close callback adds another", on_request="take; callback first; close",
           first="callback second")
def _(stage: Stage) -> None:
    peer = stage.connect()
    peer.send(b"hello")
    stage.closed()
    peer.drain()


# Time and two at once.


@situation(
    "a read timeout, then the rest comes",
    options={"read_timeout": 20},
    on_request="next 10; active; timeout read 0; wait rest; next 10; release", free=("on_disconnect",), why_free=ENDING,
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


# Servers with fewer handlers.


@situation("without handlers the user closes", bare=True, on_prepare="", on_disconnect="active", free=("user",), why_free=TEAR_DOWN)
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


# Clients.


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


@situation("client: on_request", serves=False, on_request="take; release; write ok; flush",
           free=("on_disconnect",), why_free=ENDING, on_disconnect="active")
def _(stage: Stage) -> None:
    peer = stage.dial()
    peer.send(b"hello")
    peer.read(2)
    peer.close()
    stage.wait("on_disconnect", "ends")
    stage.closed()


@situation("client: on_request set when input is there", serves=False, late="take; release")
def _(stage: Stage) -> None:
    peer = stage.dial()
    peer.send(b"hello")
    stage.do("user", "buffered 5; on_request late")
    stage.wait("user", "done")
    stage.wait("late", "ends")
    peer.close()
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


# Other handlers on the way.


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


# The end of a server.


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
