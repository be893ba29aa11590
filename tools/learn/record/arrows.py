# SPDX-License-Identifier: Apache-2.0
"""Who must wait for whom: the messages between the lanes of a recording.

An act of the peer waits for what came before it, and what comes after it waits for the
act. A call with `to` reaches what it starts or wakes in another lane.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from learn.record.story import Scenario, Stop


@dataclass
class Item:
    """One step to be: a call, a system call, a return, or an act of the peer."""

    lane: str
    kind: str  # call syscall return peer
    at: int  # its place among the lane's raw events
    event: dict
    depth: int = 0
    time: int = 0  # how many of its kind came before
    ret: object = None
    after: dict = field(default_factory=dict)
    waits: list[Item] = field(default_factory=list)
    to: str | None = None
    epoll: dict | None = None  # of epoll_ctl: what epoll watches after it
    conn: str = ""  # the connection that it is about, if it is about one


def draw_messages(lanes: dict[str, list[Item]], scenario: Scenario) -> None:
    """Who must wait for whom, besides the item before in the same lane."""
    for act in lanes[scenario.peer]:
        for lane, items in lanes.items():
            if lane == scenario.peer:
                continue
            border = act.event["before"].get(lane, 0)
            earlier = [item for item in items if item.at < border]
            later = [item for item in items if item.at >= border]
            if earlier:
                act.waits.append(earlier[-1])
            if later:
                later[0].waits.append(act)
    for stop in filter(lambda stop: stop.to, scenario.stops):
        draw_wakes(stop, lanes)


def draw_wakes(stop: Stop, lanes: dict[str, list[Item]]) -> None:
    """The k-th call of `stop` reaches the k-th of what it starts or wakes."""
    senders = [i for own in lanes.values() for i in own
               if i.kind != "return" and i.event.get("fn") == stop.fn]
    reached: dict[tuple, Iterator[Item]] = {}
    for time, sender in enumerate(senders):
        lane = of_time(stop.to, time)
        kind, fn = ("return" if stop.wakes else "call"), of_time(stop.wakes or stop.starts, time)
        if not lane:
            continue
        sender.to = lane if sender.lane != lane else None
        if (lane, fn) not in reached:
            reached[lane, fn] = begun(lanes.get(lane, []), kind, fn)
        if item := next(reached[lane, fn], None):
            item.waits.append(sender)


def of_time(words: tuple[str, ...], time: int) -> str:
    """One for each time; the last one stays."""
    return words[min(time, len(words) - 1)] if words else ""


def begun(own: list[Item], kind: str, fn: str) -> Iterator[Item]:
    """Each item of that kind; for one that an epoll_wait has woken, the epoll_wait."""
    for before, item in zip([None, *own], own):
        if (item.kind, item.event.get("fn")) == (kind, fn):
            woken = kind == "call" and before and before.event.get("fn") == "epoll_wait"
            yield before if woken else item


def aim_acts(ordered: list[Item], scenario: Scenario) -> None:
    """An act of the peer points at the thread that it wakes: the next one to do something."""
    for act, following in pairwise(ordered):
        if act.kind == "peer" and following.kind != "peer":
            act.to = following.lane
