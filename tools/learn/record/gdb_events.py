# SPDX-License-Identifier: Apache-2.0
"""Inside gdb: stops at the functions and system calls of a plan, and tells.

session.py starts `gdb -batch -nx -x` with this file and hands the plan over in
LEARN_RECORD_PLAN (JSON). Each stop becomes one line of JSON on the plan's pipe:

    {"thread", "lane", "kind": enter | exit, "fn", "syscall", "from", "args", "ret", "state"}

The program runs on after each stop; it does not know that it is watched.
"""

from __future__ import annotations

import json
import os
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import gdb_syscalls
import gdb_values

PLAN = json.loads(os.environ["LEARN_RECORD_PLAN"])
ROOT = PLAN["root"].rstrip("/") + "/"
PIPE = os.fdopen(PLAN["pipe"], "w", buffering=1)
os.set_inheritable(PIPE.fileno(), False)

LIBRARY = ("std::", "__gnu", "operator ")

threads: dict[int, str] = {}  # gdb's number of a thread -> lane
objects: dict[str, gdb.Value] = {}  # class -> the first one seen
served: dict[int, gdb.Value] = {}  # gdb's number of a thread -> the Connection it serves


def tell(event: dict) -> None:
    PIPE.write(json.dumps(event) + "\n")


def named(symbol: gdb.Symbol | str | None) -> str:
    """A function's qualified name, without parameters, template arguments and
    anonymous namespaces."""
    text = getattr(symbol, "name", symbol) or ""
    text = text.replace("(anonymous namespace)::", "").replace("operator()", "operator")
    kept, depth = "", 0
    for char in text:
        if char == "(" and depth == 0:
            break
        depth += (char == "<") - (char == ">")
        if depth == 0 and char != ">":
            kept += char
    return kept


def lane() -> str:
    """By the outermost of the lanes' root functions on this thread's stack. Of
    several lanes with one root, the first to come gets the first, and so on."""
    thread = gdb.selected_thread()
    if thread.num not in threads:
        fitting, frame = [], gdb.newest_frame()
        while frame is not None:
            name = named(frame.name())
            found = [lane["id"] for lane in PLAN["lanes"]
                     if name == lane["root"] or name.endswith("::" + lane["root"])
                     if lane["thread"] in (None, thread.name)]
            fitting = found or fitting
            frame = frame.older()
        if not fitting:
            return ""
        free = [lane_id for lane_id in fitting if lane_id not in threads.values()]
        threads[thread.num] = (free or fitting[-1:])[0]
    return threads[thread.num]


def site(frame: gdb.Frame | None) -> dict | None:
    """The call: the innermost frame, from `frame` outwards, that is ours.

    The line table sometimes counts a call to a header inlined just before it, so
    our last line before the call comes second; session.py knows which fits.
    """
    while frame is not None:
        function = frame.function()
        if function is not None and not named(function).startswith(LIBRARY):
            here = frame.find_sal()
            places = [(here.symtab, here.line), (function.symtab, last_line(frame, function))]
            ours = [{"file": table.fullname()[len(ROOT) :], "line": line} for table, line in places
                    if table is not None and table.fullname().startswith(ROOT)]
            if ours:
                return {"fn": named(function), "places": ours}
        frame = frame.older()
    return None


def last_line(frame: gdb.Frame, function: gdb.Symbol) -> int:
    """Of the function around `frame`, the last line of its file before the call."""
    block = frame.block()
    while block.function is None:
        block = block.superblock
    before = [entry for entry in function.symtab.linetable()
              if function.line <= entry.line and block.start <= entry.pc < frame.pc()]
    return max(before, key=lambda entry: entry.pc).line if before else function.line


def state(names: list[str]) -> dict:
    """The parts of the objects that the scenario wants to see here."""
    parts = {name: PLAN["state"][name] for name in names}
    here = {**objects}
    if (mine := served.get(gdb.selected_thread().num)) is not None:
        here["Connection"] = mine
    return {name: gdb_values.READERS[part["as"]](
                gdb_values.follow(here[part["of"]], part["path"]))
            for name, part in parts.items() if part["of"] in here}


def told_return(begun: dict, wanted: dict, value: gdb.Value | None) -> None:
    """The end of what `begun` tells the beginning of."""
    event = {**begun, "kind": "exit"}
    try:
        if event["syscall"]:
            if event.get("fault"):
                gdb_syscalls.fail(event["fault"]["errno"])
            event["ret"] = gdb_syscalls.result(event["fn"], event)
        elif value is not None:
            event["ret"] = gdb_values.plain(value)
        event["state"] = state(wanted["after"])
    except Exception as error:
        tell({"kind": "broken", "text": f"{event['fn']}: {error}"})
    tell(event)


class Return(gdb.FinishBreakpoint):
    """Where a function or a system call comes back."""

    def __init__(self, frame: gdb.Frame, event: dict, wanted: dict) -> None:
        super().__init__(frame, internal=True)
        self.silent = True
        self.event, self.wanted = event, wanted

    def stop(self) -> bool:
        told_return(self.event, self.wanted, self.return_value)
        return False

    def out_of_scope(self) -> None:
        pass


