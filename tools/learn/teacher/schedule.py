# SPDX-License-Identifier: Apache-2.0
"""A term of N weeks: which chapters, labs and exercises are done when.

    items(chapters, exercises, labs)     all there is to do, in an order that may be taught
    plan(items, weeks, hours)            that order cut into weeks, as even as can be

A chapter comes after its prerequisites and with the number that it has; an exercise as
soon as what it needs is done; a lab with its graded parts as soon as its chapters are
read. The parts of a lab are worked on in the steps of its timeline that name them, so
only what is longer than these is counted beside the lab, as homework.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from learn.exercise.model import Exercise
from learn.say import language, say
from learn.site.chapters import Chapter
from learn.teacher.lab import Lab

CHAPTER, LAB, HOMEWORK, EXERCISE = "chapter", "lab", "homework", "exercise"


class ScheduleError(ValueError):
    """One line: why so many weeks cannot be, and how many can."""


@dataclass(frozen=True)
class Item:
    """Something to be done, and the ids of what must be done before."""

    id: str
    kind: str
    title: dict[str, str]
    minutes: int
    needs: tuple[str, ...] = ()


@dataclass
class Week:
    items: list[Item] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return sum(item.minutes for item in self.items)


def items(chapters: Sequence[Chapter], exercises: Sequence[Exercise],
          labs: Sequence[Lab]) -> list[Item]:  # fmt: skip
    """In order. What is planned only is left out, and is needed by nobody."""
    written = [chapter for chapter in chapters if not chapter.planned]
    graded = {part.exercise.id for lab in labs for part in lab.parts}
    by_id = {exercise.id: exercise for exercise in exercises}
    waiting = [Item(one.id, CHAPTER, one.title, one.minutes, tuple(one.prerequisites))
               for one in written]  # fmt: skip
    for lab in labs:
        waiting += _lab(lab, by_id)
    waiting += [Item(one.id, EXERCISE, one.title, one.minutes,
                     (one.id.split("/")[0], *one.prerequisites))
                for one in exercises if one.id not in graded]  # fmt: skip
    return list(_ordered(waiting))


def _lab(lab: Lab, exercises: dict[str, Exercise]) -> Iterator[Item]:
    """The lab, and what is left of its parts as homework. Who needs a part waits for that."""
    parts = [part.exercise for part in lab.parts]
    own = {part.id for part in parts}
    needs = [name for part in parts for name in part.prerequisites if name not in own]
    yield Item(lab.name, LAB, lab.title, lab.minutes, (*lab.chapters, *needs))
    for part in parts:
        inside = sum(step.minutes for step in lab.timeline if part.id in step.what["en"])
        left = max(0, part.minutes - inside)
        yield Item(part.id, HOMEWORK, part.title, left, (lab.name,))


def _ordered(waiting: list[Item]) -> Iterator[Item]:
    """A chapter, then what it makes possible, then the next. Within these the order is
    that in which they were given. What can never come first is an error."""
    known = {item.id for item in waiting}
    done: set[str] = set()
    while waiting:
        ready = [item for item in waiting if known.intersection(item.needs) <= done]
        if not ready:
            names = ", ".join(item.id for item in waiting[:3])
            raise ScheduleError(say("schedule.circle", names=names))
        # Labs and exercises of what was read come before the next chapter.
        rank = {LAB: 0, HOMEWORK: 0, EXERCISE: 1, CHAPTER: 2}
        first = min(ready, key=lambda item: rank[item.kind])
        waiting.remove(first)
        done.add(first.id)
        yield first


def plan(todo: Sequence[Item], weeks: int, hours: float) -> list[Week]:
    """Cut into weeks as even as can be. Raises ScheduleError where a week would have more
    than `hours`, or nothing."""
    units = _units(todo)
    loads = [sum(item.minutes for item in unit) for unit in units]
    if weeks > len(units):
        raise ScheduleError(say("schedule.too_many", weeks=weeks, most=len(units)))
    least = _least_weeks(loads, hours * 60)
    if least is None:
        heaviest = max(range(len(units)), key=lambda at: loads[at])
        raise ScheduleError(say("schedule.one_too_long", id=units[heaviest][0].id,
                                needs=_hours(loads[heaviest]), hours=f"{hours:g}"))
    if weeks < least:
        raise ScheduleError(say("schedule.too_few", weeks=weeks, hours=f"{hours:g}",
                                total=_hours(sum(loads)), least=least))
    cuts = [0, *_cuts(loads, weeks, hours * 60), len(units)]
    return [Week([item for unit in units[a:b] for item in unit])
            for a, b in pairwise(cuts)]


def _units(todo: Sequence[Item]) -> list[list[Item]]:
    """What stays in one week: a lab and its homework."""
    units: list[list[Item]] = []
    for item in todo:
        if item.kind == HOMEWORK and units:
            units[-1].append(item)
        else:
            units.append([item])
    return units


def _least_weeks(loads: list[int], most: float) -> int | None:
    """None where one load alone is too much."""
    weeks, room = 0, 0.0
    for load in loads:
        if load > most:
            return None
        if load > room or weeks == 0:
            weeks, room = weeks + 1, most
        room -= load
    return weeks


def _cuts(loads: list[int], weeks: int, most: float) -> list[int]:
    """Where to cut, by the smallest sum of squares: even weeks, none of them empty and none
    over `most`."""
    total = [0]
    for load in loads:
        total.append(total[-1] + load)
    count = len(loads)
    best = [[math.inf] * (count + 1) for _ in range(weeks + 1)]
    came = [[0] * (count + 1) for _ in range(weeks + 1)]
    best[0][0] = 0
    for week in range(1, weeks + 1):
        for end in range(week, count + 1):
            for start in range(week - 1, end):
                load = total[end] - total[start]
                cost = best[week - 1][start] + load**2 if load <= most else math.inf
                if cost < best[week][end]:
                    best[week][end], came[week][end] = cost, start
    cuts: list[int] = []
    end = count
    for week in range(weeks, 1, -1):
        end = came[week][end]
        cuts.append(end)
    return cuts[::-1]


def _hours(minutes: float) -> str:
    return f"{minutes / 60:.1f}"


def rows(weeks: Sequence[Week]) -> list[list[str]]:
    """The table: the week, what is read, held and practised, how many hours."""
    return [[str(number), *(_listed(week, kinds) for kinds in (
                (CHAPTER,), (LAB,), (HOMEWORK, EXERCISE))), _hours(week.minutes)]
            for number, week in enumerate(weeks, 1)]  # fmt: skip


def head() -> list[str]:
    return [say(f"schedule.{key}") for key in ("week", "chapters", "labs", "exercises", "hours")]


def _listed(week: Week, kinds: tuple[str, ...]) -> str:
    return "; ".join(_name(item) for item in week.items if item.kind in kinds)


def _name(item: Item) -> str:
    """A chapter and a lab by number and title, an exercise by the id that is typed."""
    number = item.id.split("-")[0]
    if item.kind == HOMEWORK:
        if item.minutes:
            return say("schedule.homework", id=item.id, minutes=item.minutes)
        return say("schedule.in_lab", id=item.id)
    return item.id if item.kind == EXERCISE else f"{number} {item.title[language()]}"


def markdown(weeks: Sequence[Week]) -> str:
    table = [head(), ["---:", "---", "---", "---", "---:"], *rows(weeks)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
                     for row in table)  # fmt: skip


def to_dict(weeks: Sequence[Week]) -> list[dict[str, object]]:
    return [{"week": number, "minutes": week.minutes,
             "items": [{"id": item.id, "kind": item.kind, "minutes": item.minutes}
                       for item in week.items]} for number, week in enumerate(weeks, 1)]
