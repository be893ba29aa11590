# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a recording, each with one line and an exit code."""

from __future__ import annotations

from learn.gate import ENVIRONMENT, RED, TIMEOUT, USAGE


class RecordError(Exception):
    """One line: what happened; `mend` says what to do about it."""

    code = RED

    def __init__(self, text: str, mend: str) -> None:
        super().__init__(f"{text} — {mend}")
        self.text, self.mend = text, mend


class ScenarioError(RecordError):
    """The scenario file is wrong, or names what does not exist."""

    code = USAGE


class EnvironmentRefuses(RecordError):
    """No ptrace, no gdb, no Chromium, no room on the disk: nothing was done."""

    code = ENVIRONMENT


class TookTooLong(RecordError):
    """The recorded program did not get to where the scenario waits for it."""

    code = TIMEOUT
