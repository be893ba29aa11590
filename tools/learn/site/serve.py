# SPDX-License-Identifier: Apache-2.0
"""Serves build/site on 127.0.0.1, and builds it again when a note or a source changes."""

from __future__ import annotations

import errno
import functools
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from learn import paths
from learn.gate import ENVIRONMENT, GREEN, Problem
from learn.say import say
from learn.site import build, bundle, content


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


def serve(port: int, watch: bool = True) -> int:
    """Until Ctrl-C. The exit code."""
    if not (content.SITE / "index.html").is_file():
        print(say("site.nothing_to_serve"), file=sys.stderr)
        return ENVIRONMENT
    try:
        with server(content.SITE, port) as address:
            print(say("site.serving", address=address), flush=True)
            _rebuild_on_change() if watch else threading.Event().wait()
    except OSError as error:
        key = "port_in_use" if error.errno == errno.EADDRINUSE else "port_refused"
        print(say(f"site.{key}", port=port, reason=error.strerror), file=sys.stderr)
        return ENVIRONMENT
    except KeyboardInterrupt:
        pass
    return GREEN


def _rebuild_on_change() -> None:
    import watchfiles

    watched = [
        paths.NOTES,
        paths.SRC,
        paths.CHAPTERS,
        paths.TRACES,
        paths.ROOT / "mkdocs.yml",
        bundle.SOURCE.parent,
        bundle.CODE_SOURCE.parent,
    ]
    for _ in watchfiles.watch(*(path for path in watched if path.exists())):
        for line in _rebuild():
            print(line, flush=True)


def _rebuild() -> list[Problem | str]:
    try:
        return list(build.run()) or [say("site.built", where=paths.relative(content.SITE))]
    except build.SiteUnavailable as error:
        return [say("site.unavailable", reason=error)]
