# SPDX-License-Identifier: Apache-2.0
"""Peers in their thousands: one byte a second each, and storms that take every descriptor.

The short form has fewer connections and seconds; `--long` has 5,000 and 10,000.
"""

import re
import resource
import socket
import time
from collections.abc import Callable

import pytest
from bad_peers import RUNNERS, Watched, await_bytes, connect, exchange, reset
from conftest import Server

START = Callable[..., Server]
WORKERS = 4
GOOD, EXCHANGES = 8, 25  # good clients, and how often each asks in one beat


def serve_good(clients: list[socket.socket]) -> int:
    """Each good client asks EXCHANGES times; how many answers were right."""
    return sum(exchange(client, b"good client %d" % number)
               for number in range(EXCHANGES) for client in clients)


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_byte_a_second_from_thousands_keeps_no_worker(
        start: START, preset: str, runner: str, long: bool) -> None:
    count = 5000 if long or preset == "release" else 1000
    beats = 20 if long else 2
    watched = Watched(start("--runner", runner, "--workers", str(WORKERS)), WORKERS)
    good = [connect(watched.address) for _ in range(GOOD)]
    drips = [connect(watched.address) for _ in range(count)]
    right = dripped = 0
    for _ in range(beats):
        next_beat = time.monotonic() + 1
        for peer in drips:
            peer.send(b"d")
        # The good clients are served before the next byte of anybody else is sent: were
        # every worker kept by a peer that sends slowly, they would wait for ever.
        right += serve_good(good)
        dripped += await_bytes(drips)
        right += serve_good(good)
        watched.assert_threads()
        time.sleep(max(0.0, next_beat - time.monotonic()))
    assert right == 2 * beats * GOOD * EXCHANGES
    assert dripped == beats * count
    for peer in [*good, *drips]:
        peer.close()
    watched.assert_as_before()
    watched.assert_ends()


def drop(peer: socket.socket, number: int) -> None:
    """Ends the connection in one of four ways, by its number."""
    if number % 4 >= 2:
        peer.send(b"x")
    reset(peer) if number % 2 else peer.close()


@pytest.mark.parametrize("runner", RUNNERS)
def test_thousands_opened_and_dropped(start: START, runner: str, long: bool) -> None:
    waves, wave = (10, 1000) if long else (2, 500)
    watched = Watched(start("--runner", runner, "--workers", str(WORKERS)), WORKERS)
    for _ in range(waves):
        peers = [connect(watched.address) for _ in range(wave)]
        for number, peer in enumerate(peers):
            drop(peer, number)
    watched.assert_as_before()
    watched.assert_ends()


def limit_files(server: Server, count: int) -> None:
    """The server may have `count` descriptors open from now on."""
    hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (count, hard))


def assert_only_accept_failed(watched: Watched, accepted: int) -> None:
    """Its lines say that accept failed, and it paused each time: since the pause doubles up
    to a second until a connection is accepted, they are few."""
    watched.assert_no_report()
    lines = watched.server.log.read_text().splitlines()
    assert all(re.fullmatch(r"netpoll: accept: Too many open files", line) for line in lines)
    assert 1 <= len(lines) <= accepted + 100


@pytest.mark.parametrize("runner", RUNNERS)
def test_without_descriptors_clients_wait_and_none_is_lost(
        start: START, runner: str, long: bool) -> None:
    count, room, at_once = (10_000, 3000, 6000) if long else (600, 200, 600)
    watched = Watched(start("--runner", runner, "--workers", str(WORKERS)), WORKERS)
    limit_files(watched.server, watched.fds + room)
    waiting: list[socket.socket] = []
    opened = served = 0
    while opened < count or waiting:
        while opened < count and len(waiting) < at_once:
            waiting.append(connect(watched.address))
            waiting[-1].send(b"w")
            opened += 1
        # The first have the descriptors. As they leave, others get theirs.
        first, waiting = waiting[:room], waiting[room:]
        served += await_bytes(first)
        assert watched.server.fds() <= watched.fds + room
        for number, peer in enumerate(first):
            reset(peer) if number % 2 else peer.close()
    assert served == opened == count
    watched.assert_as_before()
    assert watched.server.stop() == 0
    assert_only_accept_failed(watched, served)


def test_when_the_limit_is_raised_again_those_who_wait_are_served(
        start: START, long: bool) -> None:
    count = 2000 if long else 200
    watched = Watched(start("--workers", str(WORKERS)), WORKERS)
    limit_files(watched.server, watched.fds)  # not one more
    waiting = [connect(watched.address) for _ in range(count)]
    for peer in waiting:
        peer.send(b"w")
    time.sleep(0.3)
    assert watched.server.fds() == watched.fds
    limit_files(watched.server, watched.fds + count + 1)
    assert await_bytes(waiting) == count
    for peer in waiting:
        peer.close()
    watched.assert_as_before()
    assert watched.server.stop() == 0
    assert_only_accept_failed(watched, count)
