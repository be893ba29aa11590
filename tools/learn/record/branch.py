# SPDX-License-Identifier: Apache-2.0
"""A scenario that says only how it differs from another.

    what_if = "echo"             the same run, with a fault from outside, or another act
    same_run = "two-connections", alone = "conn1"      the same run, one connection of it

over(base, own)      the TOML of the whole scenario
mark(trace, base)    where the recording leaves that of its base: the fork
strays(trace, base)  is what comes before the fork still the base's?
"""

from __future__ import annotations

from learn.record.errors import RecordError
from learn.say import say

OWN_KEYS = ("what_if", "same_run")


def base_of(toml: dict) -> str | None:
    """The scenario that this one is a branch of."""
    return next((toml[key] for key in OWN_KEYS if key in toml), None)


def over(base: dict, own: dict) -> dict:
    """`own` on top of `base`: a stop or a lane of its own replaces key by key the one
    of that name. The peer's acts are its own, if it has any; one that is `like = 2` is
    the base's second."""
    return {
        **base,
        **own,
        "stop": _replaced(base.get("stop", ()), own.get("stop", ()), _stop_name),
        "lane": _replaced(base.get("lane", ()), own.get("lane", ()), lambda lane: lane["id"]),
        "watch": [*base.get("watch", ()), *own.get("watch", ())],
        "peer": [_act(act, base) for act in own["peer"]] if "peer" in own else base["peer"],
    }


def _act(own: dict, base: dict) -> dict:
    """It stands where the base has it, as long as it says nothing else there."""
    if "like" not in own:
        return own
    acts, number = base["peer"], own["like"]
    if not 1 <= number <= len(acts):
        raise KeyError(f"[[peer]] {number}")
    changed = {key: value for key, value in own.items() if key not in ("like", "line", "file")}
    place = {key: own[key] for key in ("line", "file")} if "en" in own or "do" in own else {}
    return {**acts[number - 1], **place, **changed}


def _stop_name(stop: dict) -> str:
    return stop["syscall"] if "syscall" in stop else stop["fn"]


def _replaced(base, own, name) -> list[dict]:
    made = {name(table): table for table in base}
    for table in own:
        made[name(table)] = {**made.get(name(table), {}), **table}
    return list(made.values())


def mark(trace: dict, base: dict) -> dict:
    """The recording of a what-if with its fork, the first step that is not the base's.

    Lines of the source are not compared: they move with every edit.
    """
    steps = zip(map(bare, trace["steps"]), map(bare, base["steps"]))
    same = next((n for n, (now, was) in enumerate(steps) if now != was), None)
    if same is None:
        told = say("record.no_fork", name=trace["id"], base=base["id"])
        raise RecordError(told, say("record.mend_scenario"))
    head = {key: value for key, value in trace.items() if key not in ("lanes", "steps")}
    fork = {"of": base["id"], "fork": same + 1, "title": trace["title"]}
    return {**head, "what_if": fork, "lanes": trace["lanes"], "steps": trace["steps"]}


def strays(trace: dict, base: dict) -> list[str]:
    """The first step before the fork that is not the base's, its line included."""
    before = trace["what_if"]["fork"] - 1
    pairs = zip(trace["steps"][:before], base["steps"][:before])
    return [say("record.strays", n=own["n"], base=base["id"])
            for own, was in pairs if own != was][:1]


def bare(step: dict) -> dict:
    """A step without its lines."""
    kept = {key: value for key, value in step.items() if key != "line"}
    return {**kept, "from": step["from"]["fn"]} if "from" in step else kept
