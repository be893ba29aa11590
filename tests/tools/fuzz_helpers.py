# SPDX-License-Identifier: Apache-2.0
"""For the tests that feed any text to a reader: what is drawn, and how often.

In the suite the same examples are drawn each time. A long search draws new ones:
    HYPOTHESIS_PROFILE=long .venv/bin/python -m pytest tests/tools/test_fuzz_*.py
"""

from __future__ import annotations

import copy
import datetime
import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

COMMON: dict[str, Any] = {"deadline": None, "database": None,
                          "suppress_health_check": list(HealthCheck)}
settings.register_profile("suite", derandomize=True, max_examples=100, **COMMON)
settings.register_profile("long", max_examples=5000, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

# Without lone surrogates, which no file has.
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
SMALL = st.sampled_from(["", "x", "../x", "/", "a/b", "en", "fill", "1", "\n", "\0", "é"])
LEAF = st.one_of(
    st.booleans(), st.integers(-(2**62), 2**62), st.floats(), SMALL, TEXT,
    st.just(datetime.date(2024, 2, 29)),
)
KEY = st.one_of(st.sampled_from(["en", "zh", "id", "kind", "name", "symbol", "x"]), TEXT)
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
    max_leaves=6)


def toml(table: dict[str, Any]) -> str:
    """A TOML file that says `table`; every inner table stands on one line."""
    return "".join(f"{_text(key)} = {_value(value)}\n" for key, value in table.items())


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_text(k)} = {_value(v)}' for k, v in value.items())}}}"
    return str(value)


def _text(text: str) -> str:
    plain = [f"\\U{ord(c):08X}" if ord(c) < 32 or c in '"\\\x7f' else c for c in text]
    return f'"{"".join(plain)}"'


@st.composite
def bent(draw: st.DrawFn, right: dict[str, Any]) -> dict[str, Any]:
    """`right` after one to three changes: a value replaced, taken out, doubled or added."""
    table = copy.deepcopy(right)
    for _ in range(draw(st.integers(1, 3))):
        _bend(draw, table)
    return table


def _bend(draw: st.DrawFn, whole: dict[str, Any]) -> None:
    here: Any = whole
    while True:
        keys = sorted(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        deeper = isinstance(here[key], dict | list) and draw(st.integers(0, 3)) > 0
        if not deeper:
            break
        here = here[key]
    change = draw(st.sampled_from(["replace", "take out", "double", "add"]))
    if change == "replace":
        here[key] = draw(VALUE)
    elif change == "take out":
        del here[key]
    elif isinstance(here, list):
        here.append(copy.deepcopy(here[key]) if change == "double" else draw(VALUE))
    else:
        here[draw(KEY)] = draw(VALUE)


def is_one_line(problem: Exception) -> bool:
    """What a person reads: some words, and no second line."""
    return bool(str(problem).strip()) and "\n" not in str(problem)
