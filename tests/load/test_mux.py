# SPDX-License-Identifier: Apache-2.0
"""mux_server to a foreign client, and mux_client to good and bad servers."""

import random
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Server, program_of
from support import (
    assert_refuses,
    connect,
    read_all,
    read_exactly,
    reset,
    send_until_full,
    wait_until,
    with_small_buffers,
)

START = Callable[..., Server]
MIB = 1 << 20


def serve(start: START, *flags: str) -> Server:
    return start("--pollers", "2", *flags, program="mux_server")


def frame(number: int, payload: bytes = b"") -> bytes:
    return struct.pack(">II", len(payload), number) + payload


def read_frame(peer: socket.socket) -> tuple[int, bytes]:
    length, number = struct.unpack(">II", read_exactly(peer, 8))
    return number, read_exactly(peer, length)


def run_client(preset: str, address: str, *flags: str) -> subprocess.CompletedProcess:
    network = "unix" if address.startswith("/") else "tcp"
    command = [program_of(preset, "mux_client"), "--network", network, "--addr", address, *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def assert_lives(server: Server) -> None:
    """Somebody else is answered."""
    with connect(server.address) as other:
        other.sendall(frame(7, b"hello"))
        assert read_frame(other) == (7, b"hello")


@pytest.mark.parametrize("runner", ["pool", "inline", "adaptive"])
@pytest.mark.parametrize(("callers", "requests", "size"), [
    (1, 3, 0), (16, 50, 64), (32, 10, 100_000), (2, 4, MIB),
])
def test_each_caller_gets_its_own_answer(start: START, preset: str, runner: str, callers: int,
                                         requests: int, size: int) -> None:
    server = serve(start, "--runner", runner, "--work-us", "300")
    before = server.fds()
    client = run_client(preset, server.address, "--callers", str(callers), "--requests",
                        str(requests), "--bytes", str(size))
    assert (client.returncode, client.stderr) == (0, "")
    assert client.stdout == f"{callers * requests} answered, 0 failed\n"
    wait_until(lambda: server.fds() == before, "descriptors are left over")
    assert server.stop() == 0
    server.assert_clean()


def test_a_unix_socket(start: START, preset: str, tmp_path: Path) -> None:
    server = serve(start, "--network", "unix", "--addr", str(tmp_path / "mux.sock"))
    assert run_client(preset, server.address).stdout == "400 answered, 0 failed\n"
    assert server.stop() == 0
    server.assert_clean()


def test_an_odd_request_overtakes_the_even_ones(start: START) -> None:
    server = serve(start, "--work-us", "3000000")
    with connect(server.address) as peer:
        peer.sendall(frame(2, b"two") + frame(4, b"four") + frame(1, b"one"))
        assert read_frame(peer) == (1, b"one")
        assert sorted([read_frame(peer), read_frame(peer)]) == [(2, b"two"), (4, b"four")]


@pytest.mark.parametrize("length", [MIB + 1, 1 << 31, (1 << 32) - 1])
def test_an_absurd_length_closes_its_connection_at_once(start: START, length: int) -> None:
    server = serve(start)
    before = server.fds()
    with connect(server.address) as other, connect(server.address) as peer:
        other.sendall(frame(1, b"before"))
        assert read_frame(other) == (1, b"before")
        resting = server.rss_bytes()
        peer.sendall(struct.pack(">II", length, 3) + b"the beginning")
        assert read_all(peer) == b""
        assert server.rss_bytes() - resting < MIB
        other.sendall(frame(2, b"after"))
        assert read_frame(other) == (2, b"after")
    wait_until(lambda: server.fds() == before, "descriptors are left over")
    assert server.stop() == 0
    server.assert_clean()


def test_max_frame_is_the_longest_that_is_answered(start: START) -> None:
    server = serve(start, "--max-frame", "10")
    with connect(server.address) as peer:
        peer.sendall(frame(1, b"x" * 10))
        assert read_frame(peer) == (1, b"x" * 10)
        peer.sendall(frame(1, b"x" * 11))
        assert read_all(peer) == b""


def test_frames_may_be_split_anywhere(start: START) -> None:
    server = serve(start)
    stream = frame(1, b"first") + frame(3) + frame(5, b"third")
    want = [(1, b"first"), (3, b""), (5, b"third")]
    with connect(server.address) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(1, len(stream)):
            peer.sendall(stream[:at])
            time.sleep(0.005)  # so that the server reads the two parts one by one
            peer.sendall(stream[at:])
            assert sorted(read_frame(peer) for _ in want) == want, f"split at {at}"
        for at in range(len(stream)):
            peer.sendall(stream[at:at + 1])
            time.sleep(0.002)
        assert sorted(read_frame(peer) for _ in want) == want
    server.assert_clean()


@pytest.mark.parametrize("runner", ["pool", "inline", "adaptive"])
@pytest.mark.parametrize("rest", [b"", b"\0\0\0\5\0\0\0\1tor"], ids=["whole", "half a frame"])
def test_what_came_before_a_half_close_is_answered(start: START, runner: str,
                                                   rest: bytes) -> None:
    server = serve(start, "--runner", runner, "--work-us", "100000")
    before = server.fds()
    requests = [(number, b"%d" % number * 1000) for number in range(20)]
    with connect(server.address) as peer:
        peer.sendall(b"".join(frame(*request) for request in requests) + rest)
        peer.shutdown(socket.SHUT_WR)
        assert sorted(read_frame(peer) for _ in requests) == requests
        assert read_all(peer) == b""
    wait_until(lambda: server.fds() == before, "descriptors are left over")
    assert server.stop() == 0
    server.assert_clean()


@pytest.mark.parametrize("payload", [0, 100, 100_000])
@pytest.mark.parametrize("runner", ["pool", "inline"])
def test_a_peer_that_reads_no_answer_is_stopped(start: START, preset: str, runner: str,
                                                payload: int) -> None:
    # It will read, but late: not before it is stopped.
    server = serve(start, "--runner", runner, "--write-timeout-ms", "120000")
    assert_lives(server)
    resting = server.rss_bytes()
    one = frame(1, random.Random(payload).randbytes(payload))
    data = one * (MIB // len(one) + 1)
    # The fewer requests the kernel keeps, the fewer must be answered at the end.
    with with_small_buffers(connect(server.address)) as peer:
        sent = send_until_full(peer, data)
        assert_lives(server)
        if preset == "release":  # a sanitizer keeps freed memory
            assert server.rss_bytes() - resting < 24 * MIB
        got = read_exactly(peer, sent // len(one) * len(one))
        assert got == one * (sent // len(one))
        reset(peer)
    assert server.stop() == 0
    server.assert_clean()


def test_peers_that_vanish_leave_nothing_behind(start: START) -> None:
    server = serve(start, "--work-us", "1000")
    before = server.fds()
    for number in range(100):
        peer = connect(server.address)
        peer.sendall(frame(number, b"x" * 1000) * 10 + frame(1, b"y" * 100)[:number])
        reset(peer) if number % 2 else peer.close()
    wait_until(lambda: server.fds() == before, "descriptors are left over", 30)
    assert_lives(server)
    assert server.stop() == 0
    server.assert_clean()


def test_sigterm_answers_what_was_taken(start: START) -> None:
    server = serve(start, "--work-us", "2000000")
    requests = [(number, b"%d" % number) for number in range(0, 60, 2)]
    with connect(server.address) as peer, connect(server.address) as idle:
        # The odd one is taken last and answered first, unless the machine is very slow.
        peer.sendall(b"".join(frame(*request) for request in requests) + frame(1))
        got = [read_frame(peer)]
        while got[-1] != (1, b""):
            got.append(read_frame(peer))
        server.process.send_signal(signal.SIGTERM)
        while len(got) < len(requests) + 1:
            got.append(read_frame(peer))
        assert sorted(got) == sorted([*requests, (1, b"")])
        assert read_all(peer) == b""
        assert read_all(idle) == b""
    assert server.process.wait(60) == 0
    server.assert_clean()


def test_a_server_that_dies_is_a_clear_line(start: START, preset: str) -> None:
    server = serve(start, "--work-us", "1000")
    killer = threading.Timer(1, server.process.kill)
    killer.start()
    client = run_client(preset, server.address, "--requests", "400000")
    killer.join()
    assert client.returncode == 1
    assert client.stderr.startswith(f"mux_client: {server.address}: ")
    assert len(client.stderr.splitlines()) == 1
    answered, failed = (int(word) for word in client.stdout.split() if word.isdigit())
    assert failed > 0
    assert answered + failed == 4 * 400_000
    nobody = run_client(preset, server.address)
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert nobody.stderr == f"mux_client: {server.address}: Connection refused\n"


@pytest.mark.parametrize(("answer", "says"), [
    (lambda number, payload: frame(number, payload[:-1] + b"\0"), "other bytes came back"),
    (lambda number, payload: frame(number + 1000, payload), "an answer that nobody waits for"),
    (lambda number, payload: frame(number, payload) * 2, "an answer that nobody waits for"),
    (lambda number, payload: struct.pack(">II", 1 << 31, number), f"an answer of {1 << 31} bytes"),
    (lambda number, payload: frame(number, payload)[:-1], "no answer in time"),
], ids=["other bytes", "other id", "twice", "too long", "half"])
def test_a_client_notices_a_wrong_answer(preset: str, answer: Callable[[int, bytes], bytes],
                                         says: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def lie() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.sendall(answer(*read_frame(peer)))
                read_all(peer)

        server = threading.Thread(target=lie)
        server.start()
        client = run_client(preset, f"127.0.0.1:{listener.getsockname()[1]}", "--callers", "1",
                            "--requests", "3", "--timeout-ms", "1000")
        server.join(30)
    assert client.returncode == 1
    assert says in client.stderr
    assert len(client.stderr.splitlines()) == 1


@pytest.mark.parametrize(("program", "flags", "says"), [
    ("mux_server", ["--max-frame", "-1"], "max-frame"),
    ("mux_server", ["--max-frame", "4294967296"], "max-frame"),
    ("mux_server", ["--work-us", "soon"], "work-us"),
    ("mux_server", ["--write-timeout-ms", "-1"], "write-timeout-ms"),
    ("mux_server", ["--runner", "elsewhere"], "adaptive"),
    ("mux_server", ["--addr", "nonsense"], "HOST:PORT"),
    ("mux_client", [], "--addr"),
    ("mux_client", ["--addr", "127.0.0.1:1", "--callers", "0"], "callers"),
    ("mux_client", ["--addr", "127.0.0.1:1", "--nonsense"], "--nonsense"),
])
def test_a_bad_flag_is_one_line_and_exit_2(preset: str, tmp_path: Path, program: str,
                                           flags: list[str], says: str) -> None:
    assert_refuses(program_of(preset, program), flags, says, tmp_path)
