# SPDX-License-Identifier: Apache-2.0
"""The server as an outsider sees it: bytes, descriptors, exit status."""

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import program_of
from echo_load import Load, open_to, run
from support import assert_refuses, wait_until

START = Callable[..., object]


@pytest.mark.parametrize(("network", "flags"), [
    ("tcp", []),
    ("unix", []),
    ("tcp", ["--runner", "inline"]),
    ("unix", ["--max-input", "16384"]),
    ("tcp", ["--runner", "adaptive"]),
    ("tcp", ["--runner", "inline", "--max-input", "16384"]),
], ids=["tcp", "unix", "tcp-inline", "unix-max-input", "tcp-adaptive", "tcp-inline-max-input"])
def test_every_byte_comes_back_in_order(start: START, tmp_path: Path, network: str,
                                        flags: list[str]) -> None:
    address = "127.0.0.1:0" if network == "tcp" else str(tmp_path / "echo.sock")
    server = start("--network", network, "--addr", address, "--pollers", "2", *flags)
    before = server.fds()
    load = asyncio.run(run(server.address, Load()))
    assert load.failures == []
    assert load.echoed_bytes > 10_000_000
    wait_until(lambda: server.fds() == before, "descriptors are left over")
    assert server.stop() == 0
    server.assert_clean()
    assert network == "tcp" or not os.path.exists(address)


def test_a_line_from_netcat_is_answered(start: START) -> None:
    server = start()
    port = server.address.rsplit(":", 1)[1]
    answer = subprocess.run(["nc", "-N", "-w", "5", "127.0.0.1", port], input=b"hello\n",
                            capture_output=True, timeout=20, check=True)
    assert answer.stdout == b"hello\n"


def test_sigterm_lets_fifty_requests_under_way_finish(start: START) -> None:
    server = start("--work-us", "300000", "--pollers", "2")
    before = server.fds()
    count = 50

    async def scene() -> list[bytes]:
        ends = [await open_to(server.address) for _ in range(count)]
        for number, (_, writer) in enumerate(ends):
            writer.write(b"request %d" % number)
            await writer.drain()
        while server.fds() < before + count:  # each is accepted, and its request is there
            await asyncio.sleep(0.01)
        server.process.send_signal(signal.SIGTERM)
        answers = await asyncio.gather(*(reader.read() for reader, _ in ends))
        for _, writer in ends:
            writer.close()
        return list(answers)

    answers = asyncio.run(asyncio.wait_for(scene(), 120))
    assert answers == [b"request %d" % number for number in range(count)]
    assert server.process.wait(60) == 0
    server.assert_clean()


def test_sigterm_closes_idle_connections_and_refuses_new_ones(start: START) -> None:
    server = start()
    host, port = server.address.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as idle:
        idle.sendall(b"x")  # the answer says that it has been accepted
        assert idle.recv(1) == b"x"
        assert server.stop() == 0
        assert idle.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))


def test_a_peer_that_only_half_closes_still_gets_its_answer(start: START) -> None:
    server = start("--work-us", "50000")
    host, port = server.address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=20) as peer:
        peer.sendall(b"x" * 1000)
        peer.shutdown(socket.SHUT_WR)
        got = b""
        while piece := peer.recv(4096):
            got += piece
    assert got == b"x" * 1000


def test_a_port_in_use_is_one_line_and_not_zero(start: START, preset: str) -> None:
    server = start()
    program = server.process.args[0]
    second = subprocess.run([program, "--addr", server.address], capture_output=True, text=True,
                            timeout=30, check=False)
    assert second.returncode == 1
    assert second.stderr.splitlines() == [
        f"echo_server: cannot listen on {server.address}: Address already in use"]


