# SPDX-License-Identifier: Apache-2.0
"""Counts the system calls of an echo server with one poller, for a few small scenes.

Prints lines `name value`. Exit status 77: strace may not trace here.

A server is stopped (SIGSTOP) while several things happen to it, so that it finds all of
them when it goes on: then its calls are the same in every run.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SERVER = "build/release/bin/echo_server --addr 127.0.0.1:0 --pollers 1 --runner"
CALLS = "trace=epoll_wait,epoll_ctl,accept4,recvfrom,sendto,sendmsg,close"
PATIENCE_S = 10.0


def main() -> None:
    if subprocess.run(["strace", "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL).returncode:
        sys.exit(77)
    with Server() as server, server.client() as one:
        ask(one, b"hello")
    print("lonely", server.requests())
    print("receives", server.count("recvfrom"))

    with Server() as server, server.client() as one:
        with server.stopped():
            for _ in range(3):
                one.sendall(b"hello")
        take(one, 15)
    print("pipelined", server.requests())

    with Server() as server, server.client() as one:
        with server.stopped():
            one.sendall(b"x" * 20_000)
        take(one, 20_000)
    print("large", server.requests())

    with Server() as server:
        clients = [server.client() for _ in range(8)]
        for client in clients:
            ask(client, b"?")
        with server.stopped():
            for client in clients:
                client.sendall(b"!")
        for client in clients:
            take(client, 1)
    print("eight", server.requests('"!"'))

    with Server() as server:
        with server.stopped():
            clients = [server.client() for _ in range(3)]
        for client in clients:
            ask(client, b"?")
    print("accepts", server.count("accept4"))

    with Server() as server:
        idle = server.descriptors()
        with server.client() as one:
            ask(one, b"hello")
        until(lambda: server.descriptors() == idle)
    print("farewell", server.farewell())

    with Server("pool") as server, server.client() as one:
        ask(one, b"hello")
    print("sender", server.sender())


class Server:
    """An echo_server under strace; after the `with` block its calls can be counted."""

    def __init__(self, runner: str = "inline") -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._calls = Path(self._folder.name) / "calls"
        shell = f"echo $$; exec {SERVER} {runner}"
        self._strace = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", self._calls, "-s", "32", "-e", CALLS, "sh", "-c", shell],
            stdout=subprocess.PIPE, text=True)  # fmt: skip
        self._pid = int(self._strace.stdout.readline())
        self._port = int(self._strace.stdout.readline().rsplit(":", 1)[1])

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGKILL)
        self._strace.wait(PATIENCE_S)
        self.lines = whole(self._calls.read_text().splitlines())
        self._folder.cleanup()

    def client(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self._port), PATIENCE_S)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def stopped(self) -> "Stopped":
        return Stopped(self._pid)

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self._pid}/fd"))

    def requests(self, only: str = "") -> int:
        """Calls that take in or answer a request, and each epoll_wait that reported one; with
        `only`, of the requests that have these letters."""
        count = 0
        for before, line in zip(["", *self.lines], self.lines, strict=False):
            if re.search(r'(recvfrom|sendto|sendmsg)\(\d+, "', line) and only in line:
                received = "recvfrom" in line and not line.endswith("= 0")
                reported = received and "epoll_wait" in before and not before.endswith("= 0")
                count += int(received or "recvfrom" not in line) + int(reported)
        return count

    def count(self, call: str) -> int:
        return sum(f" {call}(" in line and not line.endswith("= 0") for line in self.lines)

    def farewell(self) -> int:
        """The calls that name the connection's descriptor, from the peer's end on."""
        end = next(n for n, line in enumerate(self.lines)
                   if "recvfrom" in line and line.endswith("= 0"))  # fmt: skip
        fd = re.search(r"recvfrom\((\d+)", self.lines[end]).group(1)
        named = re.compile(rf"(recvfrom|close)\({fd}\b|EPOLL_CTL_\w+, {fd}\b")
        return sum(bool(named.search(line)) for line in self.lines[end:])

    def sender(self) -> str:
        """Which thread sends: the one that received, or another one."""
        threads = {call: line.split()[0] for line in self.lines
                   for call in ("recvfrom", "sendto")
                   if f" {call}(" in line and '"hello"' in line}  # fmt: skip
        return "poller" if threads["recvfrom"] == threads["sendto"] else "worker"


class Stopped:
    """All threads of a process stand still inside the `with` block."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def __enter__(self) -> None:
        os.kill(self._pid, signal.SIGSTOP)
        until(lambda: all(state in "tT" for state in self._states()))

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGCONT)

    def _states(self) -> list[str]:
        tasks = Path(f"/proc/{self._pid}/task").iterdir()
        return [(task / "stat").read_text().rsplit(") ", 1)[1][0] for task in tasks]


def whole(lines: list[str]) -> list[str]:
    """Of a call that another thread's interrupts, strace writes two lines: one again, where
    the call ends."""
    begun: dict[str, str] = {}
    made = []
    for line in lines:
        thread = line.split()[0]
        if line.endswith("<unfinished ...>"):
            begun[thread] = line.removesuffix("<unfinished ...>").rstrip()
        else:
            _, resumed, end = line.partition(" resumed>")
            made.append(begun[thread] + end if resumed and thread in begun else line)
    return [line for line in made if "= -1 EINTR" not in line and "--- SIG" not in line]


def ask(client: socket.socket, request: bytes) -> None:
    client.sendall(request)
    take(client, len(request))


def take(client: socket.socket, size: int) -> None:
    while size > 0:
        got = len(client.recv(size))
        if got == 0:
            sys.exit("the server has closed the connection")
        size -= got


def until(condition) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            sys.exit("waited too long for the server")
        time.sleep(0.005)


if __name__ == "__main__":
    main()
