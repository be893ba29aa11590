# SPDX-License-Identifier: Apache-2.0
"""One recording: the program under gdb, the scripted peer, and what both did.

    this process                     gdb                    the program
    peer: connect, send … --------------------------------> its socket
    events  <------- pipe (JSON) ---- gdb_events.py <------- breakpoints

The peer is in lock-step: it does its next thing only when the functions that it
waits for have returned and every thread is at rest. So a recording never depends
on who is faster, and each of the peer's acts knows all that came before it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from learn.record.errors import EnvironmentRefuses, RecordError, TookTooLong
from learn.record.peer import Peer
from learn.record.story import Scenario
from learn.run.bounded import OURS, Kept
from learn.say import say

LISTENING = re.compile(r"listening on (\S+)")
REFUSED = re.compile(r"ptrace|could not trace|operation not permitted", re.IGNORECASE)
WAIT_S = 30.0
LONGEST_S = 300.0  # for one act of the peer, however busy the program is
TICK_S = 0.5
EVENTS_PY = Path(__file__).with_name("gdb_events.py")


def record(scenario: Scenario, binary: Path, index, root: Path,
           wait_s: float = WAIT_S) -> list[dict]:
    """The raw events of one run; within a lane they are in order.

    Lock-step keeps them free of luck, so a second run tells the same (canon.py).
    """
    plan = scenario.plan(index, root)
    if shutil.which("gdb") is None:
        raise EnvironmentRefuses(say("record.no_gdb"), "./learn doctor")
    if not binary.is_file():
        raise RecordError(say("record.not_built", file=binary), "./learn record")
    with Peer(scenario.listens) as peer, TemporaryDirectory(prefix="record-") as folder:
        flags = [flag.replace("{peer}", peer.address).replace("{folder}", folder)
                 for flag in scenario.flags]
        with Session(scenario, plan, [str(binary), *flags], wait_s) as session:
            events = session.run(peer)
    for event in events:
        if event.get("from"):
            event["from"] = placed(event["from"], index)
    return events


def placed(site: dict, index) -> dict:
    """The place of a call that lies in the function gdb saw; else gdb's first.

    The name is the index's: a lambda counts to the function around it.
    """
    found = [(around(place, index), place) for place in site["places"]]
    fitting = (pair for pair in found if pair[0] and pair[0].name == site["fn"])
    symbol, place = next(fitting, found[0])
    return {"fn": index.spoken(symbol) if symbol else "", **place}


def around(place: dict, index):
    """The innermost function around a line, or None."""
    inside = [s for s in index.in_file(place["file"])
              if s.kind == "function" and s.start <= place["line"] <= s.end]
    return min(inside, key=lambda s: s.end - s.start, default=None)


def is_busy(pid: int) -> bool:
    """Does a thread of this process, or of one that it has started, run or want to?"""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        states = [(task / "stat").read_text().rpartition(")")[2].split()[0] for task in tasks]
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except OSError:  # one of them has just ended
        return True
    return any(state in "RD" for state in states) or any(is_busy(int(pid)) for pid in children)


class Session:
    """gdb and the program, from start to end."""

    def __init__(self, scenario: Scenario, plan: dict, command: list[str], wait_s: float) -> None:
        self.scenario, self.plan, self.command, self.wait_s = scenario, plan, command, wait_s
        self.events: list[dict] = []
        self.output: list[str] = []
        self.pid: int | None = None
        self.ended = False
        self.changed = threading.Condition()

    def __enter__(self) -> Session:
        read_end, write_end = os.pipe()
        plan = json.dumps({**self.plan, "pipe": write_end})
        environment = dict(os.environ, LEARN_RECORD_PLAN=plan)
        environment.pop("PYTHONPATH", None)
        environment.pop("PYTHONHOME", None)
        try:
            self.kept = Kept(
                ["gdb", "-batch", "-nx", "-x", str(EVENTS_PY), "--args", *self.command], OURS,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, errors="replace", env=environment, pass_fds=(write_end,),
            )
            self.gdb = self.kept.process
        finally:
            os.close(write_end)
        self.pipe = os.fdopen(read_end, encoding="utf-8")
        self.readers = [threading.Thread(target=run, daemon=True)
                        for run in (self.read_events, self.read_output)]
        for reader in self.readers:
            reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.pid is not None and not self.ended:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            self.gdb.wait(timeout=5)
        except subprocess.TimeoutExpired:
            pass
        self.kept.end()
        for reader in self.readers:
            reader.join(timeout=2)

    def read_events(self) -> None:
        for line in self.pipe:
            event = json.loads(line)
            with self.changed:
                self.pid = event.pop("pid", self.pid)
                self.events.append(event)
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def read_output(self) -> None:
        for line in self.gdb.stdout:
            with self.changed:
                self.output.append(line.rstrip())
                self.changed.notify_all()

    def run(self, peer: Peer) -> list[dict]:
        peer.kill, peer.write = self.kill, self.write
        if self.scenario.connects:
            peer.address = self.wait("the line 'listening on …'", self.listening)
        over = self.scenario.ends
        self.settle(0, self.scenario.begin, over)
        for number, act in enumerate(self.scenario.acts):
            over = over or act.ends
            with self.changed:
                start, before = len(self.events), self.counts()
                event = {"lane": self.scenario.peer, "kind": "peer", "act": number,
                         "before": before}
                self.events.append(event)
            event["ret"] = peer.do(act)
            self.settle(start, act.then, over)
        with self.changed:
            self.refuse_broken()
            return list(self.events)

    def kill(self, number: int) -> None:
        os.kill(self.pid, number)

    def write(self, data: bytes) -> None:
        """To the program's standard input."""
        os.write(self.gdb.stdin.fileno(), data)

    def refuse_broken(self) -> None:
        if broken := next((e["text"] for e in self.events if e["kind"] == "broken"), None):
            raise RecordError(say("record.unreadable", what=broken), say("record.mend_scenario"))

    def settle(self, start: int, then: tuple[str, ...], over: bool) -> None:
        def done() -> bool:
            wanted = Counter(then)
            wanted.subtract(named(event) for event in self.events[start:])
            self.missing = [fn for fn, count in wanted.items() if count > 0]
            if over:
                return self.ended and not self.missing
            return not self.missing and all(self.rests(lane) for lane in self.scenario.lanes)

        def named(event: dict) -> str:
            over = event["kind"] != "enter" or event.get("inlined", False)
            return event.get("fn", "") if over else f"in {event['fn']}"

        self.missing = list(then)
        self.wait("", done)

    def rests(self, lane) -> bool:
        """Is each thread of it where it may rest? One that has not begun is."""
        last = {e.get("thread"): e for e in self.events if e.get("lane") == lane.id}
        return not lane.rest or all(self.at_rest(lane, event) for event in last.values())

    def at_rest(self, lane, last: dict) -> bool:
        """A thread of which this is the last event."""
        name, inside = last["fn"], last["kind"] == "enter"
        if last.get("args", {}).get("timeout") == 0:
            return False  # an epoll_wait that only looks
        if f"in {name}" in lane.rest:
            return inside
        return name in lane.rest and inside == self.scenario.stop(name).syscall

    def counts(self) -> dict[str, int]:
        """How many events each lane has so far."""
        return dict(Counter(e["lane"] for e in self.events if "lane" in e))

    def listening(self) -> str | None:
        for line in self.output:
            if match := LISTENING.search(line):
                return match.group(1)
        return None

    def wait(self, what: str, ready):
        """Until ready() is true, the program ends, or time is up: `wait_s` in which nothing
        was told and no thread wanted a core. So a busy machine only makes it longer."""
        began, idle = time.monotonic(), 0.0
        with self.changed:
            while not (found := ready()):
                self.refuse_broken()
                if self.ended:
                    raise self.early_end()
                waited = time.monotonic() - began
                if idle >= self.wait_s or waited >= LONGEST_S:
                    what = what or ", ".join(self.missing) or "all threads at rest"
                    raise self.too_long(what, waited)
                told = self.changed.wait(TICK_S)
                idle = 0.0 if told else idle + (0 if is_busy(self.gdb.pid) else TICK_S)
            return found

    def too_long(self, what: str, waited: float) -> RecordError:
        threads = [e for e in self.events if e.get("lane") and "fn" in e]
        last = {e["lane"]: f"{e['kind']} {e['fn']}" for e in threads}
        at = ", ".join(f"{lane}: {event}" for lane, event in last.items()) or "-"
        told = say("record.waited", file=self.scenario.file, seconds=round(waited), what=what,
                   last=at)
        return TookTooLong(told, say("record.mend_program"))

    def early_end(self) -> RecordError:
        for reader in self.readers[1:]:
            self.changed.release()
            reader.join(timeout=2)
            self.changed.acquire()
        told = [e["text"] for e in self.events if e["kind"] == "refused"]
        lines = [line for line in (*self.output, *told) if line.strip()]
        if bad := next((line for line in lines if REFUSED.search(line)
                        and "address space randomization" not in line), None):
            return EnvironmentRefuses(say("record.refused", line=bad.strip()),
                                      say("record.mend_refused"))
        last = lines[-1].strip() if lines else "-"
        return RecordError(say("record.ended", program=Path(self.command[0]).name, line=last),
                           say("record.by_hand", command=" ".join(self.command)))
