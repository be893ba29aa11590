# SPDX-License-Identifier: Apache-2.0
"""What the load tests share: marks, waiting for a state, raw sockets, refused flags."""

import os
import socket
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

# Marks that say which tests `./learn test` runs side by side: parts.py has a lane for each
# mark, and one for all other tests. The tests of a lane run one after the other.
#
# Runs before the other lanes: how much memory a sanitizer takes for its threads depends on how
# they are run.
soak = pytest.mark.soak
# Several connections with megabytes in each that nobody reads, up to 800 MB in all. The kernel
# has about 2 GB for all of TCP; when it runs out, every connection crawls.
fills_kernel = pytest.mark.fills_kernel
# For many seconds nothing happens: a time limit of the program has to run out.
waits = pytest.mark.waits


def long_only(*presets: str) -> pytest.MarkDecorator:
    """For a test, or one of its parameters: with these presets it runs with --long alone.

    The release build has every test in both forms.
    """
    assert presets and set(presets) <= {"dev", "tsan"}
    return pytest.mark.long_only(*presets)


def wait_until(condition: Callable[[], bool], what: str, limit_s: float = 10) -> None:
    """Polls; fails with `what` after the limit."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def connect(address: str, timeout_s: float = 30) -> socket.socket:
    """`address` as a server prints it: HOST:PORT, or the path of a unix socket."""
    if address.startswith("/"):
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(timeout_s)
        peer.connect(address)
        return peer
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=timeout_s)


def with_small_buffers(peer: socket.socket) -> socket.socket:
    """What the kernel holds for this end stays small, however much goes to and fro."""
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        peer.setsockopt(socket.SOL_SOCKET, option, 1 << 16)
    return peer


def reset(peer: socket.socket) -> None:
    """Closes with a RST instead of a FIN."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def read_all(peer: socket.socket) -> bytes:
    """Until the other side's end; a reset is an end too."""
    got = bytearray()
    try:
        while piece := peer.recv(1 << 16):
            got += piece
    except ConnectionResetError:
        pass
    return bytes(got)


def read_exactly(peer: socket.socket, size: int) -> bytes:
    """`size` bytes, or fewer if the other side ends."""
    got = bytearray()
    while len(got) < size:
        piece = peer.recv(min(1 << 16, size - len(got)))
        if not piece:
            break
        got += piece
    return bytes(got)


def send_until_full(peer: socket.socket, data: bytes, limit: int = 64 << 20,
                    still_s: float = 1.0) -> int:
    """Sends again and again without reading, until nothing has gone for so long; how much went.
    Fails at the limit: whoever takes that much is not stopped by anything."""
    view = memoryview(data)
    timeout = peer.gettimeout()
    peer.setblocking(False)
    sent, moved = 0, time.monotonic()
    while time.monotonic() - moved < still_s:
        assert sent < limit, f"{sent} bytes went, and nobody reads"
        try:
            sent += peer.send(view[sent % len(data):])
            moved = time.monotonic()
        except BlockingIOError:
            time.sleep(0.01)
    peer.settimeout(timeout)
    return sent


def assert_refuses(program: Path, flags: list[str], says: str, folder: Path) -> None:
    """Exit status 2 after one line, and no file is made."""
    refused = subprocess.run([program, *flags], capture_output=True, text=True, timeout=30,
                             check=False, cwd=folder)
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert says in refused.stderr
    assert os.listdir(folder) == []
