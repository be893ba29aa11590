# SPDX-License-Identifier: Apache-2.0
"""A term: what comes before what, how even the weeks are, and which terms cannot be."""

import json
import random
from pathlib import Path
from types import SimpleNamespace

import pytest

from learn import cli, say
from learn.exercise import catalogue
from learn.gate import GREEN, USAGE
from learn.site import chapters
from learn.teacher import lab as labs
from learn.teacher import schedule
from learn.teacher.schedule import CHAPTER, EXERCISE, HOMEWORK, LAB, Item, ScheduleError


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("LEARN_LANG", "en")
    monkeypatch.setattr(say, "_chosen", None)


def both(text):
    return {"en": text, "zh": text}


def chapter(id_, minutes=60, needs=(), planned=False):
    return SimpleNamespace(id=id_, title=both(f"Title {id_}"), minutes=minutes,
                           prerequisites=list(needs), planned=planned)


def exercise(id_, minutes=30, needs=()):
    return SimpleNamespace(id=id_, title=both(id_), minutes=minutes, prerequisites=list(needs))


def lab(name, of, parts):
    steps = [labs.Step(10, both("talk")),
             *(labs.Step(40, both(f"work (exercise {part.id})")) for part in parts)]
    parts = [labs.LabPart(part, 5, [], 0) for part in parts]
    return labs.Lab(name, Path(), Path(), both(name), list(of), parts, [], steps, [])


CHAPTERS = [chapter("01-a"), chapter("02-b", needs=["01-a"]), chapter("03-c", planned=True),
            chapter("04-d", needs=["01-a"])]
FIRST, SECOND, LONG = exercise("01-a/1"), exercise("02-b/1", 35), exercise("02-b/2", 70)
EXERCISES = [FIRST, exercise("01-a/2", needs=["01-a/1"]), SECOND, LONG,
             exercise("04-d/1", needs=["04-d", "02-b/2"])]
LABS = [lab("L1-x", ["01-a", "02-b"], [SECOND, LONG])]


def order(todo):
    return [item.id for item in todo]


def test_everything_stands_once_and_after_what_it_needs():
    todo = schedule.items(CHAPTERS, EXERCISES, LABS)
    assert order(todo) == ["01-a", "01-a/1", "01-a/2", "02-b", "L1-x", "02-b/1", "02-b/2",
                           "04-d", "04-d/1"]
    assert {item.kind for item in todo} == {CHAPTER, EXERCISE, LAB, HOMEWORK}


def test_only_what_is_longer_than_its_steps_is_homework():
    todo = {item.id: item for item in schedule.items(CHAPTERS, EXERCISES, LABS)}
    assert (todo["L1-x"].minutes, todo["02-b/1"].minutes, todo["02-b/2"].minutes) == (90, 0, 30)


def test_a_circle_is_one_line():
    two = [exercise("01-a/1", needs=["01-a/2"]), exercise("01-a/2", needs=["01-a/1"])]
    with pytest.raises(ScheduleError, match="01-a/1, 01-a/2"):
        schedule.items([chapter("01-a")], two, [])


def some(count, chosen=None):
    chosen = chosen or random.Random(3)
    return [Item(f"{n:02}-x", CHAPTER, both("x"), chosen.randrange(10, 120)) for n in range(count)]


@pytest.mark.parametrize("weeks", range(4, 13))
def test_weeks_keep_the_order_and_are_never_empty_or_too_full(weeks):
    todo = some(12)
    planned = schedule.plan(todo, weeks, 5)
    assert [item for week in planned for item in week.items] == todo
    assert len(planned) == weeks and all(week.items for week in planned)
    assert all(week.minutes <= 300 for week in planned)


def test_no_other_cut_is_more_even():
    for seed in range(20):
        todo = some(7, random.Random(seed))
        loads = [item.minutes for item in todo]
        best = min(sum(sum(part) ** 2 for part in (loads[:a], loads[a:b], loads[b:]))
                   for a in range(1, 6) for b in range(a + 1, 7))  # fmt: skip
        assert sum(week.minutes**2 for week in schedule.plan(todo, 3, 100)) == best


def test_a_lab_and_its_homework_are_in_one_week():
    todo = schedule.items(CHAPTERS, EXERCISES, LABS)
    for weeks in range(1, 8):
        where = {item.id: number for number, week in enumerate(schedule.plan(todo, weeks, 20))
                 for item in week.items}  # fmt: skip
        assert where["L1-x"] == where["02-b/1"] == where["02-b/2"]


@pytest.mark.parametrize(("weeks", "hours", "says"), [
    (1, 5, "--weeks 1 at 5 hours a week cannot hold"), (99, 5, "99 weeks are more"),
    (5, 0.5, "alone takes"), (0, 5, "--weeks 0"),
])  # fmt: skip
def test_what_cannot_be_is_one_line(weeks, hours, says):
    with pytest.raises(ScheduleError, match=says) as problem:
        schedule.plan(some(12), weeks, hours)
    assert "\n" not in str(problem.value)


def test_as_many_weeks_as_it_says_are_enough_and_one_less_is_not():
    for seed in range(20):
        todo = some(12, random.Random(seed))
        with pytest.raises(ScheduleError) as problem:
            schedule.plan(todo, 1, 3)
        least = int(str(problem.value).split("take --weeks ")[1].split(",")[0])
        assert len(schedule.plan(todo, least, 3)) == least
        with pytest.raises(ScheduleError):
            schedule.plan(todo, least - 1, 3)


def test_the_table():
    text = schedule.markdown(schedule.plan(schedule.items(CHAPTERS, EXERCISES, LABS), 3, 20))
    lines = text.splitlines()
    assert lines[0] == "| week | chapters | labs | exercises | hours |" and len(lines) == 5
    assert "02-b/1 (in the lab); 02-b/2 (homework, 30 min)" in text and "L1 L1-x" in text
    assert all(line.count("|") == 6 for line in lines)


def test_the_term_of_this_book():
    """All that is there, each once, nothing before what it needs."""
    every = catalogue.load_all()
    known = [labs.load(folder) for folder in labs.folders()]
    todo = schedule.items(chapters.load_all(), every, known)
    place = {item.id: at for at, item in enumerate(todo)}
    assert len(place) == len(todo)
    assert {one.id for one in every} <= set(place)
    for at, item in enumerate(todo):
        assert all(place[name] < at for name in item.needs if name in place), item
    planned = schedule.plan(todo, 12, 10)
    assert [item for week in planned for item in week.items] == todo


def test_the_command(capsys):
    assert cli.main(["teacher", "schedule", "--weeks", "12", "--json"]) == GREEN
    assert len(json.loads(capsys.readouterr().out)["weeks"]) == 12
    assert cli.main(["teacher", "schedule", "--weeks", "12", "--markdown"]) == GREEN
    assert len(capsys.readouterr().out.splitlines()) == 14
    assert cli.main(["teacher", "schedule", "--weeks", "12", "--lang", "zh"]) == GREEN
    assert "共 12 周" in capsys.readouterr().out
    say.use_language("en")
    assert cli.main(["teacher", "schedule", "--weeks", "2"]) == USAGE
    assert capsys.readouterr().err.count("\n") == 1
