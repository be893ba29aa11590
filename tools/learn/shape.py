# SPDX-License-Identifier: Apache-2.0
"""The types of what a TOML file says, and the first place where it says another one.

    shape.problem({"minutes": "5"}, {"minutes": int})    "minutes must be a whole number"

A shape is a type; [shape], a list of it; (shape, shape), one of them; or a table: {name:
shape} for the names that are known, {...: shape} for all others. A name may be left out,
and one without a shape may be anything: what is missing or unknown, the reader says.
"""

from __future__ import annotations

from typing import Any

from learn.say import say

BOTH = {...: str}  # {en = "…", zh = "…"}
NUMBER = (int, float)
_WORDS = {str: "text", int: "whole", float: "number", bool: "truth"}


def problem(value: Any, shape: Any) -> str:
    """One line, or "" when `value` has the shape."""
    found = _wrong(value, shape, "")
    if found is None:
        return ""
    return say("shape.must", at=found[0] or say("shape.file"), wanted=found[1])


def _wrong(value: Any, shape: Any, at: str) -> tuple[str, str] | None:
    """Where, and what should be there."""
    if isinstance(shape, tuple):
        found = [wrong for one in shape if (wrong := _wrong(value, one, at))]
        # The one that got deepest knows best; of several, the last.
        fits = len(found) < len(shape)
        return None if fits else max(reversed(found), key=lambda one: len(one[0]))
    if isinstance(shape, list):
        if not isinstance(value, list):
            return at, say("shape.list")
        each = ((one, shape[0], f"{at}[{number}]") for number, one in enumerate(value, 1))
    elif isinstance(shape, dict):
        if not isinstance(value, dict):
            return at, say("shape.table")
        each = ((one, shape.get(name, shape.get(...)), f"{at}.{_plain(name)}".lstrip("."))
                for name, one in value.items() if name in shape or ... in shape)
    elif isinstance(value, shape) and isinstance(value, bool) == (shape is bool):
        return None
    else:
        return at, say(f"shape.{_WORDS[shape]}")
    return next((wrong for one in each if (wrong := _wrong(*one))), None)


def _plain(name: str) -> str:
    """A name of the file, as it may stand in one line."""
    return name if name.isidentifier() else repr(name)
