# SPDX-License-Identifier: Apache-2.0
"""What a thread for each client costs, counted by the kernel: prints `name value`.

A thousand clients of echo_threads, on loopback. Each sends a byte and has got it back
before the next one comes, so that the queue of the listening socket never fills.
"""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

PROGRAM = "build/release/bin/echo_threads"
CLIENTS, LINES, CLOSED = 1000, 10, 400
STACK, LIMIT = 8 << 20, 1 << 30  # bytes of addresses
PATIENCE_S = 20.0
PR_SET_THP_DISABLE = 41  # linux/prctl.h


class Server:
    """echo_threads on a port of its own; `addresses` limits what it may map."""

    def __init__(self, addresses: int = 0) -> None:
        self.port = free_port()
        self.clients: list[socket.socket] = []
        self.process = subprocess.Popen(
            [PROGRAM, str(self.port)], stderr=subprocess.DEVNULL,
            env={**os.environ, "MALLOC_ARENA_MAX": "1"},
            preexec_fn=lambda: limits(addresses),
        )  # fmt: skip
        self.proc = Path("/proc", str(self.process.pid))
        until(self.listens)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.clients:
            client.close()
        self.process.kill()
        self.process.wait()

    def listens(self) -> bool:
        """By the kernel's table; a connection to try would be a client more."""
        wanted = f":{self.port:04X} 00000000:0000 0A"
        return wanted in Path("/proc/net/tcp").read_text()

    def serve_one_more(self) -> bool:
        """False when the new client gets no echo."""
        client = socket.socket()
        client.settimeout(PATIENCE_S)
        self.clients.append(client)
        try:
            client.connect(("127.0.0.1", self.port))
        except OSError:
            return False
        return echo(client)

    def status(self, name: str) -> int:
        return number((self.proc / "status").read_text(), name)

    def memory(self) -> int:
        """kB that are really there."""
        return number((self.proc / "smaps_rollup").read_text(), "Rss")

    def threads(self) -> int:
        return len(list((self.proc / "task").iterdir()))

    def asleep(self) -> int:
        stats = [(task / "stat").read_text() for task in (self.proc / "task").iterdir()]
        return sum(text.rpartition(")")[2].split()[0] == "S" for text in stats)

    def switches(self) -> int:
        """How often the threads went to sleep, all together."""
        files = [task / "status" for task in (self.proc / "task").iterdir()]
        return sum(number(file.read_text(), "voluntary_ctxt_switches") for file in files)


def limits(addresses: int) -> None:
    """No core file, and pages of 4 KiB: a huge page would be 2 MiB for each stack."""
    ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    resource.setrlimit(resource.RLIMIT_STACK, (STACK, hard))
    if addresses:
        resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def number(text: str, name: str) -> int:
    """Behind `name:` at the beginning of a line."""
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name}:"))


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("echo_threads does not do what it should")
        time.sleep(0.01)


def echo(client: socket.socket) -> bool:
    try:
        client.sendall(b"x")
        return client.recv(1) == b"x"
    except OSError:
        return False


def sleepers() -> dict[str, int]:
    with Server() as server:
        addresses, memory = server.status("VmSize"), server.memory()
        for _ in range(CLIENTS):
            if not server.serve_one_more():
                raise SystemExit("a client got no echo")
        until(lambda: server.asleep() == server.threads())
        found = {
            "threads": server.threads(),
            "asleep": server.asleep(),
            "addresses": (server.status("VmSize") - addresses) // 1024 // CLIENTS,
            "memory": (server.memory() - memory) // CLIENTS,
        }
        found["one_client"] = grown(server, [server.clients[0]] * LINES)
        found["all_clients"] = grown(server, server.clients)
        for client in server.clients[:CLOSED]:
            client.close()
        until(lambda: server.threads() <= CLIENTS + 1 - CLOSED)
        return {**found, "after_close": server.threads()}


def grown(server: Server, senders: list[socket.socket]) -> int:
    """How many switches it takes when these send a byte each, one after the other. The
    next one waits until the thread sleeps again."""
    before = server.switches()
    for number, client in enumerate(senders, 1):
        echo(client)
        if len(senders) <= LINES:
            until(lambda: server.switches() >= before + number)  # noqa: B023
    until(lambda: server.asleep() == server.threads())
    return server.switches() - before


def limited() -> dict[str, int]:
    """With 1 GiB of addresses: how many are served, and what becomes of them."""
    with Server(LIMIT) as server:
        served = 0
        while served < CLIENTS and server.serve_one_more():
            served += 1
        left = sum(echo(client) for client in server.clients[:served])
        return {"served": served, "survivors": left}


def main() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CLIENTS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    for name, value in {**sleepers(), **limited()}.items():
        print(name, value)


main()
