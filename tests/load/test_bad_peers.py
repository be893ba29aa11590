# SPDX-License-Identifier: Apache-2.0
"""Resets at every byte, half-closes, silence, random bytes: each counted, then the server
is asked for the answer that every client gets."""

import random
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from bad_peers import (
    DIRECT_AND_PROXIED,
    RUNNERS,
    Watched,
    await_bytes,
    connect,
    echo_of,
    fragments,
    receive,
)
from conftest import Server
from support import reset

START = Callable[..., Server]
REQUEST = bytes(range(256)) + bytes(44)  # 300 bytes


@pytest.fixture(params=DIRECT_AND_PROXIED)
def watched(request: pytest.FixtureRequest, start: START) -> Watched:
    return echo_of(start, request.param, 8)


def reset_after_sending(address: str, count: int) -> None:
    peer = connect(address)
    peer.sendall(REQUEST[:count])
    reset(peer)


def reset_after_receiving(address: str, count: int) -> bool:
    """Whether the bytes that came before the reset were those of the echo."""
    peer = connect(address)
    peer.sendall(REQUEST)
    got = receive(peer, count)
    reset(peer)
    return got == REQUEST[:count]


def test_a_reset_at_every_byte_of_request_and_answer(watched: Watched) -> None:
    offsets = range(len(REQUEST) + 1)
    for count in offsets:
        reset_after_sending(watched.address, count)
    right = sum(reset_after_receiving(watched.address, count) for count in offsets)
    assert right == len(offsets) == 301
    watched.assert_as_before()
    watched.assert_ends()


def test_a_reset_while_the_handler_works(start: START) -> None:
    watched = Watched(start("--work-us", "500", "--workers", "4"), 4)
    for round_ in range(10):
        peers = [connect(watched.address) for _ in range(20)]
        for number, peer in enumerate(peers):
            peer.sendall(REQUEST[:1 + (number * 15 + round_) % len(REQUEST)])
        for peer in peers:
            reset(peer)
    watched.assert_as_before()
    watched.assert_ends()


def test_a_half_close_at_once_or_after_a_request_is_answered_and_ended(
        watched: Watched) -> None:
    peers = [connect(watched.address) for _ in range(200)]
    for number, peer in enumerate(peers):
        peer.sendall(REQUEST[:number])  # the first sends nothing
        peer.shutdown(socket.SHUT_WR)
    # Nobody has closed: the server must end these connections itself.
    watched.assert_as_before()
    answers = [receive(peer, 1000) for peer in peers]
    assert answers == [REQUEST[:number] for number in range(200)]
    for peer in peers:
        peer.close()
    watched.assert_ends()


def test_peers_that_connect_and_say_nothing_cost_a_descriptor_each(
        watched: Watched, long: bool) -> None:
    count = 5000 if long else 1000
    peers = [connect(watched.address) for _ in range(count)]
    assert watched.ask(watched.address)  # accepted after them all
    assert watched.server.fds() >= watched.fds + count
    watched.assert_threads()
    for peer in peers[::2]:
        peer.close()
    for peer in peers[1::4]:
        reset(peer)
    rest = peers[3::4]
    assert watched.ask(watched.address)
    watched.assert_ends()
    assert sum(peer.recv(1) == b"" for peer in rest) == len(rest) == count // 4
    for peer in rest:
        peer.close()


def test_random_bytes_and_random_ends(watched: Watched, long: bool) -> None:
    rng = random.Random(20)
    for _ in range(1000 if long else 60):
        peer = connect(watched.address)
        sent = 0
        for piece in fragments(rng, 3000, rng.randint(1, 5)):
            peer.sendall(piece)
            sent += len(piece)
        end = rng.choice(("reset", "close", "half", "wait"))
        if end == "half":
            peer.shutdown(socket.SHUT_WR)
            assert len(receive(peer, sent + 1)) == sent
        if end == "wait":
            assert await_bytes([peer], sent) == 1
        reset(peer) if end == "reset" else peer.close()
    watched.assert_as_before()
    watched.assert_ends()


def test_urgent_bytes_do_not_disturb_the_others(watched: Watched) -> None:
    right = 0
    for number in range(50):
        with connect(watched.address) as peer:
            peer.sendall(b"be%d" % number)
            peer.send(b"!", socket.MSG_OOB)  # lies outside of the stream
            peer.sendall(b"fore")
            peer.shutdown(socket.SHUT_WR)
            right += receive(peer, 100) == b"be%dfore" % number
    assert right == 50
    watched.assert_as_before()
    watched.assert_ends()


@pytest.mark.parametrize("runner", RUNNERS)
def test_descriptors_that_a_peer_sends_along_are_not_kept(start: START, tmp_path: Path,
                                                          runner: str) -> None:
    server = start("--network", "unix", "--addr", str(tmp_path / "echo.sock"), "--runner",
                   runner, "--workers", "8")
    watched = Watched(server, 8)
    with connect(watched.address) as peer:
        for _ in range(50):
            socket.send_fds(peer, [b"x"], [0, 1, 2])
            assert receive(peer, 1) == b"x"
        assert server.fds() == watched.fds + 1
    watched.assert_as_before()
    watched.assert_ends()
