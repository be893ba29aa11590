# SPDX-License-Identifier: Apache-2.0
"""What is installed: .learn/ keeps the hash of each list that was installed, written last."""

from __future__ import annotations

import hashlib
from pathlib import Path

from learn.paths import DEBIAN_TOML, LEARNERS_REQUIREMENTS, NODE, REQUIREMENTS, ROOT, STATE
from learn.setup import node

NPM_LOCK = NODE / "package-lock.json"
NPM_STAMP = STATE / "npm"
GO_LOCKS = tuple(ROOT / folder / "go.sum"
                 for folder in ("tests/conformance", "benchmarks/race/go", "tools/workflows"))
GO_STAMP = STATE / "go"
ENVIRONMENT_STAMP = STATE / "environment"
PYTHON_STAMP = STATE / "python"
FOR = STATE / "for"


def for_learner() -> bool:
    """Was `./learn --for learner` said last? Then much is not wanted."""
    return FOR.exists() and FOR.read_text().strip() == "learner"


def npm_ready() -> bool:
    return node.MODULES.is_dir() and stamped(NPM_STAMP, digest(NPM_LOCK))


def go_ready() -> bool:
    return stamped(GO_STAMP, digest(*GO_LOCKS))


def python_ready() -> bool:
    return stamped(PYTHON_STAMP, digest(LEARNERS_REQUIREMENTS if for_learner() else REQUIREMENTS))


def environment_ready() -> bool:
    return stamped(ENVIRONMENT_STAMP, digest(DEBIAN_TOML, REQUIREMENTS, NPM_LOCK, *GO_LOCKS))


def stamped(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text().strip() == wanted


def digest(*files: Path) -> str:
    """The hash that `cat files | sha256sum` prints in ./learn."""
    total = hashlib.sha256()
    for file in files:
        total.update(file.read_bytes())
    return total.hexdigest()
