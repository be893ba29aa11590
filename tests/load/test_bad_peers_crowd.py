# SPDX-License-Identifier: Apache-2.0
"""Peers in their thousands: one byte a second each, and storms that take every descriptor.

The short form has fewer connections and seconds; `--long` has 5,000 and 10,000.
"""

import contextlib
import re
import resource
import select
import socket
import time
from collections.abc import Callable

import pytest

from bad_peers import (
    DIRECT_AND_PROXIED,
    PATIENCE_S,
    RUNNERS,
    Proxied,
    Watched,
    await_bytes,
    connect,
    echo_of,
    exchange,
)
from conftest import Server
from support import reset

START = Callable[..., Server]
WORKERS = 4
GOOD, EXCHANGES = 4, 10  # good clients, and how often each asks in half a beat


def serve_good(clients: list[socket.socket]) -> int:
    """Each good client asks EXCHANGES times; how many answers were right."""
    return sum(exchange(client, b"good client %d" % number)
               for number in range(EXCHANGES) for client in clients)


@pytest.mark.parametrize("how", DIRECT_AND_PROXIED)
def test_a_byte_a_second_from_thousands_keeps_no_worker(
        start: START, preset: str, how: str, long: bool) -> None:
    full = long or (preset == "release" and how in RUNNERS)
    count = 5000 if full else 300
    beats, beat_s = (20, 1.0) if long else (3, 0.2)
    watched = echo_of(start, how, WORKERS)
    good = [connect(watched.address) for _ in range(GOOD)]
    drips = [connect(watched.address) for _ in range(count)]
    right = dripped = 0
    for _ in range(beats):
        next_beat = time.monotonic() + beat_s
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


@pytest.mark.parametrize("how", DIRECT_AND_PROXIED)
def test_thousands_opened_and_dropped(start: START, how: str, long: bool) -> None:
    waves, wave = (10, 1000) if long else (2, 300)
    watched = echo_of(start, how, WORKERS)
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


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_server_without_descriptors_behind_a_proxy_loses_nobody(
        start: START, runner: str, long: bool) -> None:
    count, room = (2000, 500) if long else (150, 50)
    watched = echo_of(start, f"proxy-{runner}", WORKERS)
    assert isinstance(watched, Proxied)
    behind = watched.behind
    limit_files(behind.server, behind.fds + room)
    waiting = [connect(watched.address) for _ in range(count)]
    for peer in waiting:
        peer.send(b"w")
    served = 0
    while waiting:  # in whatever order the proxy has reached the server
        served_now = answered_first(waiting, min(room, len(waiting)))
        served += len(served_now)
        for peer in served_now:
            peer.close()
            waiting.remove(peer)
    assert served == count
    watched.assert_as_before()
    assert watched.server.stop() == 0
    watched.server.assert_clean()
    assert behind.server.stop() == 0
    assert_only_accept_failed(behind, count)


def answered_first(peers: list[socket.socket], count: int) -> list[socket.socket]:
    """The first `count` of the peers, or more, whose byte has come."""
    answered: list[socket.socket] = []
    left = {peer.fileno(): peer for peer in peers}
    poll = select.poll()
    for fd in left:
        poll.register(fd, select.POLLIN)
    end = time.monotonic() + PATIENCE_S
    while len(answered) < count and time.monotonic() < end:
        for fd, _ in poll.poll(1000):
            poll.unregister(fd)
            assert left[fd].recv(1) == b"w"
            answered.append(left[fd])
    assert len(answered) >= count
    return answered


def test_a_proxy_without_descriptors_recovers(start: START, long: bool) -> None:
    count, room = (3000, 600) if long else (300, 60)
    watched = echo_of(start, "proxy-pool", WORKERS)
    assert isinstance(watched, Proxied)
    limit_files(watched.server, watched.fds + room)
    peers = [connect(watched.address) for _ in range(count)]
    for peer in peers:
        with contextlib.suppress(ConnectionError):  # it could not be connected through
            peer.send(b"w")
    time.sleep(0.3)
    assert watched.server.fds() <= watched.fds + room
    for number, peer in enumerate(peers):
        reset(peer) if number % 2 else peer.close()
    limit_files(watched.server, watched.fds + 4 * room)
    watched.assert_as_before()
    assert watched.server.stop() == 0
    watched.assert_no_report()
    watched.behind.assert_ends()
