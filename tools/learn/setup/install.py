# SPDX-License-Identifier: Apache-2.0
"""Brings what .venv does not hold: the Debian and the npm packages, and the Go modules.

The shell script ./learn has asked the person and made .venv; it runs this
module under its lock, and writes the stamp when this ends with 0.
"""

from __future__ import annotations

import sys
from pathlib import Path

from learn.gate import ENVIRONMENT, GREEN
from learn.paths import NODE, relative
from learn.run import bounded, go, progress
from learn.run.bounded import Limits
from learn.say import say
from learn.setup import debian, node, stamps


def main() -> int:
    try:
        if missing := debian.missing():
            debian.install(missing)
        if stamps.for_learner():
            return GREEN
        node.link_programs()
        return install_npm() or fetch_go()
    except debian.CannotInstall as problem:
        print(f"learn: {problem}", file=sys.stderr)
        return ENVIRONMENT


def fetch_go() -> int:
    """So that what is built with Go later needs no network. Only gates need that: where the
    modules cannot be had, one line says so, and the set-up goes on."""
    if stamps.go_ready():
        return GREEN
    stamps.GO_STAMP.unlink(missing_ok=True)
    log = "go-modules.log"
    try:
        command = [go.find(), "mod", "download"]
        for lock in stamps.GO_LOCKS:
            title = say("setup.go", folder=relative(lock.parent))
            if progress.run(title, command, log, env=go.environment(), cwd=lock.parent):
                raise go.NoGo(say("setup.go_failed", why=go.reason(log), log=f"build/logs/{log}"),
                              say("go.mend"))  # fmt: skip
    except go.NoGo as problem:
        print(f"learn: {problem.text} — {problem.mend}", file=sys.stderr)
        return GREEN
    fill(stamps.GO_STAMP, stamps.digest(*stamps.GO_LOCKS))
    return GREEN


def fill(stamp: Path, text: str) -> None:
    """In one step."""
    fresh = stamp.with_suffix(".new")
    fresh.write_text(text + "\n")
    fresh.replace(stamp)


def why_npm_failed() -> str:
    """One line. npm's own log says too little when it cannot reach its registry."""
    ping = [node.NODE_BIN, node.NPM_BIN, "ping", "--fetch-retries=0", "--fetch-timeout=15000"]
    reached = bounded.run(ping, Limits(seconds=30.0), env=node.environment(), cwd=NODE)
    key = "setup.npm_failed" if reached.status else "setup.npm_broken"
    return say(key, log="build/logs/npm.log", show=f"{relative(node.NPM_BIN)} ping")


def install_npm() -> int:
    """Does nothing when node_modules is what the lock file says."""
    if stamps.npm_ready():
        return GREEN
    stamps.NPM_STAMP.unlink(missing_ok=True)
    command = [node.NODE_BIN, node.NPM_BIN, "ci"]
    if progress.run(say("setup.npm"), command, "npm.log", env=node.environment(), cwd=NODE) != 0:
        print("learn:", why_npm_failed(), file=sys.stderr)
        return ENVIRONMENT
    fill(stamps.NPM_STAMP, stamps.digest(stamps.NPM_LOCK))
    return GREEN
