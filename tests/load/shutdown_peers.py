# SPDX-License-Identifier: Apache-2.0
"""Peers of an echo server that is told to end at a random moment, and what it owes them.

    hello -> answer    the server has accepted this peer
    requests …         of random sizes, each sent whole by one send()
    SIGTERM            owed: the bytes that are in the server's socket by now
    … the end          got: at least what is owed; whole answers only; then a FIN

EventLoop::shutdown() closes a connection between two requests. So it owes an answer to
each request that reached its socket before the signal, read by a handler or not. Of a
later request it may answer all or nothing.
"""

import errno
import fcntl
import random
import selectors
import socket
import struct
import termios
import time
from dataclasses import dataclass, field

PIECE = 64 * 1024
# (requests under way at most, smallest and largest request)
WINDOWS = {"lock_step": (1, 1, 2000), "pipelined": (8, 1, 4000), "half_close": (2, 1, 4000),
           "slow_reader": (16, 100_000, 400_000), "pusher": (8, 1, 4000), "newcomer": (1, 1, 2000)}


@dataclass
class Tally:
    """What many runs came to."""

    runs: int = 0
    owed_bytes: int = 0  # at the signal, and not yet answered by then
    got_bytes: int = 0
    pusher_resets: int = 0  # pushers that saw a reset, after all that was owed
    newcomers: dict[str, int] = field(default_factory=dict)
    longest_exit_s: float = 0.0

    def line(self) -> str:
        return (f"{self.runs} runs: {self.owed_bytes} bytes were owed at SIGTERM and came, "
                f"{self.got_bytes} came in all; peers that went on sending and saw a reset: "
                f"{self.pusher_resets}; newcomers {self.newcomers}; "
                f"the longest exit {self.longest_exit_s:.2f} s")


class Peer:
    """One connection. `step()` does what its socket is ready for; never waits."""

    def __init__(self, kind: str, end: socket.socket, rng: random.Random) -> None:
        self.kind = kind
        self.end = end
        self.rng = rng
        self.window, self.smallest, self.largest = WINDOWS[kind]
        self.asked = bytearray()  # every byte of every request
        self.bounds = [0]  # where each request ends in it
        self.sent = 0
        self.got = 0
        self.owed = 0
        self.reads_from = 0.0  # a slow reader: not before this moment
        self.may_ask = True
        self.finished = False  # it has sent its FIN
        self.ended = ""  # how: "FIN", "reset"; a newcomer: "answered"
        self.saw_reset = False
        self.problems: list[str] = []

    def under_way(self) -> int:
        """How many requests are not answered."""
        return sum(bound > self.got for bound in self.bounds)

    def wants_to_send(self) -> bool:
        if self.finished:
            return False
        return self.sent < len(self.asked) or (self.may_ask and self.under_way() < self.window)

    def wants_to_read(self) -> bool:
        return time.monotonic() >= self.reads_from

    def ask(self, size: int) -> None:
        self.asked += self.rng.randbytes(size)
        self.bounds.append(len(self.asked))

    def send(self) -> None:
        """One request, or what is left of one."""
        if self.sent == len(self.asked):
            self.ask(self.rng.randint(self.smallest, self.largest))
        try:
            self.sent += self.end.send(memoryview(self.asked)[self.sent:].tobytes())
        except BlockingIOError:
            return
        except OSError as error:
            self.fail_to_send(error)
            return
        if self.kind == "half_close" and self.rng.random() < 0.1:
            self.finish()

    def fail_to_send(self, error: OSError) -> None:
        """It sends no more, and reads what there is."""
        self.finished = True
        if error.errno not in (errno.EPIPE, errno.ECONNRESET):
            raise error
        self.saw_reset = True

    def finish(self) -> None:
        if self.sent == len(self.asked):
            self.end.shutdown(socket.SHUT_WR)
            self.finished = True

    def read(self) -> None:
        try:
            piece = self.end.recv(PIECE)
        except BlockingIOError:
            return
        except ConnectionResetError:
            self.saw_reset = True
            piece = b""
        if piece != self.asked[self.got:self.got + len(piece)]:
            self.problems.append(f"other bytes came after {self.got}")
        self.got += len(piece)
        if not piece:
            self.leave("reset" if self.saw_reset else "FIN")
        elif self.kind == "newcomer" and self.got == len(self.asked):
            self.leave("answered")

    def leave(self, ended: str) -> None:
        self.ended = ended
        self.end.close()

    def signal_sent(self) -> int:
        """The server has been told to end. Returns how many bytes it owes, not yet got."""
        if self.kind != "pusher":
            self.may_ask = False
        if self.kind == "slow_reader":
            # A part may still be in this end's queue: it has not reached the server.
            self.owed = self.sent - unacknowledged(self.end)
            self.finished = True
            self.reads_from = time.monotonic() + self.rng.random() * 0.05
        elif self.kind != "newcomer":
            self.owed = self.sent
        return max(0, self.owed - self.got)

    def verdict(self) -> list[str]:
        """What is wrong with its end."""
        wrong = list(self.problems)
        if self.got < self.owed:
            wrong.append(f"got {self.got} of {self.owed} bytes that were owed")
        if self.kind != "slow_reader" and self.got not in self.bounds:
            wrong.append(f"an answer was cut after {self.got} bytes; ends {self.bounds[-9:]}")
        if self.ended != "FIN" and self.kind not in ("pusher", "newcomer"):
            wrong.append(f"ended by {self.ended or 'nothing'}")
        return [f"{self.kind}: {it} (sent {self.sent})" for it in wrong]


