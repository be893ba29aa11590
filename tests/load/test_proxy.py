# SPDX-License-Identifier: Apache-2.0
"""proxy_server between a foreign client and a server: every byte, every end, SIGTERM."""

import asyncio
import hashlib
import random
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from conftest import program_of
from echo_load import Load, open_to, run
from proxied import MIB, START, backend, in_front_of
from support import assert_refuses, connect, read_all, read_exactly, wait_until


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
