# SPDX-License-Identifier: Apache-2.0
"""The scripted peer: what its acts do to the other end."""

from __future__ import annotations

import socket

import pytest

from learn.record.errors import RecordError
from learn.record.peer import Peer
from learn.record.scenario import Act


def act(do: str, data: bytes = b"", client: int = 1) -> Act:
    return Act(do, data, {"en": "", "zh": ""}, None, (), 0, client)


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        yield listener


@pytest.fixture
def peer(server):
    with Peer() as made:
        made.address = "{}:{}".format(*server.getsockname())
        yield made


def accepted(server) -> socket.socket:
    conn = server.accept()[0]
    conn.settimeout(5)
    return conn


def test_a_half_close_leaves_the_other_direction_open(peer, server):
    peer.do(act("connect"))
    with accepted(server) as conn:
        peer.do(act("shutdown"))
        assert conn.recv(1) == b""
        conn.sendall(b"late")
        assert peer.do(act("read", b"late")) == 4


def test_a_reset_is_no_plain_end(peer, server):
    peer.do(act("connect"))
    with accepted(server) as conn, pytest.raises(ConnectionResetError):
        peer.do(act("reset"))
        conn.recv(1)


def test_clients_are_told_apart(peer, server):
    peer.do(act("connect", client=1))
    with accepted(server) as first:
        peer.do(act("connect", client=2))
        with accepted(server) as second:
            peer.do(act("send", b"two", client=2))
            peer.do(act("send", b"one", client=1))
            assert (first.recv(3), second.recv(3)) == (b"one", b"two")


def test_the_end_must_be_the_end(peer, server):
    peer.do(act("connect"))
    with accepted(server) as conn:
        conn.sendall(b"more")
        with pytest.raises(RecordError) as refused:
            peer.do(act("end"))
    assert "more" in str(refused.value)


def test_an_act_of_a_client_that_is_not_there_is_one_line(peer):
    with pytest.raises(RecordError) as refused:
        peer.do(act("send", b"x", client=7))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("how", "ends"), [
    ("refuses", ConnectionRefusedError),
    ("full", TimeoutError),
])
def test_a_peer_that_does_not_answer_a_dial(how, ends):
    with Peer(how) as listening:
        host, port = listening.address.split(":")
        with pytest.raises(ends):
            socket.create_connection((host, int(port)), timeout=0.2)


def test_a_peer_that_answers_a_dial():
    with Peer("yes") as listening:
        host, port = listening.address.split(":")
        with socket.create_connection((host, int(port)), timeout=5) as dialled:
            listening.do(act("accept"))
            dialled.sendall(b"ping")
            assert listening.do(act("read", b"ping")) == 4


def test_signal_and_go_reach_the_program(peer):
    got: list[object] = []
    peer.kill, peer.write = got.append, got.append
    peer.do(act("signal"))
    peer.do(act("go"))
    assert got == [15, b"\n"]
