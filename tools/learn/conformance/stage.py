# SPDX-License-Identifier: Apache-2.0
"""One situation played on one driver, and the log it leaves.

    stage.connect() -> Peer      stage.wait("on_request", "begins")
    stage.do("closer", "close")  stage.open("gate")

The log is normalised here: the lines of all lanes in the order in which they were
printed, except the lanes in `free`, which stand by themselves because their order
among the others is really free; then what the peer saw.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from learn.conformance.driver import Driver, Hung, Line, Peer, address_of

HANDLERS = ("on_prepare", "on_connect", "on_request", "on_disconnect")
# When Serve returns, and when the driver reports; never in step with the handlers.
ALWAYS_FREE = ("stage", "serve")


@dataclass(frozen=True)
class Situation:
    """What both drivers are told, and how the peer behaves."""

    name: str
    act: Callable[[Stage], None]
    scripts: dict[str, str] = field(default_factory=dict)
    options: dict[str, int] = field(default_factory=dict)
    free: tuple[str, ...] = ()
    why_free: str = ""
    serves: bool = True
    alike: tuple[str, str] | None = None  # two results that are one here


class Stage:
    """A situation under way on one driver."""

    def __init__(self, driver: Driver, number: str, situation: Situation) -> None:
        self.driver = driver
        self._number = number
        self.situation = situation
        self._sockets: list[socket.socket] = []
        self.peer_log: list[Line] = []
        self.in_trouble = False  # hung or died; nothing more can be asked of the driver

    def play(self) -> None:
        """Runs the situation; a driver that hangs or dies says so in the log."""
        situation = self.situation
        try:
            if self.driver.is_dead:
                raise Hung("the driver has died since its last situation")
            self.driver.tell(f"begin {self._number}")
            for name, value in situation.options.items():
                self.driver.tell(f"option {name} {value}")
            for name, script in situation.scripts.items():
                self.driver.tell(f"script {name} {script}")
            if situation.serves:
                self.driver.tell("serve tcp 127.0.0.1:0")
            situation.act(self)
            self.driver.tell("end")
            self.wait("stage", "ended")
        except (Hung, OSError) as error:
            self.peer_log.append(Line("trouble", str(error)))
            self.in_trouble = True
        finally:
            for sock in self._sockets:
                sock.close()

    def connect(self) -> Peer:
        """A client of the driver's server."""
        family, address = address_of(self.wait("stage", "listening").text)
        sock = socket.socket(family, socket.SOCK_STREAM)
        self._sockets.append(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        sock.connect(address)
        return Peer(sock, self.peer_log)

    def dial(self, timeout_ms: int = 0) -> Peer:
        """The server that the driver has dialled."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            host, port = listener.getsockname()
            self.driver.tell(f"dial tcp {host}:{port} {timeout_ms}")
            listener.settimeout(5)
            sock, _ = listener.accept()
        self._sockets.append(sock)
        self.wait("stage", "dial")
        return Peer(sock, self.peer_log)

    def dial_to(self, address: tuple[str, int], timeout_ms: int) -> None:
        """Has the driver dial where nobody accepts."""
        self.driver.tell(f"dial tcp {address[0]}:{address[1]} {timeout_ms}")
        self.wait("stage", "dial")

    def do(self, lane: str, script: str) -> None:
        self.driver.tell(f"do {lane} {script}")

    def open(self, gate: str) -> None:
        self.driver.tell(f"open {gate}")

    def wait(self, lane: str, start: str, times: int = 1) -> Line:
        return self.driver.wait(self._number, lane, start, times)

    def closed(self) -> None:
        """Waits for the tear-down."""
        self.wait("callback", "closed")

    def closed_or_kept(self) -> None:
        """Gives a tear-down time to come where only one of the two libraries has one."""
        with contextlib.suppress(Hung):
            self.driver.wait(self._number, "callback", "closed", patience=1.0)

    def linger(self) -> None:
        """Lets a call that was announced begin to block. Its result must not depend
        on it: this only makes the interesting order the likely one."""
        with contextlib.suppress(InterruptedError):
            time.sleep(0.01)

    def log(self) -> list[str]:
        """What happened, normalised. Late lines count: ask when the driver has ended."""
        lines = self.driver.lines(self._number)
        free = (*self.situation.free, *ALWAYS_FREE)
        told = [line for line in lines if line.lane not in free]
        for lane in free:
            told += [line for line in lines if line.lane == lane]
        shown = [line for line in told if not line.text.startswith("listening")]
        log = [str(line) for line in [*shown, *self.peer_log]]
        if self.situation.alike:
            one, other = self.situation.alike
            log = [line.replace(f"= {one}", f"= {other}") for line in log]
        return log
