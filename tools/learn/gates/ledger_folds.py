# SPDX-License-Identifier: Apache-2.0
"""What an exercise asks for is not shown before it is tried: a part of the gate `ledger`."""

from __future__ import annotations

from pathlib import Path

from learn.gate import Problem
from learn.say import say
from learn.site import try_first


def check(root: Path, index) -> list[Problem]:
    """One problem for each function of an exercise that a page shows unfolded."""
    return [
        Problem(
            shown.page,
            shown.directive.line,
            say("front.unfolded", symbol=cut.name, exercise=cut.exercise),
            say("front.unfolded_mend", argument=shown.directive.argument, exercise=cut.exercise),
        )
        for cut, shown in try_first.open_to_see(root, index)
    ]
