# SPDX-License-Identifier: Apache-2.0
"""Brings what .venv does not hold: the Debian and the npm packages.

The shell script ./learn has asked the person and made .venv; it runs this
module under its lock, and writes the stamp when this ends with 0.
"""

from __future__ import annotations

import hashlib
import sys

from learn import debian, node, progress
from learn.gate import ENVIRONMENT, GREEN
from learn.paths import DEBIAN_TOML, NODE, REQUIREMENTS, STATE
from learn.say import say

NPM_LOCK = NODE / "package-lock.json"
NPM_STAMP = STATE / "npm"
ENVIRONMENT_STAMP = STATE / "environment"
PYTHON_STAMP = STATE / "python"


def main() -> int:
    try:
        if missing := debian.missing():
            debian.install(missing)
        node.link_programs()
        return install_npm()
    except debian.CannotInstall as problem:
        print(f"learn: {problem}", file=sys.stderr)
        return ENVIRONMENT


def install_npm() -> int:
    """Does nothing when node_modules is what the lock file says."""
    if npm_ready():
        return GREEN
    NPM_STAMP.unlink(missing_ok=True)
    command = [node.NODE_BIN, node.NPM_BIN, "ci"]
    if progress.run(say("setup.npm"), command, "npm.log", env=node.environment(), cwd=NODE) != 0:
        print("learn:", say("setup.npm_failed", log="build/logs/npm.log"), file=sys.stderr)
        return ENVIRONMENT
    fresh = NPM_STAMP.with_suffix(".new")
    fresh.write_text(digest(NPM_LOCK) + "\n")
    fresh.replace(NPM_STAMP)
    return GREEN


def npm_ready() -> bool:
    return node.MODULES.is_dir() and stamped(NPM_STAMP, digest(NPM_LOCK))


def python_ready() -> bool:
    return stamped(PYTHON_STAMP, digest(REQUIREMENTS))


def environment_ready() -> bool:
    return stamped(ENVIRONMENT_STAMP, digest(DEBIAN_TOML, REQUIREMENTS, NPM_LOCK))


def stamped(stamp, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text().strip() == wanted


def digest(*files) -> str:
    """The hash that `cat files | sha256sum` prints in ./learn."""
    total = hashlib.sha256()
    for file in files:
        total.update(file.read_bytes())
    return total.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
