# SPDX-License-Identifier: Apache-2.0
"""What a scenario is made of: who is who, where to stop, what the peer does.

scenario.py reads it from diagrams/scenarios/<id>.toml. `Scenario.plan()` looks the
functions up in the symbol index each time it records, so no line number is ever
written down.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from pathlib import Path

from learn.index.symbol import SymbolError
from learn.record.errors import ScenarioError
from learn.say import say


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
    to: tuple[str, ...] = ()  # the lane that it wakes, each time; the last one stays; "": none
    starts: tuple[str, ...] = ()  # the function that begins there because of it, likewise, or
    wakes: tuple[str, ...] = ()  # the one that returns there
    first: int = 0  # shown only so many times; 0 always
    vague: bool = False  # without what is the kernel's choice: trace.py
    phases: tuple[tuple[int, dict[str, str]], ...] = ()  # that begin with it: (which time, title)

    def phase_at(self, time: int) -> dict[str, str] | None:
        """The title of the phase that begins with its time-th call, counted from 0."""
        return next((title for at, title in self.phases if at == time + 1), None)

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
    file: str = ""  # where it stands


@dataclass(frozen=True)
class Fault:
    """A system call that fails because the recorder wants it so: a fault from outside."""

    syscall: str
    time: int  # which of its calls
    error: str  # what errno is then
    done: bool = False  # the kernel does what it was asked for all the same


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
    what_if: str | None = None  # the scenario that this is a branch of
    faults: tuple[Fault, ...] = ()
    same_run: str | None = None  # the scenario that this is one connection of:
    alone: str | None = None  # this one

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

    def _faults(self, stop: Stop) -> dict[int, dict]:
        """By the time at which they strike."""
        return {fault.time: {"errno": getattr(errno, fault.error), "done": fault.done}
                for fault in self.faults if fault.syscall == stop.fn}

    def _resolve(self, stop: Stop, index) -> dict:
        common = {"fn": stop.fn, "syscall": stop.syscall, "args": stop.args, "show": stop.show,
                  "after": stop.after, "faults": self._faults(stop)}
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


def wrong(file: str, what: str, mend: str = "mend_scenario") -> ScenarioError:
    return ScenarioError(say("record.in_file", file=file, what=what), say(f"record.{mend}"))
