# SPDX-License-Identifier: Apache-2.0
"""What others used of the processors: the machine's time less that of the two who race."""

from __future__ import annotations

import os
from pathlib import Path

_STAT = Path("/proc/stat")
_BUSY = ("user", "nice", "system", "irq", "softirq", "steal")
_FIELDS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


def busy_seconds(text: str | None = None) -> float:
    """Of all processors together, since the machine was started."""
    line = (_STAT.read_text() if text is None else text).splitlines()[0].split()
    ticks = dict(zip(_FIELDS, map(int, line[1:]), strict=False))
    return sum(ticks[name] for name in _BUSY) / os.sysconf("SC_CLK_TCK")
