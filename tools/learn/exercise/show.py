# SPDX-License-Identifier: Apache-2.0
"""A verdict as a learner reads it: what failed, with which words, and what may be behind it."""

from __future__ import annotations

import re
import sys

from learn.exercise import judge, tests
from learn.exercise.judge import Verdict
from learn.exercise.model import Exercise
from learn.exercise.session import Closer
from learn.exercise.tests import Outcome
from learn.say import language, say

_GROUPS = 4  # different failures shown; more only confuse
_LINES = 12  # of one failure


def lines(verdict: Verdict) -> list[str]:
    """Plain text, one entry a line."""
    if verdict.verdict == judge.COMPILER:
        return [say("exercise.does_not_compile"), *_indented(_errors(verdict.compiler))]
    passed = sum(o.status == tests.PASSED for o in verdict.outcomes)
    failing = [o for o in verdict.outcomes if o.status != tests.PASSED]
    groups = _groups(failing)
    out = [line for group in groups[:_GROUPS] for line in _group(group)]
    if len(groups) > _GROUPS:
        out.append(say("exercise.more_groups", count=len(groups) - _GROUPS))
    if verdict.mutant:
        out += ["", say("exercise.known_idea"), *_indented(verdict.mutant.help[language()])]
    key = {judge.GREEN: "green", judge.TIMEOUT: "timed_out"}.get(verdict.verdict, "red")
    total = len(verdict.outcomes)
    seconds = f"{verdict.seconds:.1f}"
    last = say(f"exercise.{key}", passed=passed, total=total, seconds=seconds)
    return [*out, *[""][: len(out)], last]


def closer(verdict: Verdict, found: Closer) -> list[str]:
    """What the sanitizers saw, beside a verdict that is shown already."""
    if found.clean:
        return [say("exercise.clean")] if verdict.verdict == judge.GREEN else []
    head = say("exercise.not_clean") if verdict.verdict == judge.GREEN else ""
    told = found.sentences or [say("exercise.found_nothing_said")]
    return [*filter(None, [head]), *(f"    {sentence}" for sentence in told[:_GROUPS])]


def after_green(exercise: Exercise) -> list[str]:
    """Where the bug of a fix really was, and a question to take along."""
    told = [("story", exercise.story)] if exercise.story else []
    return [line for key, texts in [*told, ("after", exercise.after)]
            for line in ("", say(f"exercise.{key}"), *_indented(texts[language()]))]  # fmt: skip


def table(rows: list[tuple[str, ...]]) -> None:
    """The list of exercises; Rich aligns Chinese, which print cannot."""
    from rich.console import Console
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "title", "stars", "minutes", "state"):
        # An id must be typed, so it is never cut; a title is wrapped.
        grid.add_column(say(f"exercise.column_{column}"), no_wrap=column == "id",
                        overflow="fold")  # fmt: skip
    for row in rows:
        grid.add_row(*row)
    # A pipe has no width: long names must not be cut there.
    Console(highlight=False, width=None if sys.stdout.isatty() else 120).print(grid)


def _groups(failing: list[Outcome]) -> list[list[Outcome]]:
    """Tests that failed with the same words stand together."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in failing:
        groups.setdefault(outcome.status + outcome.message, []).append(outcome)
    return list(groups.values())


def _group(group: list[Outcome]) -> list[str]:
    first = group[0]
    more = say("exercise.and_more", count=len(group) - 1) if len(group) > 1 else ""
    what = say(f"exercise.{first.status}")
    return [f"✗ {first.test}{more}  {what}".rstrip(), *_indented(_first_failure(first.message))]


def _first_failure(message: str) -> str:
    """Without the assertions that fail after the first one, as in a loop."""
    every = message.splitlines()
    heads = [n for n, line in enumerate(every) if line.endswith(": Failure")]
    return "\n".join(every[: heads[1]] if len(heads) > 1 else every)


def _errors(compiler: str) -> str:
    """The errors without the notes about templates that follow them."""
    every = compiler.splitlines()
    wanted = [line for line in every if re.search(r"\b(error|undefined)\b|^ ", line)]
    return "\n".join(wanted or every)


def _indented(text: str) -> list[str]:
    every = text.strip("\n").splitlines()
    shown = [f"    {line}" for line in every[:_LINES]]
    return shown + (["    …"] if len(every) > _LINES else [])
