# SPDX-License-Identifier: Apache-2.0
"""A verdict as a learner reads it: what failed, with which words, and what may be behind it."""

from __future__ import annotations

from pathlib import Path

from learn.exercise import compiler, flow, judge, tests
from learn.exercise.judge import Verdict
from learn.exercise.model import Exercise
from learn.exercise.session import Closer
from learn.exercise.tests import HOLE, Outcome
from learn.exercise.whole import Compared
from learn.say import language, say

_GROUPS = 4  # different failures shown; more only confuse
_LINES = 12  # of one failure


def lines(verdict: Verdict, folder: Path) -> list[str]:
    """Plain text, one entry a line. `folder`: where the learner's files are."""
    if verdict.verdict == judge.COMPILER:
        said = compiler.lines(verdict.compiler, folder)
        return [say("exercise.does_not_compile"), *_indented("\n".join(said))]
    passed = sum(o.status == tests.PASSED for o in verdict.outcomes)
    failing = [o for o in verdict.outcomes if o.status in tests.BAD]
    groups = _groups(failing)
    most = len(groups) if _are_questions(failing) else _GROUPS
    out = [line for group in groups[:most] for line in _group(group)]
    if len(groups) > most:
        out.append(say("exercise.more_groups", count=len(groups) - most))
    if left := sum(o.status == tests.NOT_RUN for o in verdict.outcomes):
        out.append(say("exercise.not_run", count=left))
    if verdict.mutant:
        out += ["", say("exercise.known_idea"), *flow.lines(verdict.mutant.help[language()], 4)]
    key = {judge.GREEN: "green", judge.TIMEOUT: "timed_out"}.get(verdict.verdict, "red")
    total = len(verdict.outcomes)
    seconds = f"{verdict.seconds:.1f}"
    last = say(f"exercise.{key}", passed=passed, total=total, seconds=seconds)
    return [*out, *[""][: len(out)], last, *_warnings(verdict, folder)]


def _warnings(verdict: Verdict, folder: Path) -> list[str]:
    """What the project's own build would refuse."""
    if any(outcome.is_hole for outcome in verdict.outcomes):
        return []  # what is not written yet uses no parameter
    found = compiler.warnings(verdict.warnings, folder)
    shown = [f"    {compiler.brief(one, folder)}" for one in found[:_GROUPS]]
    return [say("exercise.warnings", count=len(found)), *shown] if found else []


def closer(verdict: Verdict, found: Closer) -> list[str]:
    """What the sanitizers saw, beside a verdict that is shown already."""
    if found.clean:
        return [say("exercise.clean")] if verdict.verdict == judge.GREEN else []
    if found.broken:
        shown = [line for group in _groups(found.broken)[:_GROUPS] for line in _group(group)]
        return [say("exercise.broken"), *shown]
    if verdict.verdict != judge.GREEN and not found.sentences:
        return []  # red already, and no word more to say of it
    head = say("exercise.not_clean") if verdict.verdict == judge.GREEN else ""
    told = found.sentences or [say("sanitizer.nothing_said")]
    return [*filter(None, [head]), *(f"    {sentence}" for sentence in told[:_GROUPS])]


def compared(one: Compared) -> None:
    """A scenario on the learner's server: as recorded, or the first step that is not."""
    from rich.console import Console

    from learn.record import sequence

    key = "whole_differs" if one.pair else "whole_same"
    print(say(f"exercise.{key}", scenario=one.scenario, steps=one.steps))
    if one.pair:
        sequence.beside(*one.pair, Console(highlight=False))


def after_green(exercise: Exercise) -> list[str]:
    """Where the bug of a fix really was, and a question to take along."""
    told = [("story", exercise.story)] if exercise.story else []
    return [line for key, texts in [*told, ("after", exercise.after)]
            for line in ("", say(f"exercise.{key}"), *flow.lines(texts[language()], 4))]


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
    head = f"✗ {first.test}{more}  {what}".rstrip()
    if hole := HOLE.search(first.message):
        return [head, f"    {say('exercise.hole', name=hole[1])}"]
    return [head, *_indented(_first_failure(first.message)), *_stood(first)]


def _are_questions(failing: list[Outcome]) -> bool:
    """Of an explore: every question that is not answered rightly is shown."""
    return all("." not in outcome.test for outcome in failing)


def _stood(outcome: Outcome) -> list[str]:
    """Where it was ended: one line, or one for each thread."""
    if not outcome.stood:
        return []
    key = "stood_still" if outcome.status == tests.TIMED_OUT else "stood"
    return [f"    {say(f'exercise.{key}')}", *(f"      {place}" for place in outcome.stood)]


def _first_failure(message: str) -> str:
    """Without the assertions that fail after the first one, as in a loop."""
    every = message.splitlines()
    heads = [n for n, line in enumerate(every) if line.endswith(": Failure")]
    return "\n".join(every[: heads[1]] if len(heads) > 1 else every)


def _indented(text: str) -> list[str]:
    every = text.strip("\n").splitlines()
    shown = [f"    {line}" for line in every[:_LINES]]
    return shown + (["    …"] if len(every) > _LINES else [])
