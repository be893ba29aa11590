# SPDX-License-Identifier: Apache-2.0
"""proxy_server between a foreign client and a server: bytes, ends, slow and absent peers."""

import asyncio
import contextlib
import hashlib
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import Server, program_of
from echo_load import Load, open_to, run
from support import (
    assert_refuses,
    connect,
    read_all,
    read_exactly,
    reset,
    send_until_full,
    wait_until,
)

START = Callable[..., Server]
MIB = 1 << 20


def in_front_of(start: START, address: str, *flags: str, pollers: str = "2") -> Server:
    """A proxy for the server at `address`."""
    network = "unix" if address.startswith("/") else "tcp"
    return start("--to-network", network, "--to", address, "--pollers", pollers, *flags,
                 program="proxy_server")


@contextlib.contextmanager
def backend(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server of one connection, on a thread of its own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        failed: list[BaseException] = []

        def serve() -> None:
            try:
                listener.settimeout(30)
                peer, _ = listener.accept()
                with peer:
                    peer.settimeout(30)
                    talk(peer)
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join(60)
        assert not thread.is_alive()
        assert failed == []


@pytest.mark.parametrize("flags", [
    [], ["--runner", "inline"], ["--runner", "adaptive"], ["--max-input", "16384"],
    ["--runner", "inline", "--max-input", "1"],
], ids=["pool", "inline", "adaptive", "max-input", "inline-max-input"])
def test_every_byte_comes_back_in_order(start: START, flags: list[str]) -> None:
    proxy = in_front_of(start, start("--pollers", "2").address, *flags)
    before = proxy.fds()
    # With one byte at a time there are few bytes.
    load = Load(connections=20, size_max=512) if "1" in flags else Load(connections=100)
    asyncio.run(run(proxy.address, load))
    assert load.failures == []
    assert load.echoed_bytes > load.connections * 100
    wait_until(lambda: proxy.fds() == before, "descriptors are left over")
    assert proxy.stop() == 0
    proxy.assert_clean()


def test_unix_sockets_on_both_sides(start: START, tmp_path: Path) -> None:
    echo = start("--network", "unix", "--addr", str(tmp_path / "echo.sock"))
    proxy = in_front_of(start, echo.address, "--network", "unix", "--addr",
                        str(tmp_path / "proxy.sock"))
    before = proxy.fds()
    load = asyncio.run(run(proxy.address, Load(connections=50)))
    assert load.failures == []
    wait_until(lambda: proxy.fds() == before, "descriptors are left over")
    assert proxy.stop() == 0
    proxy.assert_clean()


@pytest.mark.parametrize("runner", ["pool", "inline", "adaptive"])
def test_a_large_transfer_both_ways_at_once(start: START, preset: str, runner: str) -> None:
    proxy = in_front_of(start, start().address, "--runner", runner, "--max-input", "65536")
    data = random.Random(1).randbytes((64 if preset == "release" else 8) * MIB)

    async def scene() -> str:
        reader, writer = await open_to(proxy.address)

        async def send() -> None:
            for at in range(0, len(data), 1 << 18):
                writer.write(data[at:at + (1 << 18)])
                await writer.drain()
            writer.write_eof()

        sending = asyncio.create_task(send())
        digest = hashlib.sha256()
        while piece := await reader.read(1 << 18):
            digest.update(piece)
        await sending
        writer.close()
        return digest.hexdigest()

    assert asyncio.run(asyncio.wait_for(scene(), 120)) == hashlib.sha256(data).hexdigest()
    proxy.assert_clean()


@pytest.mark.parametrize("runner", ["pool", "inline", "adaptive"])
def test_one_direction_does_not_wait_for_the_other(start: START, runner: str) -> None:
    # The server reads nothing before the client has all that it sends, which is more than the
    # kernel and the proxy hold. The client is the same, but for a thread that reads.
    data = random.Random(2).randbytes(32 * MIB)
    sent = threading.Event()
    received: list[bytes] = []

    def talk(peer: socket.socket) -> None:
        peer.sendall(data)
        sent.set()
        received.append(read_exactly(peer, len(data)))

    with backend(talk) as address:
        proxy = in_front_of(start, address, "--runner", runner, "--max-input", "65536")
        with connect(proxy.address) as client:
            sender = threading.Thread(target=client.sendall, args=(data,))
            sender.start()
            got = read_exactly(client, len(data))
            assert sent.wait(30)
            sender.join(60)
            assert got == data
    assert received == [data]
    proxy.assert_clean()


@pytest.mark.parametrize("runner", ["pool", "inline", "adaptive"])
def test_a_half_close_is_carried_behind_the_last_byte(start: START, runner: str) -> None:
    request, answer = random.Random(3).randbytes(3 * MIB), random.Random(4).randbytes(5 * MIB)
    got: list[bytes] = []

    def talk(peer: socket.socket) -> None:
        got.append(read_all(peer))  # ends only with the client's FIN
        peer.sendall(answer)

    with backend(talk) as address:
        proxy = in_front_of(start, address, "--runner", runner, "--max-input", "16384")
        before = proxy.fds()
        with connect(proxy.address) as client:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            time.sleep(0.5)  # the server's end comes while its answer waits for us
            assert read_all(client) == answer
    assert got == [request]
    wait_until(lambda: proxy.fds() == before, "descriptors are left over")
    proxy.assert_clean()


def test_the_servers_half_close_leaves_the_other_way_open(start: START) -> None:
    got: list[bytes] = []

    def talk(peer: socket.socket) -> None:
        peer.sendall(b"go on")
        peer.shutdown(socket.SHUT_WR)
        got.append(read_all(peer))

    with backend(talk) as address:
        proxy = in_front_of(start, address)
        with connect(proxy.address) as client:
            assert read_all(client) == b"go on"
            client.sendall(b"y" * MIB)
    assert got == [b"y" * MIB]
    proxy.assert_clean()


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


def test_a_server_that_is_down_costs_its_client_alone(start: START) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
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


@pytest.mark.parametrize("runner", ["pool", "inline", "adaptive"])
def test_peers_that_read_nothing_cost_little_and_hold_up_nobody(start: START, preset: str,
                                                               runner: str) -> None:
    max_input = 64 * 1024
    limit = str(max_input)
    echo = start("--max-input", limit)
    # One poller: two that drop the late input of closed connections at the same time are a race
    # to TSan, which takes a recv() of MSG_TRUNC for a write to the null pointer that it is given.
    proxy = in_front_of(start, echo.address, "--runner", runner, "--max-input", limit,
                        pollers="1")
    assert touch(proxy.address)
    resting = proxy.rss_bytes()
    data = random.Random(5).randbytes(MIB)
    count = 100
    slow = [connect(proxy.address) for _ in range(count)]
    with ThreadPoolExecutor(count) as fillers:  # nobody reads, so each is stopped
        sent = list(fillers.map(lambda peer: send_until_full(peer, data), slow))
    # Others are served as before.
    for _ in range(10):
        with connect(proxy.address) as other:
            other.sendall(b"y" * 10_000)
            assert read_exactly(other, 10_000) == b"y" * 10_000
    assert len(os.listdir(f"/proc/{proxy.process.pid}/task")) < 64 + 32
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


def touch(address: str) -> bool:
    """One byte there and back."""
    with connect(address) as peer:
        peer.sendall(b"x")
        return peer.recv(1) == b"x"


def test_sigterm_lets_answers_under_way_arrive(start: START) -> None:
    echo = start("--work-us", "300000", "--pollers", "2")
    proxy = in_front_of(start, echo.address)
    count = 20

    async def scene() -> list[bytes]:
        ends = [await open_to(proxy.address) for _ in range(count)]
        for number, (_, writer) in enumerate(ends):
            writer.write(b"request %d" % number)
            await writer.drain()
        # All are with the server when each pair has both its descriptors.
        while proxy.fds() < 2 * count:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        proxy.process.send_signal(signal.SIGTERM)
        answers = await asyncio.gather(*(reader.read() for reader, _ in ends))
        for _, writer in ends:
            writer.close()
        return list(answers)

    answers = asyncio.run(asyncio.wait_for(scene(), 120))
    assert answers == [b"request %d" % number for number in range(count)]
    assert proxy.process.wait(60) == 0
    proxy.assert_clean()


def test_sigterm_closes_pairs_that_are_at_rest(start: START) -> None:
    proxy = in_front_of(start, start().address)
    with connect(proxy.address) as idle:
        idle.sendall(b"x")
        assert idle.recv(1) == b"x"
        assert proxy.stop() == 0
        assert read_all(idle) == b""
    proxy.assert_clean()


@pytest.mark.parametrize(("flags", "says"), [
    ([], "--to"),
    (["--to", "nonsense"], "HOST:PORT"),
    (["--to", "127.0.0.1:99999"], "65535"),
    (["--to-network", "udp", "--to", "127.0.0.1:1"], "tcp"),
    (["--to-network", "unix", "--to", "p" * 108], "PATH"),
    (["--to", "127.0.0.1:1", "--max-input", "-1"], "max-input"),
    (["--to", "127.0.0.1:1", "--runner", "elsewhere"], "adaptive"),
    (["--to", "127.0.0.1:1", "--network", "unix"], "--addr PATH"),
])
def test_a_bad_flag_is_one_line_and_exit_2(preset: str, tmp_path: Path, flags: list[str],
                                           says: str) -> None:
    assert_refuses(program_of(preset, "proxy_server"), flags, says, tmp_path)
