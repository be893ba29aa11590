# SPDX-License-Identifier: Apache-2.0
"""What if: a scenario that takes another and puts a fault into it; one connection alone."""

from __future__ import annotations

import copy
import json
from contextlib import contextmanager

import pytest

from learn.record import arrows, branch, canon, connections, trace
from learn.record import scenario as scenarios
from learn.record.errors import RecordError, ScenarioError
from record_helpers import DATA, bench, workshop
from test_canon import EVENTS, FORM, SCENARIO, interleaved

HEAD = '''what_if = "standin"
[title]
en = "The reading fails"
zh = "读失败"
'''
FAILS = HEAD + '''
[fault]
syscall = "recv"
error = "ECONNRESET"

[[stop]]
syscall = "recv"
en = "Fails."
zh = "失败。"

[[peer]]
like = 1

[[peer]]
like = 2
then = ["close"]
'''


@contextmanager
def scenario_file(name: str, text: str):
    path = workshop() / "diagrams" / "scenarios" / f"{name}.toml"
    path.write_text(text)
    try:
        yield path
    finally:
        path.unlink()


@pytest.fixture
def base():
    trace.write(FORM, trace.path_of("standin", workshop()))


def test_a_fault_from_outside_forks_the_recording(base):
    with scenario_file("standin+fails", FAILS):
        made = bench().record("standin+fails")

    fork = next(s["n"] for s in FORM["steps"] if s["fn"] == "recv")
    assert made["what_if"] == {"of": "standin", "fork": fork,
                               "title": {"en": "The reading fails", "zh": "读失败"}}
    same = [list(map(branch.bare, t["steps"][: fork - 1])) for t in (made, FORM)]
    assert same[0] == same[1]
    told = [(s["fn"], s.get("ret")) for s in made["steps"][fork - 1 :]]
    assert told == [("recv", "ECONNRESET"), ("epoll_ctl", 0), ("close", 0)]


def test_a_fault_need_not_keep_the_kernel_from_its_work(base):
    kept = FAILS.replace('error = "ECONNRESET"', 'error = "ECONNRESET"\ndone = true')
    with scenario_file("standin+fails", kept):
        made = bench().record("standin+fails")

    assert [s["ret"] for s in made["steps"] if s["fn"] == "recv"] == ["ECONNRESET"]


def test_a_what_if_that_changes_nothing_is_refused(base):
    with scenario_file("standin+same", HEAD), pytest.raises(RecordError) as refused:
        bench().record("standin+same")

    assert "standin" in str(refused.value) and "\n" not in str(refused.value)


def test_the_comparison_is_red_when_the_shared_part_is_no_longer_shared(base):
    with scenario_file("standin+fails", FAILS):
        made = bench().record("standin+fails")
        path = trace.path_of("standin+fails", workshop())
        good = trace.text_of(made)
        try:
            path.write_text(good)
            assert bench().compare("standin+fails", 1).problems == []
            made["steps"][0]["text"]["en"] = "Something else."
            assert branch.strays(made, FORM) and not branch.strays(json.loads(good), FORM)
            later = copy.deepcopy(json.loads(good))
            later["what_if"]["fork"] += 1
            path.write_text(trace.text_of(later))
            told = bench().compare("standin+fails", 1).problems
        finally:
            path.unlink()

    assert "what_if" in told[0].text and told[0].mend == "./learn record standin+fails"


@pytest.mark.parametrize(("old", "new", "said"), [
    ('error = "ECONNRESET"', 'error = "EWHAT"', "EWHAT"),
    ('syscall = "recv"\nerror', 'syscall = "poll"\nerror', "poll"),
    ("like = 2", "like = 5", "5"),
    ('what_if = "standin"', 'what_if = "stand"', "stand"),
])
def test_a_broken_branch_is_one_line(old, new, said):
    assert old in FAILS
    with scenario_file("standin+fails", FAILS.replace(old, new)):
        with pytest.raises(ScenarioError) as refused:
            scenarios.load("standin+fails", workshop())
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_an_act_that_is_like_another_stands_where_that_one_does():
    with scenario_file("standin+fails", FAILS):
        made = scenarios.load("standin+fails", workshop())

    assert [(a.file, a.line) for a in made.acts] == [(a.file, a.line) for a in SCENARIO.acts[:2]]
    assert made.acts[1].then == ("close",) and made.acts[0] == SCENARIO.acts[0]