class Landing(gdb.Breakpoint):
    """The same where the caller was inlined: there gdb's FinishBreakpoint never
    fires, since the caller's frame has ended when the call comes back."""

    def __init__(self, frame: gdb.Frame, event: dict, wanted: dict) -> None:
        caller = frame.older()
        super().__init__(f"*{caller.pc():#x}", internal=True)
        self.silent = True
        self.thread = gdb.selected_thread().num
        self.stack = int(caller.read_register("sp"))
        self.result = frame.function().type.target() if frame.function() else None
        self.event, self.wanted, self.done = event, wanted, False

    def stop(self) -> bool:
        if not self.done and int(gdb.newest_frame().read_register("sp")) == self.stack:
            self.done = True
            told_return(self.event, self.wanted, gdb_values.in_register(self.result))
            gdb.post_event(self.delete)
        return False


class Stop(gdb.Breakpoint):
    """Where a function or a system call begins."""

    def __init__(self, stop: dict) -> None:
        where = {"function": stop["symbol"]}
        if stop["syscall"]:
            where["qualified"] = True
        # Not internal: only for a user's breakpoint does gdb show the frame of a
        # function that was inlined where it stops.
        super().__init__(**where)
        self.silent = True
        self.wanted = stop
        self.time = 0

    def stop(self) -> bool:
        try:
            self.begin(own(gdb.newest_frame()))
        except Exception as error:
            tell({"kind": "broken", "text": f"{self.wanted['fn']}: {type(error).__name__} {error}"})
        return False

    def begin(self, frame: gdb.Frame) -> None:
        event = {"thread": gdb.selected_thread().num, "pid": gdb.selected_inferior().pid,
                 "kind": "enter", "fn": self.wanted["fn"], "syscall": self.wanted["syscall"]}
        event["lane"] = lane()
        inlined = not event["syscall"] and self.inlined(frame)
        event["from"] = site(frame.older())
        if event["syscall"]:
            # The loader, the library's start: nobody of ours asked for it.
            if event["from"] is None or not direct(frame.older()):
                return
            event["args"] = gdb_syscalls.arguments(event["fn"])
            event["fault"] = self.fault()
        elif not inlined and not self.ours(frame.function()):
            return
        else:
            event["at"] = {"file": self.wanted["file"], "line": self.wanted["line"]}
            event["args"] = self.arguments(frame)
            event["inlined"] = inlined
            event |= remember(frame)
        event["state"] = state(self.wanted["show"])
        tell(event)
        if not inlined:  # an inlined function has no return to stop at
            back = Landing if frame.older().type() == gdb.INLINE_FRAME else Return
            back(frame, event, self.wanted)

    def fault(self) -> dict | None:
        """What the scenario does to this call. The kernel refuses a call without a
        descriptor, and so has done nothing; told_return() then says why it failed."""
        self.time += 1
        fault = self.wanted["faults"].get(str(self.time))
        if fault and not fault["done"]:
            gdb_syscalls.drop()
        return fault

    def ours(self, function: gdb.Symbol | None) -> bool:
        """Of several overloads only the one the scenario resolved to."""
        if function is None or function.symtab.fullname() != ROOT + self.wanted["file"]:
            return False
        return self.wanted["start"] <= function.line <= self.wanted["end"]

    def inlined(self, frame: gdb.Frame) -> bool:
        """Our function, where it was inlined into another; then its Symbol's
        line is the call's, and only the name can tell."""
        return frame.type() == gdb.INLINE_FRAME and named(frame.function()) == self.wanted["symbol"]

    def arguments(self, frame: gdb.Frame) -> dict:
        shown = {}
        for name in self.wanted["args"]:
            try:
                shown[name] = gdb_values.plain(frame.read_var(name))
            except (ValueError, gdb.error):
                shown[name] = None
        return shown


def own(frame: gdb.Frame) -> gdb.Frame:
    """The frame of the function that begins. Where its first instruction is one of a library
    function that was inlined there, gdb 16 has that one's frame inside."""
    while frame.type() == gdb.INLINE_FRAME and named(frame.function()).startswith(LIBRARY):
        frame = frame.older()
    return frame


def direct(frame: gdb.Frame | None) -> bool:
    """Did our own code make this call, not a library on our behalf?"""
    while frame is not None:
        function = frame.function()
        ours = function is not None and function.symtab.fullname().startswith(ROOT)
        if ours or frame.type() != gdb.INLINE_FRAME:
            return ours
        frame = frame.older()
    return False


def remember(frame: gdb.Frame) -> dict:
    """The first object of each class whose member function stops, and the Connection that
    this thread serves; that one's address goes into the event."""
    try:
        this = frame.read_var("this")
    except (ValueError, gdb.error):
        return {}
    if this.is_optimized_out:
        return {}
    name = named(this.type.strip_typedefs().target().unqualified().name).split("::")[-1]
    objects.setdefault(name, this)
    if name != "Connection":
        return {}
    served[gdb.selected_thread().num] = this
    return {"self": int(this)}


def main() -> None:
    for setting in ("debuginfod enabled off", "pagination off", "confirm off",
                    "startup-with-shell off", "breakpoint pending off", "print thread-events off",
                    "unwindonsignal on"):
        gdb.execute("set " + setting)
    gdb.execute("handle all nostop noprint pass", to_string=True)
    gdb.execute("unset environment LEARN_RECORD_PLAN")
    try:
        # Only once its libraries are there: gdb looks every name up again for each.
        gdb.Breakpoint("main", internal=True, temporary=True).silent = True
        gdb.execute("run")
        for stop in PLAN["stops"]:
            Stop(stop)
        gdb.execute("continue")
    except gdb.error as error:
        tell({"kind": "refused", "text": str(error)})


main()