@pytest.mark.parametrize(("flags", "says"), [
    (["--pollers", "many"], "many"),
    (["--workers", "-1"], "100000"),
    (["--workers", "100001"], "100000"),
    (["--workers", "few"], "few"),
    (["--runner", "elsewhere"], "adaptive"),
    (["--runner", "two\nlines"], "two?lines"),
    (["--max-input", "-1"], "max-input"),
    (["--nonsense"], "--nonsense"),
    (["--network", "unix"], "--addr PATH"),
])
def test_a_bad_flag_is_one_line_and_exit_2(preset: str, tmp_path: Path, flags: list[str],
                                           says: str) -> None:
    assert_refuses(program_of(preset, "echo_server"), flags, says, tmp_path)


@pytest.mark.parametrize("name", ["echo_server", "echo_client"])
@pytest.mark.parametrize(("network", "addr", "says"), [
    ("udp", "127.0.0.1:0", "tcp"),
    ("TCP", "127.0.0.1:0", "tcp"),
    ("tcp", "nonsense", "HOST:PORT"),
    ("tcp", "8080", "HOST:PORT"),
    ("tcp", "127.0.0.1:99999", "65535"),
    ("tcp", "", "HOST:PORT"),
    ("unix", "", "PATH"),
    ("unix", "p" * 108, "PATH"),
])
def test_an_address_that_is_none_is_one_line_and_exit_2(preset: str, tmp_path: Path, name: str,
                                                        network: str, addr: str,
                                                        says: str) -> None:
    flags = ["--network", network, "--addr", addr]
    assert_refuses(program_of(preset, name), flags, says, tmp_path)


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(start: START, second: signal.Signals) -> None:
    server = start("--work-us", "20000000")  # a request that takes 20 seconds
    before = server.fds()
    host, port = server.address.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as busy:
        busy.sendall(b"x")
        wait_until(lambda: server.fds() > before, "it accepts nobody")
        server.process.send_signal(signal.SIGTERM)
        # Once nobody can connect, the server has taken the first signal.
        wait_until(lambda: refuses(host, int(port)), "it still listens")
        assert server.process.poll() is None
        server.process.send_signal(second)
        assert server.process.wait(10) == -second


def refuses(host: str, port: int) -> bool:
    """Nobody listens there any more."""
    try:
        socket.create_connection((host, port)).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass  # it waited to be accepted while the listener closed
    return False


def test_a_server_without_standard_streams_gives_their_numbers_to_nobody(preset: str,
                                                                         tmp_path: Path) -> None:
    path = tmp_path / "echo.sock"
    program = program_of(preset, "echo_server")
    server = subprocess.Popen([
        "sh", "-c", f"exec {program} --network unix --addr {path} <&- >&- 2>&-"])
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            # The path is there a moment before the server listens.
            wait_until(lambda: client.connect_ex(str(path)) == 0, "it does not listen")
            client.sendall(b"x")
            assert client.recv(1) == b"x"
            standard = [os.readlink(f"/proc/{server.pid}/fd/{fd}") for fd in range(3)]
            assert standard == ["/dev/null"] * 3
    finally:
        server.terminate()
        assert server.wait(60) == 0


def test_a_client_without_threads_counts_the_rest_as_failed(start: START, preset: str) -> None:
    if preset != "release":
        pytest.skip("a sanitizer's own memory does not fit into the limit")
    server = start()
    client = program_of(preset, "echo_client")
    # The stacks of the threads, 1 GiB each, fill the address space of 20.5 GiB;
    # half of one is left for memory.
    run_it = subprocess.run(
        ["sh", "-c", f"ulimit -s {1 << 20}; ulimit -v {41 << 19}; exec {client}"
                     f" --addr {server.address} --connections 2000"],
        capture_output=True, text=True, timeout=120, check=False)
    assert run_it.returncode == 1
    lines = run_it.stderr.splitlines()
    assert len([line for line in lines if "no thread for" in line]) == 1
    echoed, failed = (int(word) for word in run_it.stdout.split() if word.isdigit())
    assert failed > 0
    assert echoed + failed == 2000
