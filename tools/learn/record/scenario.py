# SPDX-License-Identifier: Apache-2.0
"""diagrams/scenarios/<id>.toml: what is run, where to stop, what to show, in which words.

What many scenarios share, threads and state, stands in diagrams/common.toml:
`lanes = ["peer", "poller"]` takes two. story.py says what a scenario is made of.
"""

from __future__ import annotations

import errno
import tomllib
from pathlib import Path

from learn import paths, shape
from learn.record import branch
from learn.record.errors import ScenarioError
from learn.record.story import Act, Fault, Lane, Scenario, Stop, wrong
from learn.say import say

ACTIONS = ("connect", "send", "read", "end", "shutdown", "reset", "close",  # a client's
           "accept", "signal", "go", "wait")
LISTENS = ("yes", "refuses", "full")
SYSCALLS = ("accept4", "recv", "readv", "read", "send", "sendmsg", "write", "close", "shutdown",
            "socket", "connect", "poll", "listen", "epoll_ctl", "epoll_wait")
NAMING = ("accept4", "connect", "epoll_ctl")  # always watched: they say which descriptor is what
PART_KEYS = {"of", "path", "as"}
# The types of what a scenario says; story.py tells what each means.
_NAMES = (str, [str])
_PHASE = {"time": int, "en": str, "zh": str}
_STOP = {
    **dict.fromkeys(("fn", "syscall"), str),
    **dict.fromkeys(("en", "zh", "to", "starts", "wakes"), _NAMES),
    **{name: [str] for name in ("args", "show", "after")},
    "back": {...: _NAMES}, "first": int, "vague": bool, "phase": (_PHASE, [_PHASE]),
}  # fmt: skip
_ACT = {
    **dict.fromkeys(("do", "data", "en", "zh"), str),
    **dict.fromkeys(("bytes", "client", "like"), int),
    "phase": shape.BOTH, "then": [str], "ends": bool,
}  # fmt: skip
_FAULT = {"syscall": str, "time": int, "error": str, "done": bool}
TYPES = {
    **dict.fromkeys(("program", "what_if", "same_run", "alone"), str),
    **{name: [str] for name in ("flags", "lanes", "watch")},
    "title": shape.BOTH, "doorbell": bool, "state": {...: {...: str}}, "peer": [_ACT],
    "lane": [{"id": str, "en": str, "zh": str, "root": str, "rest": _NAMES, "thread": str}],
    "stop": [_STOP], "fault": (_FAULT, [_FAULT]),
    "begin": {"then": [str], "phase": shape.BOTH, "listens": str, "ends": bool},
}  # fmt: skip


def names(root: Path = paths.ROOT) -> list[str]:
    return sorted(file.stem for file in (root / "diagrams" / "scenarios").glob("*.toml"))


def load(name: str, root: Path = paths.ROOT) -> Scenario:
    """The scenario `name`, checked."""
    file = f"diagrams/scenarios/{name}.toml"
    try:
        toml = _parsed(name, root)
        if base := branch.base_of(toml):
            toml = branch.over(_parsed(base, root), toml)
        shared = root / "diagrams" / "common.toml"
        common = tomllib.loads(shared.read_text(encoding="utf-8")) if shared.is_file() else {}
        return _Reader(name, file, toml, common).scenario()
    except ValueError as error:  # no TOML, or no UTF-8
        raise wrong(file, " ".join(str(error).split())) from None
    except KeyError as error:
        raise wrong(file, say("record.missing", name=error.args[0])) from None


def _parsed(name: str, root: Path) -> dict:
    """The file as it stands; each act knows its place in it."""
    path = root / "diagrams" / "scenarios" / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(names(root)) or "-"
        raise ScenarioError(say("record.no_scenario", name=name, known=known), "./learn record")
    source = path.read_text(encoding="utf-8")
    toml = tomllib.loads(source)
    if problem := shape.problem(toml, TYPES):
        raise wrong(f"diagrams/scenarios/{name}.toml", problem)
    lines = [number for number, line in enumerate(source.splitlines(), 1)
             if line.strip() == "[[peer]]"]
    for act, line in zip(toml.get("peer", ()), lines):
        act |= {"line": line, "file": f"diagrams/scenarios/{name}.toml"}
    return toml


