# SPDX-License-Identifier: Apache-2.0
"""What an exercise asks for is not shown before it is tried: a part of the gate `ledger`."""

from __future__ import annotations

from pathlib import Path

from learn.gate import Problem
from learn.say import say
from learn.site import try_first


def check(root: Path, index) -> list[Problem]:
    """One problem for each piece that a page shows unfolded, and each exercise that it
    gives away."""
    return [
        Problem(
            shown.page,
            shown.directive.line,
            say(f"front.{'unfolded' if one.entire else 'unfolded_fix'}",
                symbol=one.name, exercise=one.exercise),
            say("front.unfolded_mend", argument=shown.directive.argument, exercise=one.exercise),
        )
        for one, shown in try_first.open_to_see(root, index)
    ]  # fmt: skip
