# SPDX-License-Identifier: Apache-2.0
"""A proxy_server in front of a server, and servers that are made for one test."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from conftest import Server

START = Callable[..., Server]
MIB = 1 << 20


def in_front_of(start: START, address: str, *flags: str, pollers: str = "2") -> Server:
    """A proxy for the server at `address`."""
    network = "unix" if address.startswith("/") else "tcp"
    return start("--to-network", network, "--to", address, "--pollers", pollers, *flags,
                 program="proxy_server")


@contextlib.contextmanager
def backend(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server of one connection, on a thread of its own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        failed: list[BaseException] = []

        def serve() -> None:
            try:
                listener.settimeout(30)
                peer, _ = listener.accept()
                with peer:
                    peer.settimeout(30)
                    talk(peer)
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join(60)
        assert not thread.is_alive()
        assert failed == []
