# SPDX-License-Identifier: Apache-2.0
"""A process that builds the site once, and then makes single pages of it again.

    python -m learn.site.worker       reads one JSON object a line, answers with one

    {"do": "build", "strict": true}   the whole site, into content.FRESH
    {"do": "place"}                   puts it where readers find it
    {"do": "render", "files": […]}    what shows these files, into the site of readers
    {"do": "lists"}                   the lists that are made from the prose of other pages

One process makes one whole build: what Python keeps of a tree never grows old, because
a tree that has changed in more than a page's text gets a process of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from learn import paths
from learn.gate import Problem
from learn.run.bounded import Kept
from learn.say import say
from learn.site import build

Answer = dict[str, Any]


class WorkerGone(Exception):
    """The process ended, or did not answer in time; one line."""


class Worker:
    """The other end: a process of its own, ended with the `with` block."""

    def __init__(self) -> None:
        environment = os.environ | {"PYTHONPATH": str(paths.TOOLS), "PYTHONDONTWRITEBYTECODE": "1",
                                    "NO_MKDOCS_2_WARNING": "1"}  # fmt: skip
        self._kept = Kept([sys.executable, "-m", "learn.site.worker"], cwd=paths.ROOT,
                          env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True)  # fmt: skip
        self._answers: queue.Queue[Answer | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._kept.process.stdout:
            self._answers.put(json.loads(line))
        self._answers.put(None)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.__exit__()

    def ask(self, do: str, **more: object) -> None:
        with contextlib.suppress(BrokenPipeError):  # the answer will say so
            print(json.dumps({"do": do, **more}), file=self._kept.process.stdin, flush=True)

    def answer(self, seconds: float = build.BUILD_S) -> Answer | None:
        """None when it has not come in that time; of 0 seconds, when it is not there."""
        try:
            said = self._answers.get(timeout=seconds) if seconds else self._answers.get_nowait()
        except queue.Empty:
            return None
        if said is None or "failed" in said:
            raise WorkerGone((said or {}).get("failed") or say("serve.worker_gone"))
        if "unavailable" in said:
            raise build.SiteUnavailable(said["unavailable"])
        return said | {"problems": [Problem(**each) for each in said.get("problems", ())]}

    def now(self, do: str, **more: object) -> Answer:
        """Asks, and waits for the answer."""
        self.ask(do, **more)
        if (said := self.answer()) is None:
            raise WorkerGone(say("serve.worker_slow", seconds=f"{build.BUILD_S:.0f}"))
        return said

    def build(self, strict: bool) -> list[Problem]:
        """The whole site, in place; like build.run()."""
        try:
            problems = self.now("build", strict=strict)["problems"]
            if not problems:
                self.now("place")
        except WorkerGone as error:
            raise build.SiteUnavailable(str(error)) from error
        return problems


def main() -> None:
    from learn.site.live import Live

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what others print is no answer
    live = Live()
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_answer(live, asked)), file=answers, flush=True)
        if asked["do"] == "place":
            _ = live.cutter  # a second, before the first page asks for it


def _answer(live: Any, asked: Answer) -> Answer:
    try:
        if asked["do"] == "build":
            return {"problems": [asdict(p) for p in live.build(asked["strict"])]}
        if asked["do"] == "place":
            build.put_in_place()
            return {}
        lists = asked["do"] == "lists"
        return asdict(live.lists() if lists else live.render(map(Path, asked["files"])))
    except build.SiteUnavailable as error:
        return {"unavailable": str(error)}
    except Exception as error:  # the reader's server lives on
        return {"failed": " ".join(f"{type(error).__name__}: {error}".split())}


if __name__ == "__main__":
    main()
