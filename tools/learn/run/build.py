# SPDX-License-Identifier: Apache-2.0
"""Configures and builds one preset of CMakePresets.json, with progress.

    bin = build.build("release")             every target
    bin = build.build("record", "echo_server")
"""

from __future__ import annotations

from pathlib import Path

from learn.paths import BUILD
from learn.run import progress
from learn.say import say

PRESETS = ("dev", "tsan", "release", "record", "clang", "fuzz")


class BuildError(Exception):
    """One line; the compiler's own words are in the log it names."""

    def __init__(self, text: str, log: str) -> None:
        super().__init__(text)
        self.log = log


def build(preset: str, *targets: str) -> Path:
    """Brings build/<preset> up to date; returns its bin/. Raises BuildError."""
    log = f"build-{preset}.log"
    configure = ["cmake", "--preset", preset]
    if progress.run(say("cli.configure", preset=preset), configure, log) != 0:
        raise BuildError(say("cli.configure_failed", preset=preset, log=f"build/logs/{log}"), log)
    compile_ = ["cmake", "--build", "--preset", preset]
    if targets:
        compile_ += ["--target", *targets]
    title = say("cli.build", preset=preset)
    if progress.run(title, compile_, log, read=progress.ninja, append=True) != 0:
        raise BuildError(say("cli.build_failed", preset=preset, log=f"build/logs/{log}"), log)
    return BUILD / preset / "bin"
