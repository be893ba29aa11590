# SPDX-License-Identifier: Apache-2.0
"""The smallest list of calls that still fails, by leaving calls out.

    fails(candidates) -> one bool a candidate     run together: a run is dear

First whole stretches are left out, half of the list, then ever shorter ones,
down to single calls; then each number is made smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

Script = list[str]
Fails = Callable[[list[Script]], list[bool]]


def minimise(script: Script, fails: Fails) -> Script:
    """`script` itself must fail."""
    size = max(1, len(script) // 2)
    while True:
        smaller = _first(_without(script, size), fails)
        if smaller is not None:
            script = smaller
            size = min(size, max(1, len(script) // 2))
        elif size > 1:
            size //= 2
        else:
            break
    for at in range(len(script)):
        while (smaller := _first(_with_a_smaller_number(script, at), fails)) is not None:
            script = smaller
    return script


def _first(candidates: Iterator[Script], fails: Fails) -> Script | None:
    """The first candidate that fails."""
    tried = list(candidates)
    if not tried:
        return None
    pairs = zip(tried, fails(tried), strict=True)
    return next((script for script, failed in pairs if failed), None)


def _without(script: Script, size: int) -> Iterator[Script]:
    for at in range(0, len(script), size):
        if len(script) > size:
            yield script[:at] + script[at + size:]


def _with_a_smaller_number(script: Script, at: int) -> Iterator[Script]:
    words = script[at].split()
    for place in range(1, len(words)):
        name = "slice" in words and place == len(words) - 1
        if name or not words[place].isdigit():
            continue
        number = int(words[place])
        for less in sorted({0, 1, number // 2, number * 15 // 16, number - 1}):
            if 0 <= less < number:
                changed = [*words[:place], str(less), *words[place + 1:]]
                yield [*script[:at], " ".join(changed), *script[at + 1:]]
