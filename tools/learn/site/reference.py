# SPDX-License-Identifier: Apache-2.0
"""The API reference: Doxygen over src/, once for both languages.

Made again only when a source or the Doxyfile changes: build/doxygen carries the hash of
what it was made from. The style is copied each time.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from learn import paths
from learn.run import bounded
from learn.run.bounded import Limits
from learn.site import content

DOXYFILE = paths.TOOLS / "site" / "Doxyfile"
STYLE = paths.TOOLS / "site" / "reference.css"
DOXYGEN_S = 600.0


class ReferenceError(Exception):
    """Doxygen is missing (could_not_run) or failed; one line."""

    def __init__(self, text: str, could_not_run: bool = False) -> None:
        super().__init__(text)
        self.could_not_run = could_not_run


def build() -> Path:
    """The folder with the HTML, up to date."""
    key = _key()
    stamp = content.DOXYGEN / "made-from"
    if not stamp.is_file() or stamp.read_text() != key:
        _make(key)
    shutil.copyfile(STYLE, content.DOXYGEN / "html" / STYLE.name)
    return content.DOXYGEN / "html"


def _make(key: str) -> None:
    """Beside the old one, and into its place at the end."""
    fresh = content.DOXYGEN.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    _run(fresh)
    (fresh / "made-from").write_text(key)
    shutil.rmtree(content.DOXYGEN, ignore_errors=True)
    fresh.rename(content.DOXYGEN)


def _key() -> str:
    digest = hashlib.sha256()
    sources = sorted(f for s in ("*.h", "*.cpp") for f in paths.SRC.rglob(s))
    for file in [DOXYFILE, *sources]:
        digest.update(paths.relative(file).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _run(output: Path) -> None:
    settings = [
        DOXYFILE.read_text(encoding="utf-8"),
        f'INPUT = "{paths.SRC}"',
        f'STRIP_FROM_PATH = "{paths.ROOT}"',
        f'OUTPUT_DIRECTORY = "{output}"',
        f'GENERATE_TAGFILE = "{output / content.TAGFILE.name}"',
    ]
    if not shutil.which("doxygen"):
        raise ReferenceError("doxygen is not installed", could_not_run=True)
    ran = bounded.run(["doxygen", "-"], Limits(seconds=DOXYGEN_S),
                      stdin="\n".join(settings).encode(), apart=True, cwd=paths.ROOT)
    (output / "log").write_text(ran.output + ran.errors)
    said = ran.errors.strip().splitlines()
    refused = [line for line in said if line.startswith("error:")]  # yet it exits with 0
    if ran.status or refused or not (output / content.TAGFILE.name).is_file():
        last = ([*said, *refused] or ["no output"])[-1]
        raise ReferenceError(f"doxygen failed: {last}")
