# SPDX-License-Identifier: Apache-2.0
"""diagrams/traces/<id>.json: the canonical recording that diagrams and player are made from.

    build(events, scenario)      raw events to a trace
    write(trace)                 all of it or nothing: a new file, then a rename
    differences(old, new)        without line numbers: they move with every edit
    moved_lines(old, new)        with them, when a fresh recording is at hand
    stale_lines(trace, index)    without one: is each line still inside its function?
"""

from __future__ import annotations

import errno
import json
import os
from itertools import zip_longest
from pathlib import Path

from learn import paths
from learn.record import branch, connections
from learn.record.canon import Item, canonical
from learn.record.errors import EnvironmentRefuses, RecordError
from learn.record.story import Act, Scenario
from learn.say import say

VERSION = 2  # of the form of a record; read() refuses another
SHOWN_DIFFERENCES = 3
SHOWN_BYTES = 64
HEAD = ("id", "title", "what_if", "alone", "lanes")


def build(events: list[dict], scenario: Scenario, base: dict | None = None) -> dict:
    """The trace of one recording; `base` is that of the scenario it is a branch of."""
    steps: list[dict] = []
    phase = scenario.phase
    for item in canonical(events, scenario):
        phase = _phase(item, scenario) or phase
        if not connections.is_about(item.conn, scenario.alone):
            continue
        step = _step(item, scenario)
        if phase:
            step["phase"], phase = phase, None
        steps.append({"n": len(steps) + 1, **step})
    alone = {"of": scenario.same_run, "conn": scenario.alone}
    made = {
        "license": "SPDX-License-Identifier: Apache-2.0",
        "version": VERSION,
        "id": scenario.id,
        "title": scenario.title,
        **({"alone": alone} if scenario.alone else {}),
        "lanes": [{"id": lane.id, **lane.label} for lane in scenario.lanes
                  if any(lane.id in (s["lane"], s.get("to_lane")) for s in steps)],
        "steps": steps,
    }
    return branch.mark(made, base) if base else made


def _phase(item: Item, scenario: Scenario) -> dict[str, str] | None:
    """The title of the phase that begins with this step."""
    if item.kind == "peer":
        return scenario.acts[item.event["act"]].phase
    if item.kind == "return":
        return None
    return scenario.stop(item.event["fn"]).phase_at(item.time)


def _step(item: Item, scenario: Scenario) -> dict:
    step: dict = {"lane": item.lane, "kind": "message" if item.kind == "peer" else item.kind}
    if item.kind == "peer":
        act = scenario.acts[item.event["act"]]
        step |= {"fn": act.do, "file": act.file, "line": act.line, "in": act.do}
        step["args"] = _sent(act)
        step["text"] = act.text
    else:
        event, stop = item.event, scenario.stop(item.event["fn"])
        site = event["from"] and {**event["from"], "fn": short(event["from"]["fn"])}
        step["fn"] = stop.name
        if stop.syscall:
            step |= {"file": site["file"], "line": site["line"], "in": site["fn"]}
        else:
            step |= {**event["at"], "in": stop.name}
            step["from"] = site
        step["args"] = event["args"] if item.kind != "return" else {}
        step["text"] = stop.sentence(item.kind, item.time)
        step["depth"] = item.depth
    step["ret"] = item.ret
    if item.kind == "syscall" and stop.vague:
        _vague(step)
    before = item.event.get("state") or {}
    step["state"] = item.after if item.kind == "return" else {**before, **item.after}
    if item.epoll is not None:
        step["state"] = {**step["state"], "epoll": item.epoll}
    if item.to or _reaches_peer(step, scenario):
        step["to_lane"] = item.to or scenario.peer
    return {key: value for key, value in step.items() if value not in (None, {})}


def _sent(act: Act) -> dict:
    """What the peer sends; of many equal bytes only how many."""
    if act.do != "send":
        return {}
    many = len(act.data) > SHOWN_BYTES
    return {"bytes": len(act.data)} if many else {"data": act.data.decode()}


def short(name: str) -> str:
    return name.removeprefix("netpoll::")


def _vague(step: dict) -> None:
    """Without what is the kernel's choice: numbers of bytes; and whether a wait that reports
    the end reports room to send as well, which comes of the peer's end only a moment later."""
    size, ret = step["args"].pop("size", None), step["ret"]
    if isinstance(ret, int) and ret > 0:
        step["ret"] = "all" if ret == size else "part"
    if step["fn"] == "epoll_wait":
        step["ret"] = [one.replace("|OUT", "") if "HUP" in one else one for one in ret]


