# SPDX-License-Identifier: Apache-2.0
"""The Go tool chain, and programs built with it.

    go.build(module, "./cmd/...", into, say("conformance.go_build"))

Debian's golang-go is enough; a `go` on the PATH goes first. Where modules come
from (GOPROXY and the like) is the user's environment's business; go.sum says
what they must be.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from learn.run import progress
from learn.say import say

OLDEST = (1, 19)  # Debian 12's, and what go.mod asks for
# A program by name is looked for on the PATH.
CANDIDATES = ("go", "/usr/bin/go", "/usr/local/go/bin/go")
_VERSION = re.compile(r"\bgo(\d+)\.(\d+)")


class NoGo(Exception):
    """One line: why nothing can be built here, and what mends it."""

    def __init__(self, text: str, mend: str) -> None:
        super().__init__(text)
        self.text = text
        self.mend = mend


def find(candidates: tuple[str, ...] | None = None) -> str:
    """The first that is new enough. Raises NoGo."""
    seen = []
    for name in CANDIDATES if candidates is None else candidates:
        path = shutil.which(name)
        if path and path not in seen:
            seen.append(path)
            if version(path) >= OLDEST:
                return path
    text = say("go.old" if seen else "go.none", found=" ".join(seen))
    raise NoGo(text, "./learn --yes --no-serve")


def version(path: str) -> tuple[int, ...]:
    """(1, 19) of `go version go1.19.8 linux/amd64`; (0, 0) when it does not say."""
    done = subprocess.run([path, "version"], capture_output=True, text=True, check=False,
                          env=environment())
    match = _VERSION.search(done.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def build(module: Path, packages: str, into: Path, title: str) -> None:
    """Builds `packages` of the module in the folder `module`. Raises NoGo."""
    into.mkdir(parents=True, exist_ok=True)
    log = f"build-go-{module.name}.log"
    command = [find(), "build", "-buildvcs=false", "-trimpath", "-o", f"{into}/", packages]
    if progress.run(title, command, log, env=environment(), cwd=module):
        raise NoGo(say("go.failed", why=reason(log), log=f"build/logs/{log}"), say("go.mend"))


def environment() -> dict[str, str]:
    """The user's, but nothing may change go.mod or fetch another Go."""
    return os.environ | {"GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off"}


def reason(log: str) -> str:
    """The first line of the log that says something."""
    lines = [line for line in progress.tail(log).splitlines()
             if line.strip() and not line.startswith(("#", "go: downloading"))]
    return " ".join(lines[0].split())[:200] if lines else "?"
