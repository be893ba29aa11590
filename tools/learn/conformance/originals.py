# SPDX-License-Identifier: Apache-2.0
"""The original's drivers: a Go module beside ours, tests/conformance/cmd/."""

from __future__ import annotations

from pathlib import Path

from learn.paths import BUILD, TESTS
from learn.run import go
from learn.say import say

MODULE = TESTS / "conformance"
BIN = BUILD / "conformance" / "bin"


def build() -> Path:
    """Builds every program of cmd/; returns where they are. Raises go.NoGo."""
    go.build(MODULE, "./cmd/...", BIN, say("conformance.go_build"))
    return BIN
