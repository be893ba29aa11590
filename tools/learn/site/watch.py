# SPDX-License-Identifier: Apache-2.0
"""What a server of the site does when a file changes under it.

A process that has built the site makes the changed page again, in the time of one page.
Where more has changed, a second process builds the whole while the first still serves;
then the second takes its place, and makes again what has changed in between. So the site
ends as a cold build of the same tree would leave it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from learn import paths
from learn.gate import Problem
from learn.say import say
from learn.site import build, bundle
from learn.site.worker import Answer, Worker, WorkerGone

QUIET_MS = 1500  # without a change, before the whole site is built
WATCHED = (paths.NOTES, paths.SRC, paths.CHAPTERS, paths.EXERCISES, paths.LABS,
           paths.DIAGRAMS, paths.PROGRAMS, paths.ROOT / "benchmarks" / "measured",
           paths.TOOLS / "site", paths.ROOT / "mkdocs.yml", bundle.SOURCE.parent,
           bundle.CODE_SOURCE.parent)  # fmt: skip
NOT_SHOWN = {"parity.json"}  # nothing of the site is made from it


class Follower:
    """Tells one line for each thing that it did."""

    def __init__(self, first: Worker | None, start: Callable[[], Worker], strict: bool = True,
                 tell: Callable[[str], None] = print) -> None:
        """`first`: a worker that has built the site; without one the first change is the
        whole site's."""
        self.worker, self.start, self.strict, self.tell = first, start, strict, tell
        self.next: Worker | None = None  # builds the whole
        self.since: set[Path] = set()  # what changed while it does
        self.lists = False  # some may be other ones, since a page was made again
        self.wanted = False  # the whole is to be built
        self.failed = False  # it was, and had a mistake
        self.began = 0.0

    def changed(self, files: Iterable[Path]) -> None:
        """After each change, of at least one file."""
        files = {file for file in files if is_read(file)}
        if not files:
            return
        self.since |= files
        if self.worker is None or self.failed:
            self._want()
        if self.worker is not None:
            self._ask("render", files=sorted(map(str, files)))

    def quiet(self) -> None:
        """From time to time, when nothing changes."""
        if self.lists and self.worker is not None:
            self._ask("lists")
        if self.next is not None:
            self._finish()
        elif self.wanted:
            self.wanted, self.failed, self.since = False, False, set()
            self.began = time.monotonic()
            self.next = self.start()
            self.next.ask("build", strict=self.strict)

    def end(self) -> None:
        for worker in (self.worker, self.next):
            if worker is not None:
                worker.__exit__()

    def _want(self) -> None:
        """While one is being built, its end will tell whether another is needed."""
        if not self.wanted and self.next is None:
            self.wanted = True
            self.tell(say("serve.whole_follows"))

    def _ask(self, do: str, **more: object) -> None:
        began = time.monotonic()
        try:
            done = self.worker.now(do, **more)
            self.lists = do == "render" and bool(done["pages"])
        except (WorkerGone, build.SiteUnavailable) as error:
            self.tell(say("site.unavailable", reason=error))
            self.worker.__exit__()
            self.worker, done = None, {"whole": True}
        self._tell_pages(done, time.monotonic() - began)
        if done["whole"]:
            self._want()

    def _tell_pages(self, done: Answer, seconds: float) -> None:
        if pages := done.get("pages"):
            self.tell(say("serve.made_again", pages=", ".join(pages), seconds=f"{seconds:.1f}"))
        if self.wanted or self.next is not None:
            return  # what this worker does not know may be right; the whole will tell
        for problem in done.get("problems", ()):
            self.tell(say("serve.stays" if self.strict else "serve.made_so", problem=problem))

    def _finish(self) -> None:
        """Takes the next worker, if it has built."""
        try:
            if (said := self.next.answer(0)) is None:
                return
            problems: list[Problem] = said["problems"]
            if not problems:
                self.next.now("place")
        except (WorkerGone, build.SiteUnavailable) as error:
            problems = [Problem("", 0, say("site.unavailable", reason=error), "")]
        done, self.next = self.next, None
        if problems:
            self.failed = True
            done.__exit__()
            for problem in problems:
                self.tell(say("serve.stays", problem=problem))
            return
        if self.worker is not None:
            self.worker.__exit__()
        self.worker = done
        self.tell(say("serve.whole_built", seconds=f"{time.monotonic() - self.began:.0f}"))
        if self.since:
            self._ask("render", files=sorted(map(str, self.since)))


def is_read(file: Path) -> bool:
    """Not what an editor puts beside a file while it saves one."""
    name = file.name
    return bool(file.suffix) and name[0] not in ".#" and name[-1] != "~" and name not in NOT_SHOWN


def follow(worker: Worker | None, strict: bool = True) -> None:
    """Until Ctrl-C."""
    import watchfiles

    follower = Follower(worker, Worker, strict, lambda line: print(line, flush=True))
    there = [path for path in WATCHED if path.exists()]
    try:
        for changes in watchfiles.watch(*there, rust_timeout=QUIET_MS, yield_on_timeout=True):
            if changes:
                follower.changed(Path(file) for _, file in changes)
            else:
                follower.quiet()
    finally:
        follower.end()
