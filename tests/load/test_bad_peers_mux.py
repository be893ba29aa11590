# SPDX-License-Identifier: Apache-2.0
"""Peers of mux_server that send no frames, half of one, absurd lengths, or never read:
directly, and through a proxy_server."""

import random
import socket
import struct
import time
from collections.abc import Callable

import pytest

from bad_peers import (
    DIRECT_AND_PROXIED,
    MUX_POOLED,
    RUNNERS,
    Proxied,
    Watched,
    connect,
    fragments,
    is_over,
    receive,
    send_until_stuck,
)
from conftest import Server
from support import fills_kernel, reset

START = Callable[..., Server]
MIB = 1 << 20
MAX_FRAME = 1 << 16
WORKERS = 4
ABSURD = (MAX_FRAME + 1, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, (1 << 32) - 8,
          (1 << 32) - 1)


def frame(number: int, payload: bytes) -> bytes:
    return struct.pack(">II", len(payload), number) + payload


def answered(peer: socket.socket, number: int, payload: bytes) -> bool:
    """A request on this connection gets its answer."""
    request = frame(number, payload)
    peer.sendall(request)
    return receive(peer, len(request)) == request


def ask(address: str) -> bool:
    with connect(address) as peer:
        return answered(peer, 7, b"is anybody there?")


def start_mux(start: START, *flags: str) -> Server:
    return start("--max-frame", str(MAX_FRAME), *flags, program="mux_server")


def flood(peers: list[socket.socket]) -> None:
    """Each sends requests and reads no answer, until none of them was rid of a byte for a
    while. A peer that the server has closed sends no more."""
    requests = frame(1, bytes(4088)) * (MIB // 4096)
    sent = dict.fromkeys(peers, 0)
    since = time.monotonic()
    for peer in peers:
        peer.setblocking(False)
    while sent and time.monotonic() - since < 0.3:
        for peer, count in list(sent.items()):
            at = count % len(requests)
            try:
                sent[peer] += peer.send(requests[at:at + (1 << 16)])
                since = time.monotonic()
            except BlockingIOError:
                pass
            except ConnectionError:
                del sent[peer]
        time.sleep(0.0005)


@pytest.fixture(params=DIRECT_AND_PROXIED)
def watched(request: pytest.FixtureRequest, start: START) -> Watched:
    """A mux_server of each preset with each runner; or one behind a proxy_server."""
    runner = request.param.removeprefix("proxy-")
    flags = ("--runner", runner, "--workers", str(WORKERS))
    mux = Watched(start_mux(start, *flags, "--write-timeout-ms", "120000"),
                  WORKERS + MUX_POOLED, ask)
    if runner == request.param:
        return mux
    proxy = start("--to", mux.address, *flags, program="proxy_server")
    return Proxied(proxy, WORKERS, mux)


def test_absurd_lengths_end_their_connection_alone(watched: Watched, preset: str) -> None:
    with connect(watched.address) as other:
        assert answered(other, 1, b"before")
        over = 0
        for length in ABSURD:
            with connect(watched.address) as peer:
                peer.sendall(struct.pack(">II", length, 1) + bytes(100))
                over += is_over(peer)
        assert over == len(ABSURD)
        # As many bytes as are allowed are no reason to close.
        assert answered(other, 2, bytes(MAX_FRAME))
    if preset == "release":
        assert watched.grown() <= 16 * MIB
    watched.assert_as_before()
    watched.assert_ends()


def test_a_frame_that_ends_at_any_byte(watched: Watched) -> None:
    whole = frame(3, b"p" * 60)
    over = 0
    for count in range(len(whole)):
        gone = connect(watched.address)
        gone.sendall(whole[:count])
        reset(gone)
        with connect(watched.address) as half:
            half.sendall(whole[:count])
            half.shutdown(socket.SHUT_WR)
            over += is_over(half)
    assert over == len(whole) == 68
    watched.assert_as_before()
    watched.assert_ends()


def test_half_frames_of_hundreds_keep_no_worker(watched: Watched, long: bool) -> None:
    count, beats = (2000, 40) if long else (300, 4)
    head = struct.pack(">II", 1000, 5)
    slow = [connect(watched.address) for _ in range(count)]
    right = 0
    with connect(watched.address) as good:
        for beat in range(beats):  # a byte of the frame each time
            for peer in slow:
                peer.send((head + bytes(1000))[beat:beat + 1])
            right += sum(answered(good, number, b"good") for number in range(25))
        assert right == beats * 25
    for number, peer in enumerate(slow):
        reset(peer) if number % 2 else peer.close()
    watched.assert_as_before()
    watched.assert_ends()


def test_random_bytes_are_no_frames_for_long(watched: Watched, long: bool) -> None:
    rng = random.Random(21)
    for _ in range(1000 if long else 60):
        peer = connect(watched.address)
        try:
            for piece in fragments(rng, 3000, rng.randint(1, 5)):
                peer.sendall(piece)
        except ConnectionError:
            pass  # closed already: the first length was too long
        reset(peer) if rng.random() < 0.5 else peer.close()
    watched.assert_as_before()
    watched.assert_ends()


@fills_kernel
def test_requests_whose_answers_are_never_read_are_held_back(watched: Watched,
                                                             preset: str) -> None:
    count, most = 2, 64 * MIB  # fewer than workers: each may keep one
    peers = [connect(watched.address, receive_buffer=1 << 16) for _ in range(count)]
    # Each sends whole frames: 1 MiB of them, again and again.
    requests = (frame(1, bytes(56)) * (MIB // 64), frame(1, bytes(4088)) * (MIB // 4096))
    sent = send_until_stuck(list(zip(peers, requests, strict=True)), most)
    assert max(sent) < most
    if preset == "release":
        assert watched.grown() <= count * 8 * MIB + 16 * MIB
    assert watched.ask(watched.address)
    for peer in peers:
        reset(peer)
    watched.assert_as_before()
    watched.assert_ends()


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_write_timeout_gives_the_workers_back(start: START, runner: str) -> None:
    server = start_mux(start, "--runner", runner, "--workers", str(WORKERS),
                       "--write-timeout-ms", "500")
    watched = Watched(server, WORKERS + MUX_POOLED, ask)
    never = [connect(watched.address, receive_buffer=1 << 16) for _ in range(WORKERS + 2)]
    flood(never)  # each has answers that wait for a worker, or keep it
    # Nobody of them has left when a new client is served.
    assert watched.ask(watched.address)
    for peer in never:
        reset(peer)
    watched.assert_as_before()
    watched.assert_ends()