class _Reader:
    """TOML to Scenario; refuses what it does not know."""

    def __init__(self, name: str, file: str, toml: dict, common: dict) -> None:
        self.name, self.file, self.toml, self.common = name, file, toml, common

    def refuse(self, key: str, **values: str) -> None:
        raise wrong(self.file, say(f"record.{key}", **values))

    def scenario(self) -> Scenario:
        toml, begin = self.toml, self.toml.get("begin", {})
        self.only(toml, {"program", "flags", "title", "lanes", "lane", "state", "watch", "stop",
                         "begin", "peer", "doorbell", "what_if", "same_run", "alone", "fault"})
        self.only(begin, {"then", "phase", "listens", "ends"})
        made = Scenario(
            id=self.name,
            file=self.file,
            title=_both(toml, "title"),
            program=toml["program"],
            flags=tuple(toml["flags"]),
            lanes=self.lanes(),
            stops=self.stops(),
            acts=tuple(map(self.act, toml.get("peer", ()))),
            begin=tuple(begin.get("then", ())),
            phase=_both(begin, "phase") if "phase" in begin else None,
            state={**self.common.get("state", {}), **toml.get("state", {})},
            listens=begin.get("listens"),
            ends=begin.get("ends", False),
            doorbell=toml.get("doorbell", False),
            what_if=toml.get("what_if"),
            same_run=toml.get("same_run"),
            alone=toml.get("alone"),
            faults=tuple(map(self.fault, _tables(toml.get("fault", ())))),
        )
        self.check(made)
        return made

    def lanes(self) -> tuple[Lane, ...]:
        """Those of common.toml that are named, in this order, then its own. One of its own
        that is named as well changes that one."""
        shared = self.common.get("lane", {})
        named = self.toml.get("lanes", [])
        if unknown := [name for name in named if name not in shared]:
            self.refuse("unknown_word", word=unknown[0], words=", ".join(shared))
        tables = {name: {"id": name, **shared[name]} for name in named}
        for table in self.toml.get("lane", ()):
            tables[table["id"]] = {**tables.get(table["id"], {}), **table}
        return tuple(map(self.lane, tables.values()))

    def lane(self, table: dict) -> Lane:
        self.only(table, {"id", "en", "zh", "root", "rest", "thread"})
        return Lane(table["id"], _both(table), table.get("root"), _list(table.get("rest", ())),
                    table.get("thread"))

    def stops(self) -> tuple[Stop, ...]:
        """Those with words, those only for the lock-step (`watch`), those for the names."""
        told = tuple(self.stop(table) for table in self.toml["stop"])
        known = {stop.fn for stop in told}
        silent = dict.fromkeys(fn for fn in (*self.toml.get("watch", ()), *NAMING)
                               if fn not in known)
        return told + tuple(Stop(fn, fn in SYSCALLS, {}, {}) for fn in silent)

    def stop(self, table: dict) -> Stop:
        self.only(table, {"fn", "syscall", "en", "zh", "back", "args", "show", "after", "to",
                          "starts", "wakes", "first", "vague", "phase"})
        syscall = "syscall" in table
        if syscall and table["syscall"] not in SYSCALLS:
            self.refuse("unknown_word", word=table["syscall"], words=", ".join(SYSCALLS))
        lists = {key: tuple(table.get(key, ())) for key in ("args", "show", "after")}
        return Stop(
            fn=table["syscall"] if syscall else table["fn"],
            syscall=syscall,
            text=self.sentences(table),
            back=self.sentences(table["back"]) if "back" in table else {},
            to=_list(table.get("to", ())),
            starts=_list(table.get("starts", ())),
            wakes=_list(table.get("wakes", ())),
            first=table.get("first", 0),
            vague=table.get("vague", False),
            phases=tuple(self.phase(one) for one in _tables(table.get("phase", ()))),
            **lists,
        )

    def phase(self, table: dict) -> tuple[int, dict[str, str]]:
        self.only(table, {"time", "en", "zh"})
        return table.get("time", 1), _both(table)

    def fault(self, table: dict) -> Fault:
        self.only(table, {"syscall", "time", "error", "done"})
        if not isinstance(getattr(errno, table["error"], None), int):
            self.refuse("unknown_word", word=table["error"], words="EINTR, EAGAIN, …")
        return Fault(table["syscall"], table.get("time", 1), table["error"],
                     table.get("done", False))

    def act(self, table: dict) -> Act:
        self.only(table, {"do", "data", "bytes", "en", "zh", "phase", "then", "client", "ends",
                          "line", "file"})
        if table["do"] not in ACTIONS:
            self.refuse("unknown_word", word=table["do"], words=", ".join(ACTIONS))
        data = table.get("data", "").encode() or b"x" * table.get("bytes", 0)
        phase = _both(table, "phase") if "phase" in table else None
        return Act(table["do"], data, _both(table), phase, tuple(table.get("then", ())),
                   table["line"], table.get("client", 1), table.get("ends", False),
                   table["file"])

    def sentences(self, table: dict) -> dict[str, list[str]]:
        both = {language: table[language] for language in ("en", "zh")}
        both = {key: [text] if isinstance(text, str) else text for key, text in both.items()}
        if len(both["en"]) != len(both["zh"]) or not both["en"]:
            self.refuse("sentences", at=(both["en"] or both["zh"] or ["?"])[0])
        return both

    def only(self, table: dict, keys: set[str]) -> None:
        if unknown := sorted(set(table) - keys):
            self.refuse("unknown_key", name=unknown[0], keys=", ".join(sorted(keys)))

    def check(self, made: Scenario) -> None:
        if sum(lane.root is None for lane in made.lanes) != 1:
            self.refuse("one_peer")
        lanes = {lane.id for lane in made.lanes}
        known = {stop.fn for stop in made.stops}
        for stop in made.stops:
            if unknown := [lane for lane in stop.to if lane and lane not in lanes]:
                self.refuse("unknown_word", word=unknown[0], words=", ".join(sorted(lanes)))
            for part in (*stop.show, *stop.after):
                if set(made.state.get(part, ())) != PART_KEYS:
                    self.refuse("no_part", fn=stop.fn, part=part)
        waited = [*made.begin, *(fn for act in made.acts for fn in act.then)]
        starts = [fn for stop in made.stops for fn in (*stop.starts, *stop.wakes) if fn]
        rests = [rest for lane in made.lanes for rest in lane.rest]
        struck = [fault.syscall for fault in made.faults]
        for fn in (name.removeprefix("in ") for name in (*waited, *starts, *rests, *struck)):
            if fn not in known:
                self.refuse("no_stop", fn=fn)
        if made.listens and made.listens not in LISTENS:
            self.refuse("unknown_word", word=made.listens, words=", ".join(LISTENS))


def _both(table: dict, key: str | None = None) -> dict[str, str]:
    inner = table[key] if key else table
    return {"en": inner["en"], "zh": inner["zh"]}


def _list(value: str | list[str]) -> tuple[str, ...]:
    """TOML may say one name alone."""
    return (value,) if isinstance(value, str) else tuple(value)


def _tables(value: dict | list[dict]) -> list[dict]:
    """TOML may give one table alone."""
    return [value] if isinstance(value, dict) else list(value)
