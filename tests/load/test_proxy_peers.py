# SPDX-License-Identifier: Apache-2.0
"""proxy_server between peers that reset, are absent, leave at once, or read nothing."""

import contextlib
import os
import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from proxied import MIB, START, backend, in_front_of
from support import (
    connect,
    fills_kernel,
    read_all,
    read_exactly,
    reset,
    send_until_full,
    wait_until,
    waits,
)


@waits  # until the proxy gives the other side up
@pytest.mark.parametrize("who", ["client", "server"])
@pytest.mark.parametrize("when", ["idle", "full"])
def test_a_reset_closes_both_sides(start: START, who: str, when: str) -> None:
    # full: the side that is not reset has taken nothing for a while, and takes nothing while the
    # proxy closes. It then finds the end behind what the kernel had for it.
    may_read = threading.Event()

    def fill_and_reset(peer: socket.socket) -> None:
        if when == "full":
            send_until_full(peer, b"f" * MIB)
        reset(peer)

    def talk(peer: socket.socket) -> None:
        assert peer.recv(1) == b"x"
        peer.sendall(b"x")
        if who == "server":
            fill_and_reset(peer)
            return
        assert may_read.wait(60)
        read_all(peer)

    with backend(talk) as address:
        proxy = in_front_of(start, address, "--max-input", "16384")
        before = proxy.fds()
        with connect(proxy.address) as client:
            client.sendall(b"x")
            assert client.recv(1) == b"x"
            if who == "client":
                fill_and_reset(client)
            # It has two descriptors more while the pair is open.
            wait_until(lambda: proxy.fds() == before, "the other side stays open", 30)
            may_read.set()
            if who == "server":
                read_all(client)
    assert proxy.stop() == 0
    proxy.assert_clean()


def test_a_server_whose_client_was_reset_need_not_send_on(start: START) -> None:
    is_full = threading.Event()
    ends: list[str] = []

    def talk(peer: socket.socket) -> None:
        assert peer.recv(1) == b"x"
        send_until_full(peer, b"f" * MIB)
        is_full.set()
        try:
            read_all(peer)  # ends when the proxy knows
            peer.sendall(b"f" * 32 * MIB)  # goes only if somebody takes it, to throw it away
            ends.append("taken")
        except ConnectionError:
            ends.append("reset")

    with backend(talk) as address:
        proxy = in_front_of(start, address, "--max-input", "16384")
        client = connect(proxy.address)
        client.sendall(b"x")
        assert is_full.wait(60)
        reset(client)
    assert ends == ["reset"]
    assert proxy.stop() == 0
    proxy.assert_clean()


def test_a_server_that_is_down_costs_its_client_alone(start: START) -> None:
    with socket.socket() as keeper:  # has the port, so that nobody else gets it; never listens
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        port = keeper.getsockname()[1]
        proxy = in_front_of(start, f"127.0.0.1:{port}")
        before = proxy.fds()
        begun = time.monotonic()
        for _ in range(100):
            with connect(proxy.address) as client, contextlib.suppress(ConnectionError):
                client.sendall(b"x")
                assert read_all(client) == b""
        seconds = time.monotonic() - begun
        lines = proxy.log.read_text().splitlines()
        assert 1 <= len(lines) <= seconds + 1
        assert lines[0] == f"proxy_server: cannot reach 127.0.0.1:{port}: Connection refused"
        wait_until(lambda: proxy.fds() == before, "descriptors are left over")
        echo = start("--addr", f"127.0.0.1:{port}")  # and now it is up
    with connect(proxy.address) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
    assert proxy.stop() == 0
    assert echo.stop() == 0


def test_clients_that_leave_at_once_leave_nothing_behind(start: START) -> None:
    proxy = in_front_of(start, start().address)
    before = proxy.fds()
    for number in range(200):
        client = connect(proxy.address)
        if number % 2:
            client.sendall(b"x")
        reset(client) if number % 3 else client.close()
    wait_until(lambda: proxy.fds() == before, "descriptors are left over", 30)
    assert proxy.stop() == 0
    proxy.assert_clean()


@fills_kernel
@pytest.mark.parametrize("runner", ["pool", "inline", "adaptive"])
def test_peers_that_read_nothing_cost_little_and_hold_up_nobody(start: START, preset: str,
                                                               runner: str) -> None:
    max_input = 64 * 1024
    limit = str(max_input)
    echo = start("--max-input", limit)
    proxy = in_front_of(start, echo.address, "--runner", runner, "--max-input", limit)
    assert touch(proxy.address)
    resting = proxy.rss_bytes()
    data = random.Random(5).randbytes(MIB)
    # More slow ways, two for each, than there are senders. No more: the kernel's buffers of one
    # take up to 20 MB, and if its memory for TCP runs out, all connections crawl.
    count = 40
    slow = [one_way(proxy.address) for _ in range(count)]
    with ThreadPoolExecutor(count) as fillers:  # nobody reads, so each is stopped
        sent = list(fillers.map(lambda peer: send_until_full(peer, data), slow))
    # Others are served as before.
    for _ in range(10):
        with connect(proxy.address) as other:
            other.sendall(b"y" * 10_000)
            assert read_exactly(other, 10_000) == b"y" * 10_000
    # Since the ways were opened one by one, few threads have dialled.
    wait_until(lambda: len(os.listdir(f"/proc/{proxy.process.pid}/task")) < 64 + 32,
               "each slow way keeps a thread", 40)
    if preset == "release":  # a sanitizer keeps freed memory
        # Two ways hold twice max_input each, in blocks that may be half empty; and 64 threads.
        # What was in use for a moment goes back to the system within seconds, while events come.
        most = resting + count * 8 * max_input + 16 * MIB
        wait_until(lambda: touch(proxy.address) and proxy.rss_bytes() < most, "its memory grows")
    # Those who read at last get all that they have sent.
    for i in (0, count - 1):
        whole = data * (sent[i] // len(data) + 1)
        assert read_exactly(slow[i], sent[i]) == whole[:sent[i]]
    for peer in slow:
        reset(peer)
    assert proxy.stop() == 0
    proxy.assert_clean()


def one_way(address: str) -> socket.socket:
    """A client whose first byte has come back from the server: the proxy has dialled for it."""
    peer = connect(address)
    peer.sendall(b"x")
    assert peer.recv(1) == b"x"
    return peer


def touch(address: str) -> bool:
    """One byte there and back."""
    with one_way(address):
        return True
