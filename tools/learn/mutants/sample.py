# SPDX-License-Identifier: Apache-2.0
"""Many mutants, some at once. What is known is in build/mutants/state.json after each of them.

A run that was ended goes on where it was. When src/ or tests/ have changed, nothing is taken
over, but the test that killed a mutant before is asked first.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from learn.mutants import draw, running
from learn.mutants.bench import Bench
from learn.mutants.draw import Mutant
from learn.mutants.judge import KILLED, RACES, REFUSED, SURVIVED, Judge, Verdict
from learn.say import say

WORKERS = 4  # two compile at a time; many a mutant only waits for a test that stands still
SUITE_S = 600.0  # for one test on the real library, to know what it usually takes
PARTS = ("src", "tests", "cmake", "CMakeLists.txt")


class Unsound(Exception):
    """One line: the tests fail on the real library, so they can judge nothing."""


@dataclass
class Known:
    """What the file says; `sound` is about this very tree."""

    path: Path
    tree: str
    sound: dict[str, dict] = field(default_factory=dict)
    hints: dict[str, dict] = field(default_factory=dict)  # of an earlier tree
    usual: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def load(cls, root: Path) -> Known:
        known = cls(root / "build" / "mutants" / "state.json", digest(root))
        if known.path.is_file():
            stored = json.loads(known.path.read_text("utf-8"))
            if stored["tree"] == known.tree:
                known.sound, known.usual = stored["sound"], stored["usual"]
                known.hints = stored["hints"]
            else:
                known.hints = stored["hints"] | stored["sound"]
        return known

    def put(self, key: str, verdict: Verdict) -> None:
        with self.lock:
            self.sound[key] = verdict.as_dict()
            self.save()

    def save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_suffix(".new")
        stored = {"tree": self.tree, "sound": self.sound, "hints": self.hints,
                  "usual": self.usual}  # fmt: skip
        scratch.write_text(json.dumps(stored, indent=1), "utf-8")
        os.replace(scratch, self.path)


@dataclass
class Sample:
    """The mutants that compile, and what became of each."""

    mutants: list[Mutant]
    verdicts: dict[str, Verdict]  # by Mutant.key

    def of(self, mutant: Mutant) -> Verdict:
        return self.verdicts[mutant.key]


def run(root: Path, count: int, seed: int, show: Callable[[int], None]) -> Sample:
    """Raises BuildError, Unsound."""
    known = Known.load(root)
    judge = _judge(root, "plain", None, known)
    found: dict[str, Verdict] = {}

    def judged(mutant: Mutant) -> Verdict:
        verdict = _remembered(mutant, judge, known)
        if verdict.state != REFUSED:
            found[mutant.key] = verdict
            show(len(found))
        return verdict

    drawn = draw.mutants(root, seed)
    kept: list[Mutant] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        while len(kept) < count:
            # As many as are missing: some will not compile, and others take their places.
            batch = list(islice(drawn, count - len(kept)))
            if not batch:
                break
            done = list(pool.map(judged, batch))
            kept += [m for m, v in zip(batch, done, strict=True) if v.state != REFUSED]
        alive = [m for m in kept if found[m.key].state == SURVIVED]
        found |= dict(zip([m.key for m in alive],
                          pool.map(_closer(root, alive, known), alive), strict=True))  # fmt: skip
    return Sample(kept, found)


def _remembered(mutant: Mutant, judge: Judge, known: Known) -> Verdict:
    variant = judge.bench.variant
    key = mutant.key if variant == "plain" else f"{mutant.key} {variant}"
    if key in known.sound:
        return Verdict(**known.sound[key])
    old = known.hints.get(key, {})
    place = judge.bench.root / "build" / "mutants" / "work" / f"{mutant.key}-{os.getpid()}"
    verdict = judge.judge(mutant, place, (old.get("program", ""), old.get("test", "")))
    known.put(key, verdict)
    return verdict


def _closer(root: Path, alive: list[Mutant], known: Known) -> Callable[[Mutant], Verdict]:
    """What the sanitizers say of what no test of the plain bench has noticed."""
    folders = {m.folder for m in alive}
    racy = {m.folder for m in alive if m.operator in RACES}
    asan = _judge(root, "asan", folders, known) if folders else None
    tsan = _judge(root, "tsan", racy, known) if racy else None

    def closer(mutant: Mutant) -> Verdict:
        verdict = _remembered(mutant, asan, known) if asan else Verdict(SURVIVED)
        if verdict.state != KILLED and tsan and mutant.operator in RACES:
            verdict = _remembered(mutant, tsan, known)
        # What a sanitizer's compiler refuses for another reason is no verdict.
        return verdict if verdict.state == KILLED else Verdict(SURVIVED)

    return closer


def _judge(root: Path, variant: str, folders: set[str] | None, known: Known) -> Judge:
    """With the test programs of `folders`, or all; each must be green before it judges."""
    bench = Bench(root, variant)
    bench.configure()
    if folders is not None:
        bench.programs = {name: program for name, program in bench.programs.items()
                          if program.folder in folders and program.kind != "model"}  # fmt: skip
    bench.build(sorted(bench.programs))
    usual = known.usual.setdefault(variant, {})
    locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def green(name: str) -> dict[str, float]:
        """Runs the program on the real library, when a mutant first asks for it."""
        with locks[name]:
            if name not in usual:
                done = running.run(bench.home / "bin" / name, dict(os.environ), {}, stands=SUITE_S)
                if done.how:
                    raise Unsound(say("mutants.unsound", program=name, test=done.failed))
                with known.lock:
                    usual[name] = done.seconds
                    known.save()
            return usual[name]

    return Judge(bench, green)


def digest(root: Path) -> str:
    """Of all that a verdict depends on."""
    total = hashlib.sha256()
    for part in PARTS:
        top = root / part
        for file in [top] if top.is_file() else sorted(f for f in top.rglob("*") if f.is_file()):
            name = str(file.relative_to(root))
            if name.endswith((".cpp", ".h", ".txt", ".cmake")):
                total.update(f"{name}\0".encode() + file.read_bytes() + b"\0")
    return total.hexdigest()[:16]
