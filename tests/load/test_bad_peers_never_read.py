# SPDX-License-Identifier: Apache-2.0
"""Peers that read slowly or never, while the handler has a long answer.

What the library promises of the memory (output.h, handlers.h): a flush() that may wait
returns only when the kernel has the bytes, so a handler that writes in pieces keeps one
piece. Where it may not wait (--runner inline), what one call of the handler has written is
kept until it is sent, and the handler is not called again before. With max_input, no more
input is kept than that, whoever reads.
"""

import re
import socket
import time
from collections.abc import Callable

import pytest

from bad_peers import (
    PROXY_POOLED,
    RUNNERS,
    Watched,
    connect,
    exchange,
    send_until_stuck,
)
from conftest import Server
from support import fills_kernel, reset

pytestmark = fills_kernel

START = Callable[..., Server]
MIB = 1 << 20
PIECE = MIB
PERIOD = bytes(range(251))
WAITING = ("pool", "adaptive")  # here flush() may wait


def answers(size: int) -> Callable[[str], bool]:
    """Whether a new client of answer_server gets its answer of `size` bytes, all right."""
    def ask(address: str) -> bool:
        with connect(address) as peer:
            peer.send(b"?")
            return read_answer(peer, size) == size
    return ask


def read_answer(peer: socket.socket, size: int, pause_s: float = 0.0,
                at_once: int = 1 << 16) -> int:
    """Reads an answer; how many bytes came before the end, or before a wrong one."""
    right = 0
    while right < size and (piece := peer.recv(min(at_once, size - right))):
        at = right % len(PERIOD)
        if piece != (PERIOD * (len(piece) // len(PERIOD) + 2))[at:at + len(piece)]:
            break
        right += len(piece)
        time.sleep(pause_s)
    return right


def start_answers(start: START, size: int, *flags: str) -> Server:
    return start("--answer-bytes", str(size), *flags, program="answer_server")


def begin(watched: Watched, count: int) -> list[socket.socket]:
    """Peers that ask, and read nothing; each has its answer under way."""
    peers = [connect(watched.address, receive_buffer=1 << 16) for _ in range(count)]
    for peer in peers:
        peer.send(b"?")
    for peer in peers:
        assert peer.recv(1, socket.MSG_PEEK) == PERIOD[:1]
    return peers


def tally(server: Server) -> tuple[int, int, int]:
    """How many answers were begun, sent whole, and cut off: the last line of the server."""
    assert server.process.stdout is not None
    line = server.process.stdout.read().splitlines()[-1]
    found = re.fullmatch(r"(\d+) begun, (\d+) whole, (\d+) cut", line)
    assert found, line
    begun, whole, cut = map(int, found.groups())
    return begun, whole, cut


def no_question(_: str) -> bool:
    """For a server whose answer is too long to ask for one more."""
    return True


@pytest.mark.parametrize("runner", WAITING)
def test_a_gibibyte_for_peers_that_never_read_keeps_a_piece_each(
        start: START, preset: str, runner: str) -> None:
    count = 16
    server = start_answers(start, 1 << 30, "--runner", runner, "--piece-bytes", str(PIECE),
                           "--limit-ms", "100")
    watched = Watched(server, count, no_question)
    peers = begin(watched, count)
    time.sleep(0.2)  # time for what must not happen: more and more of the answer in memory
    if preset == "release":  # a sanitizer keeps freed memory
        assert watched.grown() <= count * 2 * PIECE + 16 * MIB
    for peer in peers[::2]:
        reset(peer)
    for peer in peers[1:count // 2:2]:
        peer.close()
    left = peers[count // 2 + 1::2]
    watched.assert_nothing_left(others=len(left))
    # The others' handlers have a gibibyte to send: the server ends at its limit.
    assert server.stop() == 1
    watched.assert_no_report()
    assert server.log.read_text().splitlines() == [
        "answer_server: shut down with requests under way: Connection timed out"]
    assert tally(server) == (count, 0, count)


@pytest.mark.parametrize("runner", WAITING)
def test_a_write_timeout_gives_the_workers_back(start: START, runner: str) -> None:
    # A good client that is not run for a second would be taken for one that never reads.
    size, workers, never = 16 * MIB, 2, 6
    server = start_answers(start, size, "--runner", runner, "--workers", str(workers),
                           "--write-timeout-ms", "1000", "--linger-ms", "100")
    watched = Watched(server, workers, answers(size))
    peers = [connect(watched.address, receive_buffer=1 << 16) for _ in range(never)]
    for peer in peers:
        peer.send(b"?")  # three for each worker
    # Nobody of them has left when a good client is served.
    watched.assert_as_before()
    for peer in peers:
        peer.close()
    watched.assert_ends()
    assert tally(server) == (never + 2, 2, never)


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_slow_reader_gets_every_byte(start: START, preset: str, runner: str,
                                       long: bool) -> None:
    size = (256 if runner == "inline" else 1024) * MIB if long else 16 * MIB
    server = start_answers(start, size, "--runner", runner, "--piece-bytes", str(PIECE))
    watched = Watched(server, 2, no_question)
    with connect(watched.address, receive_buffer=1 << 16) as peer:
        peer.send(b"?")
        assert read_answer(peer, size, pause_s=0.0005) == size
    if preset == "release":
        kept = size if runner == "inline" else 2 * PIECE
        assert watched.grown() <= kept + 16 * MIB
    watched.assert_as_before()
    watched.assert_ends()
    assert tally(server) == (1, 1, 0)


def test_inline_keeps_what_one_call_wrote_until_the_peer_has_gone(
        start: START, preset: str) -> None:
    size, count = 16 * MIB, 8
    server = start_answers(start, size, "--runner", "inline", "--linger-ms", "100")
    watched = Watched(server, 0, no_question)
    peers = begin(watched, count)
    for peer in peers:
        peer.send(b"??")  # waits in the kernel, for no handler is called
    if preset == "release":
        assert size * count / 2 <= watched.grown() <= (size + MIB) * count + 16 * MIB
    for number, peer in enumerate(peers):
        reset(peer) if number % 2 else peer.close()
    watched.assert_nothing_left()
    watched.assert_ends()
    # At the end of a peer its last bytes are handled; their answer is cut off at once.
    assert tally(server) == (2 * count, count, count)


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_sender_that_never_reads_its_echoes_is_held_back(start: START, preset: str,
                                                           runner: str) -> None:
    count, most, max_input = 4, 256 * MIB, 1 << 16
    watched = Watched(start("--runner", runner, "--max-input", str(max_input)), count + 2)
    peers = [connect(watched.address, receive_buffer=1 << 16) for _ in range(count)]
    sent = send_until_stuck([(peer, bytes(MIB)) for peer in peers], most)
    assert max(sent) < most  # the kernel's buffers are full, and it has to wait
    if preset == "release":
        assert watched.grown() <= count * MIB + 16 * MIB
    with connect(watched.address) as good:
        assert exchange(good, b"others are served")
    for peer in peers:
        reset(peer)
    watched.assert_as_before()
    watched.assert_ends()


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_gibibyte_through_a_proxy_waits_at_its_server(start: START, preset: str,
                                                        runner: str) -> None:
    count, max_input = 16, 1 << 18
    server = start_answers(start, 1 << 30, "--piece-bytes", str(PIECE), "--limit-ms", "100")
    behind = Watched(server, count, no_question)
    proxy = Watched(start("--to", server.address, "--runner", runner, "--max-input",
                          str(max_input), program="proxy_server"), PROXY_POOLED + count,
                    no_question)
    peers = begin(proxy, count)
    time.sleep(0.2)  # time for what must not happen: more and more of the answer in memory
    if preset == "release":
        # proxy_pair.h: two times max_input for each direction.
        assert proxy.grown() <= count * 2 * max_input + 16 * MIB
        assert behind.grown() <= count * 2 * PIECE + 16 * MIB
    for number, peer in enumerate(peers):
        reset(peer) if number % 2 else peer.close()
    proxy.assert_nothing_left(others=count)
    # The server still has a gibibyte for each, which the proxy throws away for a while.
    assert server.stop() in (0, 1)
    assert tally(server) == (count, 0, count)
    proxy.assert_nothing_left()
    proxy.assert_ends()
    behind.assert_no_report()


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_slow_reader_behind_a_proxy_gets_every_byte(start: START, runner: str,
                                                      long: bool) -> None:
    size = (1024 if long else 16) * MIB
    server = start_answers(start, size)
    proxy = start("--to", server.address, "--runner", runner, program="proxy_server")
    with connect(proxy.address, receive_buffer=1 << 16) as peer:
        peer.send(b"?")
        assert read_answer(peer, size, pause_s=0.0005) == size
    Watched(proxy, PROXY_POOLED + 4, no_question).assert_ends()
    Watched(server, 4, no_question).assert_ends()
