# SPDX-License-Identifier: Apache-2.0
"""Serves build/site on 127.0.0.1, and keeps it up to date with the notes and the sources."""

from __future__ import annotations

import errno
import functools
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from learn.gate import ENVIRONMENT, GREEN
from learn.say import say
from learn.site import content, watch
from learn.site.worker import Worker


class _Handler(SimpleHTTPRequestHandler):
    """Files of one folder; says nothing, caches nothing."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def log_message(self, *_: object) -> None:
        pass

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()


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