def _reaches_peer(step: dict, scenario: Scenario) -> bool:
    """Bytes that go out on a connection arrive at the peer."""
    if step["fn"] not in ("send", "sendmsg", "write") or step["kind"] != "syscall":
        return False
    went = isinstance(step["ret"], int) or step["ret"] in ("all", "part")
    return str(step["args"].get("fd", "")).startswith("conn") and went


def text_of(trace: dict) -> str:
    """One step a line, so that a change reads well in git."""
    head = {key: value for key, value in trace.items() if key != "steps"}
    lines = [json.dumps(step, ensure_ascii=False) for step in trace["steps"]]
    body = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
    return body + ',\n "steps": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"


def path_of(name: str, root: Path = paths.ROOT) -> Path:
    return root / "diagrams" / "traces" / f"{name}.json"


def write(trace: dict, path: Path) -> None:
    """The whole file or none of it."""
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as file:
            file.write(text_of(trace))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            told = say("record.no_room", file=path.name)
            raise EnvironmentRefuses(told, say("record.make_room")) from None
        told = say("record.cannot_write", file=path.name, why=error.strerror)
        raise EnvironmentRefuses(told, say("record.mend_rights")) from None


def read(name: str, root: Path = paths.ROOT) -> dict:
    path = path_of(name, root)
    file = f"diagrams/traces/{name}.json"
    try:
        trace = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        told = say("record.no_trace", file=file)
        raise RecordError(told, f"./learn record {name}") from None
    except ValueError as error:
        told = say("record.bad_trace", file=file, why=error)
        raise RecordError(told, f"./learn record {name}") from None
    version = trace.get("version", 1) if isinstance(trace, dict) else None
    if version != VERSION:
        told = say("record.other_version", file=file, version=version, wanted=VERSION)
        raise RecordError(told, f"./learn record {name}")
    return trace


def without_lines(trace: dict) -> dict:
    """A trace as it is compared."""
    return {**trace, "steps": list(map(branch.bare, trace["steps"]))}


def differences(old: dict, new: dict) -> list[tuple[int, str]]:
    """The first few: (step, what differs); empty when they tell the same."""
    a, b = without_lines(old), without_lines(new)
    found = [(0, f"{key} differs") for key in HEAD if a.get(key) != b.get(key)]
    for was, now in zip(a["steps"], b["steps"]):
        if was != now:
            keys = [key for key in {**was, **now} if was.get(key) != now.get(key)]
            changed = ", ".join(f"{key} {_brief(was.get(key))} is now {_brief(now.get(key))}"
                                for key in keys[:3])
            found.append((was["n"], f"step {was['n']} ({was['lane']}: {was['fn']}): {changed}"))
    if len(a["steps"]) != len(b["steps"]):
        found.append((0, f"{len(a['steps'])} steps are now {len(b['steps'])}"))
    return found[:SHOWN_DIFFERENCES]


def first_difference(old: dict, new: dict) -> tuple[dict | None, dict | None] | None:
    """The step of each at which they part, lines aside; None in place of a step: it ended."""
    for was, now in zip_longest(old["steps"], new["steps"]):
        if was is None or now is None or branch.bare(was) != branch.bare(now):
            return was, now
    return None


def _brief(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


def moved_lines(old: dict, new: dict) -> list[str]:
    """For traces that differ in nothing else: the lines that are others now."""
    found = []
    for was, now in zip(old["steps"], new["steps"]):
        for a, b in ((was, now), (was.get("from", was), now.get("from", now))):
            if (a["file"], a["line"]) != (b["file"], b["line"]):
                found.append(f"step {was['n']} ({was['fn']}): {a['file']}:{a['line']} "
                             f"is now {b['file']}:{b['line']}")
                break
    return found[:SHOWN_DIFFERENCES]


def stale_lines(trace: dict, index) -> list[str]:
    """Lines that do not lie in the function they are said to lie in."""
    found = []
    for step in trace["steps"]:
        places = [(step["in"], step["file"], step["line"])] if step["kind"] != "message" else []
        if "from" in step:
            places.append((step["from"]["fn"], step["from"]["file"], step["from"]["line"]))
        for fn, file, line in places:
            around = [s for s in index.in_file(file) if s.start <= line <= s.end]
            if fn not in map(index.spoken, around):
                found.append(f"step {step['n']}: line {line} of {file} is not in {fn}")
    return found