def unacknowledged(end: socket.socket) -> int:
    """SIOCOUTQ: bytes that the other end's kernel has not confirmed."""
    if end.family == socket.AF_UNIX:
        return 0  # what send() took is in the other end's queue
    return struct.unpack("i", fcntl.ioctl(end, termios.TIOCOUTQ, b"\0" * 4))[0]


def connect(address: str, receives: int = 0) -> socket.socket:
    """A connected socket that does not wait. Fails as connect(2) does.

    `receives`: the size of its receive buffer, if not the usual one.
    """
    if address.startswith("/"):
        end = socket.socket(socket.AF_UNIX)
        target: str | tuple[str, int] = address
    else:
        host, port = address.rsplit(":", 1)
        end = socket.socket()
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        target = (host, int(port))
    if receives:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    end.settimeout(20)
    try:
        end.connect(target)
    except OSError:
        end.close()
        raise
    end.setblocking(False)
    return end


def greeted(kind: str, address: str, rng: random.Random) -> Peer:
    """A peer that the server has accepted: it has answered its first request."""
    is_slow = kind == "slow_reader"  # so its answers wait in the server
    peer = Peer(kind, connect(address, 16 * 1024 if is_slow else 0), rng)
    peer.end.settimeout(20)
    peer.ask(10)
    peer.send()
    while peer.got < 10 and not peer.ended:
        peer.read()
    peer.end.setblocking(False)
    if is_slow:
        peer.reads_from = float("inf")
        for _ in range(peer.window):
            peer.send()
    return peer


def step_all(peers: list[Peer], wait_s: float) -> None:
    """Each peer whose socket is ready does one thing."""
    with selectors.DefaultSelector() as ready:
        for peer in peers:
            events = (selectors.EVENT_READ if peer.wants_to_read() else 0) | (
                selectors.EVENT_WRITE if peer.wants_to_send() else 0)
            if events and not peer.ended:
                ready.register(peer.end, events, peer)
        if not ready.get_map():
            time.sleep(min(wait_s, 0.001))
            return
        for key, events in ready.select(wait_s):
            if events & selectors.EVENT_READ:
                key.data.read()
            if events & selectors.EVENT_WRITE and not key.data.ended:
                key.data.send()
