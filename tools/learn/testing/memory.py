# SPDX-License-Identifier: Apache-2.0
"""What was green before, by content: build/logs/green/PART holds a hash of its inputs.

A part whose inputs are those of its last green run on this machine need not run
again. It is told as cached, never as passed.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path

from learn.paths import LOGS, ROOT, STATE

GREEN = LOGS / "green"
# Whatever a part reads, the tools and the packages decide too.
ALWAYS = ("tools", "learn")


def key(inputs: Iterable[str], root: Path = ROOT) -> str:
    """The hash of every file of the project under `inputs`; "" when git cannot list them."""
    command = ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z", "--cached",
               "--others", "--exclude-standard", "--", *inputs, *ALWAYS]
    listing = subprocess.run(command, capture_output=True, check=False)
    if listing.returncode:
        return ""
    total = hashlib.sha256()
    for name in sorted(set(listing.stdout.decode().split("\0")) - {""}):
        file = root / name
        text = file.read_bytes() if file.is_file() else b"gone"
        total.update(name.encode() + b"\0" + hashlib.sha256(text).digest())
    installed = STATE / "environment"
    total.update(installed.read_bytes() if installed.is_file() else b"")
    return total.hexdigest()[:12]


def is_green(part: str, now: str, folder: Path | None = None) -> bool:
    file = (folder or GREEN) / part
    return bool(now) and file.is_file() and file.read_text() == now


def remember(part: str, now: str, folder: Path | None = None) -> None:
    if now:
        (folder or GREEN).mkdir(parents=True, exist_ok=True)
        ((folder or GREEN) / part).write_text(now)


def forget(part: str, folder: Path | None = None) -> None:
    ((folder or GREEN) / part).unlink(missing_ok=True)
