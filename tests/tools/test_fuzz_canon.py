# SPDX-License-Identifier: Apache-2.0
"""The canonical form of a recording: the same for every interleaving of the same lanes and
for other numbers; and whatever the events are, a form or one line."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fuzz_helpers import is_one_line
from learn.record import scenario as scenarios
from learn.record import trace
from learn.record.errors import RecordError
from record_helpers import DATA

SCENARIO = scenarios.load("standin", DATA)
EVENTS = [json.loads(line) for line in (DATA / "standin.ndjson").read_text().splitlines()]
LANES: dict[str, list[dict]] = {}
for _event in EVENTS:
    LANES.setdefault(_event["lane"], []).append(_event)
CANONICAL = trace.build(copy.deepcopy(EVENTS), SCENARIO)


def woven(turns: list[str]) -> list[dict]:
    """The lanes' events, the next one of the lane whose turn it is."""
    rest = {lane: iter(own) for lane, own in LANES.items()}
    return [copy.deepcopy(next(rest[lane])) for lane in turns]


@given(st.permutations([lane for lane, own in LANES.items() for _ in own]))
def test_any_interleaving_has_the_same_form(turns):
    assert trace.build(woven(turns), SCENARIO) == CANONICAL


@given(st.integers(1, 1 << 40), st.permutations(range(1, 60)))
def test_other_descriptors_and_addresses_have_the_same_form(shift, threads):
    fresh = copy.deepcopy(EVENTS)
    for event in fresh:
        args = event.get("args", {})
        for key in ("fd", "epoll", "tag", "ready"):
            if key in args:
                args[key] += shift
        if "thread" in event:
            event["thread"] = threads[event["thread"] % len(threads)]
        if event.get("fn") == "accept4" and isinstance(event.get("ret"), int):
            event["ret"] += shift
        if event.get("fn") == "epoll_wait" and "ret" in event:
            event["ret"] = [{**one, "tag": one["tag"] + shift} for one in event["ret"]]
    assert trace.build(fresh, SCENARIO) == CANONICAL


@st.composite
def broken(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A recording of which some events are lost, doubled, moved or of another lane: the
    program died, or did something else."""
    events = copy.deepcopy(EVENTS)
    for _ in range(draw(st.integers(1, 6))):
        if len(events) < 2:
            break
        at = draw(st.integers(0, len(events) - 1))
        change = draw(st.sampled_from(["lose", "double", "move", "end", "lane", "thread"]))
        if change == "lose":
            del events[at]
        elif change == "double":
            events.insert(at, copy.deepcopy(events[at]))
        elif change == "move":
            events.insert(draw(st.integers(0, len(events) - 1)), events.pop(at))
        elif change == "end":
            del events[max(at, 1) :]
        elif events[at]["lane"] != SCENARIO.peer and change == "lane":
            others = [lane for lane in LANES if lane != SCENARIO.peer]
            events[at]["lane"] = draw(st.sampled_from(others))
        elif change == "thread":
            events[at]["thread"] = draw(st.integers(0, 5))
    return events


@given(broken())
def test_a_broken_recording_is_a_form_or_refused_in_one_line(events):
    try:
        made = trace.build(copy.deepcopy(events), SCENARIO)
    except RecordError as problem:
        assert is_one_line(problem)
        return
    assert trace.differences(made, made) == []
    assert made == trace.build(events, SCENARIO)
