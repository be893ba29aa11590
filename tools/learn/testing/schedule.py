# SPDX-License-Identifier: Apache-2.0
"""Runs the parts: one that uses both processors alone, two of the others at once.

    release  dev  tsan  clang  fuzz  house  …  load     each alone, in order
    tools    |  site                              side by side
             |  traces  ledger  …
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from learn.run import bounded, progress
from learn.testing.parts import Outcome, Part, failed

AT_ONCE = 2


def run(parts: list[Part], one: Callable[[Part], Outcome]) -> Iterator[tuple[Part, Outcome, float]]:
    """(part, outcome, seconds) of each as it ends. `one` runs a part."""
    waiting: list[Part] = list(parts)
    running: dict[Future, Part] = {}
    with progress.together(), ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            while waiting or running:
                for part in startable(waiting, list(running.values())):
                    waiting.remove(part)
                    running[pool.submit(timed, part, one)] = part
                future = next(bounded.each_done(running))
                yield running.pop(future), *result(future)
        except BaseException:  # Ctrl-C: a thread waits for its program
            for future in running:
                future.cancel()
            bounded.end_all_until(running)
            raise


def startable(waiting: list[Part], running: list[Part]) -> list[Part]:
    """The parts to start now; the first that waits is never overtaken by one that is alone."""
    undone = {part.name for part in (*waiting, *running)}
    found: list[Part] = []
    for part in waiting:
        busy = [*running, *found]
        if len(busy) == AT_ONCE or any(other.alone for other in busy):
            break
        if undone & set(part.after) or (part.alone and busy):
            continue
        found.append(part)
    return found


def timed(part: Part, one: Callable[[Part], Outcome]) -> tuple[Outcome, float]:
    began = time.monotonic()
    return one(part), time.monotonic() - began


def result(future: Future) -> tuple[Outcome, float]:
    """A part that breaks has failed; the others go on."""
    try:
        return future.result()
    except Exception as problem:
        return failed(" ".join(f"{type(problem).__name__}: {problem}".split())), 0.0
