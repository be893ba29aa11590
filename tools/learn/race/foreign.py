# SPDX-License-Identifier: Apache-2.0
"""What others used of the processors: the machine's time less that of those who race."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

_PROC = Path("/proc")
_BUSY = ("user", "nice", "system", "irq", "softirq", "steal")
_FIELDS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_TICK = 1 / os.sysconf("SC_CLK_TCK")


class Watch:
    """Begins to watch when it is made."""

    def __init__(self, pids: Iterable[int]) -> None:
        """`pids`: the servers. What this process uses, and each child of it that ends
        meanwhile, is not foreign either."""
        self._pids = tuple(pids)
        self._begun = time.monotonic()
        self._before = self._seconds()

    def cores(self) -> float:
        """How many cores others have used on average until now."""
        wall = time.monotonic() - self._begun
        return round(max(0.0, self._seconds() - self._before) / wall, 3)

    def _seconds(self) -> float:
        here = os.times()
        own = here.user + here.system + here.children_user + here.children_system
        return busy_seconds() - own - sum(map(process_seconds, self._pids))


def busy_seconds(text: str | None = None) -> float:
    """Of all processors together, since the machine was started."""
    text = (_PROC / "stat").read_text() if text is None else text
    ticks = dict(zip(_FIELDS, map(int, text.splitlines()[0].split()[1:]), strict=False))
    return sum(ticks[name] for name in _BUSY) * _TICK


def process_seconds(pid: int) -> float:
    """Of all its threads; 0 when it has ended."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * _TICK
