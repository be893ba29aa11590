# SPDX-License-Identifier: Apache-2.0
"""Two logs of one case: where they differ, whether a row allows it, how to show it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from learn.conformance.differences import Row
from learn.conformance.suite import Difference, SuiteResult

Log = list[str]
Hunk = tuple[str, str]  # our lines and theirs, joined

NOTHING = "-"


def hunks(ours: Log, theirs: Log) -> list[Hunk]:
    """The places where the logs differ: "a / b" beside "c", "-" for no line."""
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    return [
        (" / ".join(ours[a:b]) or NOTHING, " / ".join(theirs[c:d]) or NOTHING)
        for kind, a, b, c, d in matcher.get_opcodes()
        if kind != "equal"
    ]


def judge(result: SuiteResult, rows: Sequence[Row], case: str, ours: Log, theirs: Log) -> None:
    """Counts the case. Each place that differs needs a row: the case, "OURS | THEIRS"."""
    result.cases += 1
    result.operations += len(ours)
    used, unexplained = [], []
    for mine, original in hunks(ours, theirs):
        row = next((row for row in rows if row.matches(case, mine, original)), None)
        if row:
            used.append(row.id)
        else:
            unexplained.append((mine, original))
    result.documented.update(used)
    if unexplained:
        mine, original = unexplained[0]
        text = f"{len(unexplained)} places differ and no row of differences.toml tells of them"
        script = side_by_side(ours, theirs)
        result.differences.append(Difference(case, text, mine, original, script))


def side_by_side(ours: Log, theirs: Log) -> str:
    """Both logs as two columns; "!" marks what differs."""
    rows = []
    for kind, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        mark = " " if kind == "equal" else "!"
        left, right = ours[a:b], theirs[c:d]
        for line in range(max(len(left), len(right))):
            mine = left[line] if line < len(left) else ""
            original = right[line] if line < len(right) else ""
            rows.append((mark, mine, original))
    width = max([len("ours"), *(len(mine) for _, mine, _ in rows)])
    table = [(" ", "ours", "theirs"), *rows]
    return "\n".join(
        f"{mark} {mine:<{width}}  {original}".rstrip() for mark, mine, original in table
    )
