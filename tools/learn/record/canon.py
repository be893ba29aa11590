# SPDX-License-Identifier: Apache-2.0
"""Raw events to canonical form: what any run of the scenario has in common.

1. Per lane, a beginning and its end become one item; an epoll_wait that only
   answers the doorbell, or brings nothing, is dropped (unless that is the story).
2. Descriptors and epoll's tags are called by their role; times, addresses and
   thread numbers are gone.
3. Order: within a lane as it ran; across lanes by the messages between them (the
   peer's acts, and calls that start a function on another thread). What is still
   free is settled by staying in a lane as long as it can go on, then by the order
   of the scenario's lanes.

Only the order within each lane is looked at, so any interleaving of the same lanes
gives the same form.
"""

from __future__ import annotations

from learn.record import connections
from learn.record.arrows import Item, aim_acts, draw_messages
from learn.record.errors import RecordError
from learn.record.story import Scenario
from learn.say import say

WAKE = "doorbell"
DROPPED_ARGS = ("epoll", "ready", "tag", "timeout")


def canonical(events: list[dict], scenario: Scenario) -> list[Item]:
    """The items of a recording in their one order."""
    raw: dict[str, list] = {lane.id: [] for lane in scenario.lanes}
    for event in events:
        if event.get("lane") in raw:
            raw[event["lane"]].append(event)
    nobody = [event for event in events if event.get("lane") == ""]  # of no lane shown
    roles = Roles([*raw.values(), nobody], scenario.doorbell)
    threads = {lane: own for lane, own in raw.items() if lane != scenario.peer}
    connections.name(strands(threads), roles)
    lanes = {}
    for lane, own in raw.items():
        paired = acts(own, scenario) if lane == scenario.peer else pair(own, scenario)
        lanes[lane] = leaves([i for i in paired if keep(i, scenario, roles)], scenario)
    draw_messages(lanes, scenario)
    ordered = in_order(lanes)
    keep_epoll_sets(ordered, nobody, roles)
    for item in ordered:
        if item.kind != "peer":
            item.conn = item.event.get("conn", "")
            item.event = {**item.event, "args": roles.args(item.event)}
            item.ret = roles.result(item)
            if item.event["fn"] == "epoll_wait":
                item.conn = connections.of_wait(item.ret)
    told = with_words(ordered, scenario)
    aim_acts(told, scenario)
    return told


class Roles:
    """Which descriptor is what, by what was done with it."""

    def __init__(self, raw: list[list[dict]], doorbell: bool = False) -> None:
        self.doorbell = doorbell
        self.fds: dict[int, str] = {}
        self.tags: dict[int, str] = {}
        calls = [e for own in raw for e in own if e.get("syscall") and e["kind"] == "exit"]
        accepted = [e["ret"] for e in calls if e["fn"] == "accept4" and isinstance(e["ret"], int)]
        for event in calls:
            if event["fn"] in ("accept4", "listen"):
                self.fds[event["args"]["fd"]] = "listener"
            elif event["fn"] == "connect":
                self.fds[event["args"]["fd"]] = "conn"
        for number, fd in enumerate(dict.fromkeys(accepted), 1):
            self.fds[fd] = "conn" if len(set(accepted)) == 1 else f"conn{number}"
        for event in calls:
            args = event["args"]
            if event["fn"] == "epoll_ctl" and args["op"] == "ADD":
                self.tags[args["tag"]] = self.fd(args["fd"])

    def fd(self, number: int) -> str:
        return self.fds.get(number, WAKE)

    def args(self, event: dict) -> dict:
        args = {key: value for key, value in event["args"].items() if key not in DROPPED_ARGS}
        if event.get("syscall") and "fd" in args:
            args["fd"] = self.fd(args["fd"])
        return args

    def result(self, item: Item) -> object:
        if item.event["fn"] == "epoll_wait":
            return self.ready(item)
        if item.event["fn"] in ("accept4", "socket") and isinstance(item.ret, int):
            return self.fd(item.ret)
        return item.ret

    def ready(self, item: Item) -> list[str]:
        """What an epoll_wait brought, without the doorbell if it is not wanted."""
        if not isinstance(item.ret, list):
            return []
        named = [(self.tags.get(e["tag"], WAKE), e["events"]) for e in item.ret]
        return sorted(f"{role}: {events}" for role, events in named
                      if role != WAKE or self.doorbell)


def strands(lanes: dict[str, list[dict]]) -> dict[str, list[dict]]:
    """The events of each lane thread by thread: calls lie in one another on one thread only."""
    found: dict[str, list[dict]] = {}
    for lane, own in lanes.items():
        for event in own:
            found.setdefault(f"{lane} {event.get('thread')}", []).append(event)
    return found


def acts(own: list[dict], scenario: Scenario) -> list[Item]:
    return [Item(e["lane"], "peer", at, e, ret=e["ret"],
                 conn=f"conn{scenario.acts[e['act']].client}") for at, e in enumerate(own)]


