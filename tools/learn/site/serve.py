# SPDX-License-Identifier: Apache-2.0
"""Serves build/site on 127.0.0.1, and keeps it up to date with the notes and the sources."""

from __future__ import annotations

import errno
import functools
import ipaddress
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from learn.gate import ENVIRONMENT, GREEN
from learn.say import say
from learn.site import content, watch
from learn.site.worker import Worker


class _Handler(SimpleHTTPRequestHandler):
    """Files of one folder and no others; lists no folder, says nothing, caches nothing."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}
    timeout = 60  # of a client that sends nothing, so that its thread ends

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        if not _is_here(self.headers.get("Host", "localhost")):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return False
        return True

    def send_head(self):
        # A name with a zero byte is no file, and a link may lead out of the folder.
        file, folder = self.translate_path(self.path), os.path.realpath(self.directory)
        if "\0" not in file and Path(os.path.realpath(file)).is_relative_to(folder):
            return super().send_head()
        self.send_error(HTTPStatus.NOT_FOUND)
        return None

    def list_directory(self, path: object) -> None:
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, *_: object) -> None:
        pass

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()


def _is_here(host: str) -> bool:
    """Is it how this machine calls itself? A page of another site that has its own name lead
    to 127.0.0.1 sends that name, and would otherwise read what is served here."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return (name == "localhost" or name.endswith(".localhost")
                or bool(ipaddress.ip_address(name)))
    except ValueError:
        return False


@contextmanager
def server(folder: Path, port: int = 0) -> Iterator[str]:
    """A server of `folder` in a thread; yields its address. Port 0 picks one."""
    handler = functools.partial(_Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{http.server_port}"
        finally:
            http.shutdown()


def serve(port: int, worker: Worker | None = None, strict: bool = True) -> int:
    """Until Ctrl-C. The exit code. `worker`: the process that has built the site."""
    if not (content.SITE / "index.html").is_file():
        print(say("serve.nothing_to_serve"), file=sys.stderr)
        return ENVIRONMENT
    try:
        with server(content.SITE, port) as address:
            print(say("serve.serving", address=address), flush=True)
            watch.follow(worker, strict)
    except OSError as error:
        key = "port_in_use" if error.errno == errno.EADDRINUSE else "port_refused"
        print(say(f"serve.{key}", port=port, reason=error.strerror), file=sys.stderr)
        return ENVIRONMENT
    except KeyboardInterrupt:
        pass
    return GREEN
