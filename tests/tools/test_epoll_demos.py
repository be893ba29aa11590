# SPDX-License-Identifier: Apache-2.0
"""Chapter 2's naive server: what it can do, and the faults that the page says it has."""

import socket
import subprocess

import pytest

from demo_helpers import BIN, build, need_strace

MUCH = b"x" * (32 << 20)  # more than two sockets of Linux hold, as they are set


@pytest.fixture(scope="module", autouse=True)
def built():
    build("naive_echo")


@pytest.fixture
def connect():
    """A function that connects to a fresh server."""
    with subprocess.Popen([BIN / "naive_echo", "20"], stdout=subprocess.PIPE, text=True) as server:
        host, port = server.stdout.readline().split()
        yield lambda: socket.create_connection((host, int(port)), timeout=10)
        server.terminate()


def receive(client: socket.socket, size: int) -> bytes:
    came = bytearray()
    while len(came) < size and (piece := client.recv(1 << 16)):
        came += piece
    return bytes(came)


def test_it_echoes_for_many_clients(connect):
    clients = [connect() for _ in range(50)]
    for number, client in enumerate(clients):
        client.sendall(b"%05d" % number)
    for number, client in enumerate(clients):
        assert receive(client, 5) == b"%05d" % number


def test_a_client_that_reads_late_gets_all(connect):
    client = connect()
    client.sendall(MUCH)  # the server takes all of it, and cannot send it yet
    assert receive(client, len(MUCH)) == MUCH


def test_fault_a_half_close_loses_what_is_unsent(connect):
    client = connect()
    client.sendall(MUCH)
    client.shutdown(socket.SHUT_WR)
    try:
        came = len(receive(client, len(MUCH)))
    except ConnectionResetError:
        came = 0
    assert came < len(MUCH)


def test_fault_an_epoll_ctl_for_each_request(tmp_path):
    need_strace()
    log = tmp_path / "log"
    command = ["strace", "-qq", "-e", "trace=epoll_ctl", "-o", log, BIN / "naive_echo", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        host, port = server.stdout.readline().split()
        with socket.create_connection((host, int(port)), timeout=10) as client:
            for _ in range(10):
                client.sendall(b"hello")
                assert receive(client, 5) == b"hello"
    assert log.read_text("utf-8").count("EPOLL_CTL_MOD") == 10
