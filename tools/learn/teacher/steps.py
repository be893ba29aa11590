# SPDX-License-Identifier: Apache-2.0
"""How far something long has come."""

from __future__ import annotations


class Steps:
    """Told of each step before it is done. This one shows nothing."""

    def begin(self, total: int) -> None:
        """So many steps there will be."""

    def step(self, what: str) -> None:
        """The next one begins."""


QUIET = Steps()