def pair(own: list[dict], scenario: Scenario) -> list[Item]:
    """Beginnings and ends of one lane to items; a call is followed by its return."""
    items: list[Item] = []
    stacks: dict[int | None, list[Item]] = {}  # of each thread
    for at, event in enumerate(own):
        stack = stacks.setdefault(event.get("thread"), [])
        if event["kind"] == "enter":
            kind = "syscall" if event["syscall"] else "call"
            depth = sum(shown(around, scenario) for around in stack)
            item = Item(event["lane"], kind, at, event, depth=depth)
            items.append(item)
            if not event.get("inlined"):
                stack.append(item)
            continue
        while stack and stack[-1].event["fn"] != event["fn"]:
            stack.pop()  # left without a return: a jump, or the end of its thread
        if not stack:
            continue
        begun = stack.pop()
        begun.ret, begun.after = event.get("ret"), event.get("state", {})
        if begun.kind == "call":
            items.append(Item(event["lane"], "return", at, event, depth=begun.depth,
                              ret=event.get("ret"), after=event.get("state", {})))
        elif event["fn"] == "epoll_wait":
            begun.at = at  # it happens when it returns
    return items


def keep(item: Item, scenario: Scenario, roles: Roles) -> bool:
    """Without the turns that only answer the doorbell."""
    if item.kind == "peer":
        return True
    if item.event["fn"] == "epoll_wait":
        return bool(roles.ready(item))
    args = item.event["args"]
    unknown = item.kind == "syscall" and "fd" in args and roles.fd(args["fd"]) == WAKE
    return roles.doorbell or not unknown


def leaves(items: list[Item], scenario: Scenario) -> list[Item]:
    """A call with nothing inside carries its own result; a return with words is a step."""
    kept: list[Item] = []
    for item in items:
        if item.kind != "return":
            kept.append(item)
            continue
        before = [i for i in reversed(kept) if thread(i) == thread(item)]
        last = next((i for i in before if shown(i, scenario)), None)
        leaf = last is not None and last.kind == "call" and last.depth == item.depth
        words = scenario.stop(item.event["fn"]).back
        if leaf and not words and last.event["fn"] == item.event["fn"]:
            continue
        begun = next((i for i in before if i.kind == "call" and i.depth == item.depth
                      and i.event["fn"] == item.event["fn"]), None)
        if begun is None:
            continue
        begun.ret, begun.after = None, {}  # not known yet when it is called
        if words:
            kept.append(item)
    return kept


def thread(item: Item) -> int | None:
    """gdb's number of its thread, which gets into no record."""
    return item.event.get("thread")


def shown(item: Item, scenario: Scenario) -> bool:
    return item.kind == "peer" or not scenario.stop(item.event["fn"]).hidden


def keep_epoll_sets(items: list[Item], earlier: list[dict], roles: Roles) -> None:
    """What an epoll watches after each change of it; `earlier` is what no lane shows."""
    watched: dict[int, dict[str, str]] = {}

    def change(args: dict) -> dict[str, str]:
        one, role = watched.setdefault(args["epoll"], {}), roles.fd(args["fd"])
        one.pop(role, None)
        if args["op"] != "DEL" and (role != WAKE or roles.doorbell):
            one[role] = args["events"]
        return dict(sorted(one.items()))

    for event in earlier:
        if event["kind"] == "exit" and event["fn"] == "epoll_ctl":
            change(event["args"])
    for item in items:
        if item.kind == "syscall" and item.event["fn"] == "epoll_ctl":
            item.epoll = change(item.event["args"])


def with_words(items: list[Item], scenario: Scenario) -> list[Item]:
    """Without the times of which the scenario has nothing to say."""
    times: dict[tuple[str, str], int] = {}
    kept = []
    for item in items:
        if item.kind == "peer":
            kept.append(item)
            continue
        key = (item.event["fn"], "return" if item.kind == "return" else "call")
        item.time = times.get(key, 0)
        times[key] = item.time + 1
        if scenario.stop(item.event["fn"]).sentence(item.kind, item.time):
            kept.append(item)
    return kept


def in_order(lanes: dict[str, list[Item]]) -> list[Item]:
    """Topological; stays in a lane while it can go on."""
    done: list[Item] = []
    passed: set[int] = set()
    at = dict.fromkeys(lanes, 0)
    current = next(iter(lanes))

    def ready(lane: str) -> bool:
        own = lanes[lane]
        return at[lane] < len(own) and all(id(w) in passed for w in own[at[lane]].waits)

    while any(at[lane] < len(own) for lane, own in lanes.items()):
        if not ready(current):
            current = next((lane for lane in lanes if ready(lane)), "")
            if not current:
                raise RecordError(say("record.circle"), say("record.mend_scenario"))
        item = lanes[current][at[current]]
        at[current] += 1
        passed.add(id(item))
        done.append(item)
    return done
