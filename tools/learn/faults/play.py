# SPDX-License-Identifier: Apache-2.0
"""Plays cells: bin/fault_scenes --batch, which gives each a process of its own.

Two batches run at once. A cell in which the call was never made at its place is played
again: how often a call is made may depend on which thread was faster.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from learn.run.bounded import OURS, Kept

BATCHES = 2
AGAIN = 3  # how often a cell is played at most, until its fault comes


@dataclass(frozen=True)
class Play:
    """One scene, with or without a fault."""

    name: str
    scene: str
    runner: str
    rule: str = ""


@dataclass
class Told:
    """How a process has ended, and what the scene has said."""

    status: str  # "exit 0", "signal 6", "time"
    said: dict = field(default_factory=dict)  # main.cpp prints it; empty: nothing
    output: str = ""

    @property
    def injected(self) -> int:
        return self.said.get("injected", 0)


class Broken(Exception):
    """One line: the batch itself has ended."""


def play_all(bin_: Path, plays: Iterable[Play], done: Callable[[Play, Told], bool]) -> None:
    """Calls `done` for each play, on any of the batches' threads, one at a time.

    When it returns False, no more are played.
    """
    waiting: queue.SimpleQueue[Play] = queue.SimpleQueue()
    for play in plays:
        waiting.put(play)
    lock, enough, broken = threading.Lock(), threading.Event(), []

    def one_batch() -> None:
        try:
            with Kept([bin_ / "fault_scenes", "--batch", bin_ / "libfault_inject.so"], OURS,
                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as batch:
                while not enough.is_set():
                    play = waiting.get_nowait()
                    told = one(batch, play)
                    with lock:
                        if not done(play, told):
                            enough.set()
        except queue.Empty:
            pass
        except Exception as problem:
            broken.append(problem)
            enough.set()

    threads = [threading.Thread(target=one_batch) for _ in range(BATCHES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]


def one(batch: Kept, play: Play) -> Told:
    told = Told("")
    for _ in range(AGAIN):
        batch.process.stdin.write(f"{play.name} {play.scene} {play.runner} {play.rule}\n")
        batch.process.stdin.flush()
        line = batch.process.stdout.readline()
        if not line:
            raise Broken(f"fault_scenes --batch: {play.name}")
        told = told_in(json.loads(line))
        if not play.rule or told.injected or not told.said:
            return told
    return told


def told_in(answer: dict) -> Told:
    output = answer["output"]
    last = next((line for line in reversed(output.splitlines())
                 if line.startswith('{"told_by"')), "")
    said = {}
    if last and answer["status"] == "exit 0":
        try:
            said = json.loads(last)
        except ValueError:
            pass  # it was cut off: then it has said nothing
    return Told(answer["status"], said, output)
