# SPDX-License-Identifier: Apache-2.0
"""diagrams/scenarios/<id>.toml: what is run, where to stop, what to show, in which words.

A scenario names functions. `plan()` looks them up in the symbol index each time it
records, so no line number is ever written down. What many scenarios share, threads
and state, stands in diagrams/common.toml: `lanes = ["peer", "poller"]` takes two.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from learn import paths
from learn.index.symbol import SymbolError
from learn.record.errors import ScenarioError
from learn.say import say

ACTIONS = ("connect", "send", "read", "end", "shutdown", "reset", "close",  # a client's
           "accept", "signal", "go", "wait")
LISTENS = ("yes", "refuses", "full")
SYSCALLS = ("accept4", "recv", "readv", "read", "send", "sendmsg", "write", "close", "shutdown",
            "socket", "connect", "poll", "listen", "epoll_ctl", "epoll_wait")
NAMING = ("accept4", "connect", "epoll_ctl")  # always watched: they say which descriptor is what
PART_KEYS = {"of", "path", "as"}


@dataclass(frozen=True)
class Lane:
    """A line of the sequence: a thread by its role, or the peer."""

    id: str
    label: dict[str, str]
    root: str | None  # the outermost function of ours on the thread's stack; None: the peer
    rest: tuple[str, ...]  # it rests in a system call, after a function, or `in` a function
    thread: str | None = None  # the thread's name, where several have one root


@dataclass(frozen=True)
class Stop:
    """A function or a system call that becomes a step."""

    fn: str
    syscall: bool
    text: dict[str, list[str]]  # one sentence for each time; the last one stays; "": no step
    back: dict[str, list[str]]  # for its return, when that is a step of its own
    args: tuple[str, ...] = ()
    show: tuple[str, ...] = ()  # state before, and
    after: tuple[str, ...] = ()  # after it
    to: tuple[str, ...] = ()  # the lane that it wakes, each time; the last one stays
    starts: str | None = None  # the function that begins there because of it, or
    wakes: str | None = None  # the one that returns there
    first: int = 0  # shown only so many times; 0 always
    vague: bool = False  # how many bytes is the kernel's choice: `all` or `part`

    def sentence(self, kind: str, time: int) -> dict[str, str]:
        """Of a call or a return, the time-th of its kind; {}: that is no step."""
        words = self.back if kind == "return" else self.text
        if not words or (self.first and time >= self.first):
            return {}
        told = {language: texts[min(time, len(texts) - 1)] for language, texts in words.items()}
        return told if told["en"] else {}

    @property
    def hidden(self) -> bool:
        """Only for the lock-step, never a step."""
        return not self.text

    @property
    def name(self) -> str:
        """Without the parameters that pick an overload."""
        return self.fn.split("(")[0]


@dataclass(frozen=True)
class Act:
    """What the peer does, and what the program must have done before it goes on."""

    do: str
    data: bytes
    text: dict[str, str]
    phase: dict[str, str] | None
    then: tuple[str, ...]
    line: int
    client: int = 1  # which of several
    ends: bool = False  # the program ends after it


@dataclass(frozen=True)
class Scenario:
    id: str
    file: str
    title: dict[str, str]
    program: str
    flags: tuple[str, ...]
    lanes: tuple[Lane, ...]
    stops: tuple[Stop, ...]
    acts: tuple[Act, ...]
    begin: tuple[str, ...]  # what must have happened before the peer comes
    phase: dict[str, str] | None  # the title of that part
    state: dict[str, dict] = field(default_factory=dict)
    listens: str | None = None  # the program dials: `{peer}` in its flags is this peer
    ends: bool = False  # the program ends by itself, without an act of the peer
    doorbell: bool = False  # the poller's wakes by its eventfd are steps, too

    @property
    def connects(self) -> bool:
        return any(act.do == "connect" for act in self.acts)

    @property
    def peer(self) -> str:
        return next(lane.id for lane in self.lanes if lane.root is None)

    def stop(self, fn: str) -> Stop:
        return next(stop for stop in self.stops if stop.fn == fn)

    def plan(self, index, root: Path) -> dict:
        """What gdb gets: every name looked up."""
        return {
            "root": str(root),
            "lanes": [{"id": lane.id, "root": lane.root, "thread": lane.thread}
                      for lane in self.lanes if lane.root],
            "state": self.state,
            "stops": [self._resolve(stop, index) for stop in self.stops],
        }

    def wrong(self, what: str, mend: str) -> ScenarioError:
        return wrong(self.file, what, mend)

    def _resolve(self, stop: Stop, index) -> dict:
        common = {"fn": stop.fn, "syscall": stop.syscall, "args": stop.args, "show": stop.show,
                  "after": stop.after}
        if stop.syscall:
            return {**common, "symbol": stop.fn}
        try:
            symbol = index.find(stop.fn)
        except SymbolError as error:
            raise self.wrong(str(error), "mend_name") from None
        if symbol.kind != "function" or not symbol.is_definition:
            raise self.wrong(say("record.no_body", fn=stop.fn), "mend_name")
        return {**common, "symbol": symbol.name, "file": symbol.file, "line": symbol.start,
                "start": symbol.comment_start, "end": symbol.end}


def names(root: Path = paths.ROOT) -> list[str]:
    return sorted(file.stem for file in (root / "diagrams" / "scenarios").glob("*.toml"))


def load(name: str, root: Path = paths.ROOT) -> Scenario:
    """The scenario `name`, checked."""
    path = root / "diagrams" / "scenarios" / f"{name}.toml"
    file = f"diagrams/scenarios/{name}.toml"
    if not path.is_file():
        known = ", ".join(names(root)) or "-"
        raise ScenarioError(say("record.no_scenario", name=name, known=known), "./learn record")
    source = path.read_text(encoding="utf-8")
    shared = root / "diagrams" / "common.toml"
    try:
        common = tomllib.loads(shared.read_text(encoding="utf-8")) if shared.is_file() else {}
        return _Reader(name, file, source, common).scenario()
    except tomllib.TOMLDecodeError as error:
        raise wrong(file, str(error)) from None
    except KeyError as error:
        raise wrong(file, say("record.missing", name=error.args[0])) from None


def wrong(file: str, what: str, mend: str = "mend_scenario") -> ScenarioError:
    return ScenarioError(say("record.in_file", file=file, what=what), say(f"record.{mend}"))


class _Reader:
    """TOML to Scenario; refuses what it does not know."""

    def __init__(self, name: str, file: str, source: str, common: dict) -> None:
        self.name, self.file, self.toml = name, file, tomllib.loads(source)
        self.common = common
        self.act_lines = [number for number, line in enumerate(source.splitlines(), 1)
                          if line.strip() == "[[peer]]"]

    def refuse(self, key: str, **values: str) -> None:
        raise wrong(self.file, say(f"record.{key}", **values))

    def scenario(self) -> Scenario:
        toml, begin = self.toml, self.toml.get("begin", {})
        self.only(toml, {"program", "flags", "title", "lanes", "lane", "state", "watch", "stop",
                         "begin", "peer", "doorbell"})
        self.only(begin, {"then", "phase", "listens", "ends"})
        made = Scenario(
            id=self.name,
            file=self.file,
            title=_both(toml, "title"),
            program=toml["program"],
            flags=tuple(toml["flags"]),
            lanes=self.lanes(),
            stops=self.stops(),
            acts=tuple(map(self.act, toml.get("peer", ()), self.act_lines)),
            begin=tuple(begin.get("then", ())),
            phase=_both(begin, "phase") if "phase" in begin else None,
            state={**self.common.get("state", {}), **toml.get("state", {})},
            listens=begin.get("listens"),
            ends=begin.get("ends", False),
            doorbell=toml.get("doorbell", False),
        )
        self.check(made)
        return made

    def lanes(self) -> tuple[Lane, ...]:
        """Those of common.toml that are named, in this order, then its own."""
        shared = self.common.get("lane", {})
        named = self.toml.get("lanes", [])
        if unknown := [name for name in named if name not in shared]:
            self.refuse("unknown_word", word=unknown[0], words=", ".join(shared))
        tables = [{"id": name, **shared[name]} for name in named]
        return tuple(self.lane(table) for table in (*tables, *self.toml.get("lane", ())))

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
                          "starts", "wakes", "first", "vague"})
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
            starts=table.get("starts"),
            wakes=table.get("wakes"),
            first=table.get("first", 0),
            vague=table.get("vague", False),
            **lists,
        )

    def act(self, table: dict, line: int) -> Act:
        self.only(table, {"do", "data", "bytes", "en", "zh", "phase", "then", "client", "ends"})
        if table["do"] not in ACTIONS:
            self.refuse("unknown_word", word=table["do"], words=", ".join(ACTIONS))
        data = table.get("data", "").encode() or b"x" * table.get("bytes", 0)
        phase = _both(table, "phase") if "phase" in table else None
        return Act(table["do"], data, _both(table), phase, tuple(table.get("then", ())), line,
                   table.get("client", 1), table.get("ends", False))

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
            if unknown := [lane for lane in stop.to if lane not in lanes]:
                self.refuse("unknown_word", word=unknown[0], words=", ".join(sorted(lanes)))
            for part in (*stop.show, *stop.after):
                if set(made.state.get(part, ())) != PART_KEYS:
                    self.refuse("no_part", fn=stop.fn, part=part)
        waited = [*made.begin, *(fn for act in made.acts for fn in act.then)]
        starts = [fn for stop in made.stops for fn in (stop.starts, stop.wakes) if fn]
        rests = [rest for lane in made.lanes for rest in lane.rest]
        for fn in (name.removeprefix("in ") for name in (*waited, *starts, *rests)):
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
