# SPDX-License-Identifier: Apache-2.0
"""How a situation is written down: scripts for the handlers, a function for the peer.

    @situation("close in on_request", on_request="take; close")
    def _(stage): …                      connects, sends, waits, looks

Each is played on either library; the operations are listed in life_script.cpp.
"""

from __future__ import annotations

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