def test_a_part_of_the_story_may_begin_with_a_stop(tmp_path):
    text = (DATA / "diagrams" / "scenarios" / "standin.toml").read_text()
    words = 'en = "Reads."'
    phase = 'phase = [{time = 2, en = "The end", zh = "结尾"}]\n'
    folder = tmp_path / "diagrams" / "scenarios"
    folder.mkdir(parents=True)
    (folder / "standin.toml").write_text(text.replace(words, phase + words))
    made = trace.build(EVENTS, scenarios.load("standin", tmp_path))

    reads = [s.get("phase", {}).get("en") for s in made["steps"] if s["fn"] == "recv"]
    assert reads == [None, "The end"]


def test_what_reaches_a_sleeping_poller_comes_before_its_wake():
    """Broken variant: the call waits, and the epoll_wait that it follows is told too early."""
    wait, woken, later = (arrows.Item("poller", kind, at, {"fn": fn}) for at, (kind, fn) in
                          enumerate([("syscall", "epoll_wait"), ("call", "f"), ("call", "f")]))

    assert list(arrows.begun([wait, woken, later], "call", "f")) == [wait, later]
    assert [arrows.of_time(("a", "", "b"), time) for time in range(4)] == ["a", "", "b", "b"]


def two(events: list[dict]) -> list[dict]:
    """The events of the stand-in once more, for a second connection on other threads."""
    first = [e for e in events if e["lane"] in ("poller", "worker")]
    second = copy.deepcopy(first)
    for number, own in ((100, first), (200, second)):
        for event in own:
            if event["fn"].startswith("Connection::"):
                event["self"] = number
    conn = next(e["ret"] for e in first if e.get("fn") == "accept4" and e["kind"] == "exit")
    for event in second:
        if event.get("args", {}).get("fd") == conn:
            event["args"]["fd"] = conn + 50
        if event["fn"] == "accept4" and event.get("ret") == conn:
            event["ret"] = conn + 50
    return first + [{**e, "lane": e["lane"] + "2"} for e in second]


def test_each_event_knows_its_connection():
    """Broken variant: by the lane alone, so that a worker that serves both is wrong."""
    events = two(copy.deepcopy(EVENTS))
    lanes: dict[str, list[dict]] = {}
    for event in events:
        lanes.setdefault(event["lane"].removesuffix("2") if "worker" in event["lane"]
                         else event["lane"], []).append(event)
    connections.name(lanes, canon.Roles(list(lanes.values())))

    served = [e["conn"] for e in lanes["worker"] if e["kind"] == "enter"]
    half = len(served) // 2
    assert served == ["conn1"] * half + ["conn2"] * half


def test_alone_is_a_part_of_the_same_run(base):
    run = HEAD.replace('what_if = "standin"', 'same_run = "standin"\nalone = "conn"')
    other = run.replace('alone = "conn"', 'alone = "conn2"')
    with scenario_file("standin-1", run), scenario_file("standin-2", other):
        kept = [trace.build(interleaved(EVENTS, 3), scenarios.load(name, workshop()))
                for name in ("standin-1", "standin-2")]

    assert kept[0]["alone"] == {"of": "standin", "conn": "conn"}
    assert not any(s["fn"] in ("recv", "close") for s in kept[1]["steps"])
    assert [s["n"] for s in kept[0]["steps"]] == list(range(1, len(kept[0]["steps"]) + 1))
    assert [s["fn"] for s in kept[0]["steps"]][-3:] == ["recv", "epoll_ctl", "close"]
