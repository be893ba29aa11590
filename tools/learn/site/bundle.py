# SPDX-License-Identifier: Apache-2.0
"""The TypeScript of the pages, each as one script of the site:

    assets/trace-player.js    the player of a recording
    assets/code.js            the names in shown code: their cards and their keys

One file each and no module, because a page that was opened from a file may load neither
modules nor anything from another host. esbuild takes 20 ms, so nothing is kept.
"""

from __future__ import annotations

import gzip
from pathlib import Path

from learn import paths
from learn.run import bounded
from learn.run.bounded import Limits
from learn.say import say
from learn.setup import node

NAME = "assets/trace-player.js"
SOURCE = paths.NODE / "player" / "src" / "main.ts"
ESBUILD = node.MODULES / "esbuild" / "bin" / "esbuild"
CODE = "assets/code.js"
CODE_SOURCE = paths.NODE / "code" / "src" / "code.ts"
LIMIT = 25 * 1024  # bytes as a server sends them
BUILD_S = 60.0


class NoBundler(Exception):
    """Node or esbuild is not installed, or cannot run."""


class BadBundle(Exception):
    """The sources do not make a script, or one that is too large."""


def build(output: Path, source: Path | None = None) -> int:
    """Writes the script of `source`, or the player's with the other one beside it; the
    size as a server sends it."""
    if source is None:
        _one(output.with_name(Path(CODE).name), CODE_SOURCE)
    return _one(output, source or SOURCE)


def _one(output: Path, source: Path) -> int:
    if not ESBUILD.is_file():
        raise NoBundler(say("site.no_esbuild"))
    command = [
        node_program(),
        ESBUILD,
        source,
        "--bundle",
        "--minify",
        "--format=iife",
        "--target=es2022",
        "--charset=utf8",
        "--log-level=error",
        f"--outfile={output}",
        f"--tsconfig={SOURCE.parents[1] / 'tsconfig.json'}",
    ]
    ran = bounded.run(command, Limits(seconds=BUILD_S), cwd=paths.NODE, env=node.environment())
    if ran.why:
        raise NoBundler(say("site.bundle_slow", seconds=BUILD_S))
    if ran.status:
        said = [line.strip() for line in ran.output.splitlines() if line.strip()] or ["?"]
        raise BadBundle(said[0])
    size = len(gzip.compress(output.read_bytes()))
    if size > LIMIT:
        raise BadBundle(say("site.bundle_large", script=output.name, size=size, limit=LIMIT))
    return size


def node_program() -> str:
    found = node.program()
    if not found:
        raise NoBundler(say("site.no_node"))
    return found
