# SPDX-License-Identifier: Apache-2.0
"""Peers that behave badly, over raw sockets, and what a server must still be afterwards.

A `Watched` server is looked at before the attack; `assert_as_before()` asks it a question
as a new client, and counts its descriptors and threads.
"""

import contextlib
import random
import select
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from conftest import REPORT, Server
from support import long_only

PATIENCE_S = 180.0  # for what happens at once on a quiet machine
RUNNERS = ("pool", "inline", "adaptive")
# Behind a proxy a sanitizer's build has one runner in the short form.
DIRECT_AND_PROXIED = (
    *RUNNERS,
    pytest.param("proxy-pool", marks=long_only("dev")),
    pytest.param("proxy-inline", marks=long_only("dev", "tsan")),
    pytest.param("proxy-adaptive", marks=long_only("tsan")),
)
POOLED = ("worker", "dialer", "sender", "task")  # threads that come and go with the work
PROXY_POOLED = 256 + 64  # dialers and senders of proxy_server, at most
MUX_POOLED = 64  # tasks of mux_server, at most


def connect(address: str, receive_buffer: int = 0) -> socket.socket:
    """`address` as a server prints it: HOST:PORT, or the path of a unix socket."""
    is_unix = address.startswith("/")
    peer = socket.socket(socket.AF_UNIX if is_unix else socket.AF_INET)
    try:
        peer.settimeout(PATIENCE_S)
        if receive_buffer:  # before connect(): the window is agreed on there
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        host, _, port = address.rpartition(":")
        peer.connect(address if is_unix else (host, int(port)))
    except BaseException:
        peer.close()
        raise
    return peer


def receive(peer: socket.socket, size: int) -> bytes:
    """`size` bytes, or fewer at the end of the stream."""
    got = bytearray()
    while len(got) < size and (piece := peer.recv(min(size - len(got), 1 << 16))):
        got += piece
    return bytes(got)


def exchange(peer: socket.socket, message: bytes) -> bool:
    """Sends the message; whether the same bytes came back."""
    peer.sendall(message)
    return receive(peer, len(message)) == message


def echoes(address: str, message: bytes = b"is anybody there?") -> bool:
    """A new client gets its echo."""
    with connect(address) as peer:
        return exchange(peer, message)


def is_over(peer: socket.socket) -> bool:
    """The other end closes the connection within the patience, without a byte before."""
    try:
        return peer.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def send_until_stuck(senders: Sequence[tuple[socket.socket, bytes]], most: int) -> list[int]:
    """Each sends its bytes again and again and reads nothing, until none of them was rid of
    a byte for a while; how many bytes each has sent, `most` at most."""
    sent = [0] * len(senders)
    since = time.monotonic()
    while min(sent) < most and time.monotonic() - since < 0.3:
        for number, (peer, data) in enumerate(senders):
            peer.setblocking(False)
            at = sent[number] % len(data)
            with contextlib.suppress(BlockingIOError):
                if sent[number] < most:
                    sent[number] += peer.send(memoryview(data)[at:at + (1 << 16)])
                    since = time.monotonic()
        time.sleep(0.0005)
    return sent


def until(condition: Callable[[], bool], failing: Callable[[], str]) -> None:
    """Waits for the condition; after the patience, fails with what `failing` says."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, failing()
        time.sleep(0.01)


def await_bytes(peers: Iterable[socket.socket], size: int = 1) -> int:
    """Takes `size` bytes from each of the peers, in whatever order they come; how many
    peers have got them. An end or a reset before is a peer that got nothing."""
    left = {peer.fileno(): (peer, size) for peer in peers}
    poll = select.epoll()
    for fd in left:
        poll.register(fd, select.EPOLLIN)
    served = 0
    end = time.monotonic() + PATIENCE_S
    while left and time.monotonic() < end:
        for fd, _ in poll.poll(1.0):
            peer, missing = left[fd]
            try:
                got = len(peer.recv(missing))
            except ConnectionError:
                got = 0
            left[fd] = (peer, missing - got)
            if got in (0, missing):
                served += got > 0
                poll.unregister(fd)
                del left[fd]
    poll.close()
    return served


class Watched:
    """A server before an attack, and the most workers that it may have, by its flags."""

    def __init__(self, server: Server, workers: int,
                 ask: Callable[[str], bool] = echoes) -> None:
        self.server = server
        self.ask = ask
        self.fds = server.fds()  # before its first connection
        assert ask(server.address)  # it has a worker now, and its first memory
        self.assert_nothing_left()
        pooled = sum(name in POOLED for name in self.thread_names())
        self.threads_max = len(self.thread_names()) - pooled + workers
        self.memory_before = self.memory("VmRSS")

    @property
    def address(self) -> str:
        return self.server.address

    @property
    def proc(self) -> Path:
        return Path(f"/proc/{self.server.process.pid}")

    def thread_names(self) -> list[str]:
        """The names of its threads."""
        return sorted((task / "comm").read_text().strip()
                      for task in (self.proc / "task").iterdir())

    def memory(self, field: str = "VmHWM") -> int:
        """VmRSS now, or VmHWM, its largest value so far, in bytes."""
        lines = (self.proc / "status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))

    def grown(self) -> int:
        """By how many bytes its memory has grown at the most."""
        return self.memory() - self.memory_before

    def assert_threads(self) -> None:
        """Pollers as before, and no more workers than the flags allow."""
        names = self.thread_names()
        assert len(names) <= self.threads_max, names

    def assert_as_before(self) -> None:
        """A new client is served; no descriptor is left over, no thread is too many."""
        assert self.server.process.poll() is None, self.server.log.read_text()[:4000]
        assert self.ask(self.address)
        self.assert_nothing_left()
        self.assert_threads()

    def assert_ends(self) -> None:
        """SIGTERM ends it with 0; it has written no line."""
        assert self.server.stop() == 0
        self.server.assert_clean()

    def assert_no_report(self) -> None:
        """No sanitizer has written a line; the server may have."""
        text = self.server.log.read_text()
        assert not REPORT.search(text), text[:4000]

    def assert_nothing_left(self, others: int = 0) -> None:
        """No descriptor is left over, but those of `others`."""
        until(lambda: self.server.fds() <= self.fds + others,
              lambda: f"{self.server.fds()} descriptors, {self.fds} before")


class Proxied(Watched):
    """A proxy_server before an attack, and the server behind it."""

    def __init__(self, proxy: Server, workers: int, behind: Watched) -> None:
        super().__init__(proxy, workers + PROXY_POOLED, behind.ask)
        self.behind = behind

    def assert_as_before(self) -> None:
        super().assert_as_before()
        self.behind.assert_as_before()

    def assert_ends(self) -> None:
        super().assert_ends()
        self.behind.assert_ends()


def echo_of(start: Callable[..., Server], how: str, workers: int) -> Watched:
    """An echo_server by its runner; or, with "proxy-" before that, one behind a proxy."""
    flags = ("--runner", how.removeprefix("proxy-"), "--workers", str(workers))
    echo = Watched(start(*flags), workers)
    if how in RUNNERS:
        return echo
    return Proxied(start("--to", echo.address, *flags, program="proxy_server"), workers, echo)


def fragments(rng: random.Random, size_max: int, count: int) -> list[bytes]:
    """Random bytes in `count` fragments."""
    return [rng.randbytes(rng.randint(1, size_max)) for _ in range(count)]
