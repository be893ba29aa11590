# SPDX-License-Identifier: Apache-2.0
"""The wire suite: each library as server and as client of the other.

Streams of frames, pipelined, in fragments and long, must come back unchanged. A
short exchange is then cut at every byte, by either side, in either direction; what
both ends saw is compared with what the original shows when it talks to itself.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from learn.conformance import differences
from learn.conformance.cuts import Player, cuts
from learn.conformance.logs import Log, judge
from learn.conformance.suite import Binaries, Progress, SuiteResult
from learn.run import bounded

NETWORKS = ("tcp", "unix")
# Server and client; the original with itself is what the others are held to.
PAIRS = (("theirs", "ours"), ("ours", "theirs"), ("ours", "ours"))
_SECONDS = 20  # for one stream, which takes about one


@dataclass(frozen=True)
class Stream:
    """Frames of `least` to `most` bytes; a flush after every `cut_least` to `cut_most`."""

    name: str
    frames: int
    least: int
    most: int
    cut_least: int
    cut_most: int

    def arguments(self) -> list[str]:
        sizes = (self.frames, self.least, self.most, self.cut_least, self.cut_most)
        return ["1", *map(str, sizes)]


STREAMS = (
    Stream("4000 frames in flight", 4000, 0, 1024, 1, 65536),
    Stream("a flush for each byte", 60, 0, 64, 1, 1),
    Stream("cut anywhere", 2000, 0, 4096, 1, 3000),
    Stream("64 MiB", 64, 1 << 20, 1 << 20, 1 << 18, 1 << 18),
)


def run(binaries: Binaries, progress: Progress) -> SuiteResult:
    """All streams and cuts, over TCP and unix sockets, in all pairs."""
    result = SuiteResult()
    rows = differences.load("wire")
    total = len(NETWORKS) * len(PAIRS) * (len(STREAMS) + len(cuts()))
    with tempfile.TemporaryDirectory() as folder:
        for network in NETWORKS:
            for cases in (streams(binaries, network, folder), exchanges(binaries, network, folder)):
                for name, seen, expected in cases:
                    judge(result, rows, name, seen, expected)
                    progress(result.cases, total)
    return result


def streams(binaries: Binaries, network: str, folder: str) -> Iterator[tuple[str, Log, Log]]:
    """(case, what this pair printed, what the original with itself printed)"""
    for stream in STREAMS:
        expected = _stream(binaries, network, folder, stream, "theirs", "theirs")
        for server, client in PAIRS:
            seen = _stream(binaries, network, folder, stream, server, client)
            yield f"{network}, {server} serve, {client} dial: {stream.name}", seen, expected


def _stream(
    binaries: Binaries, network: str, folder: str, stream: Stream, server: str, client: str
) -> Log:
    address = "127.0.0.1:0" if network == "tcp" else f"{folder}/stream"
    # A server that never says where it listens is ended by its own deadline.
    limits = replace(bounded.OURS, seconds=2.0 * _SECONDS)
    with bounded.Kept(
        [_program(binaries, server), "serve", network, address], limits,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as kept:  # fmt: skip
        listening = kept.process.stdout
        where = listening.readline().removeprefix("listening ").strip()
        command = [_program(binaries, client), "send", network, where, *stream.arguments()]
        done = bounded.run(command, replace(bounded.OURS, seconds=float(_SECONDS)))
        served = listening.readline() if done.status == 0 else ""
    Path(folder, "stream").unlink(missing_ok=True)
    if done.why == "time":
        return ["client: hung"]
    return [f"client: {done.output}".strip(), f"server: {served}".strip()]


def _program(binaries: Binaries, side: str) -> Path:
    return binaries.ours("wire") if side == "ours" else binaries.theirs("wire")


def exchanges(binaries: Binaries, network: str, folder: str) -> Iterator[tuple[str, Log, Log]]:
    """As streams(), for every cut of the short exchange."""
    pairs = (("theirs", "theirs"), *PAIRS)
    with ThreadPoolExecutor(2) as pool:
        played = pool.map(lambda pair: _play(binaries, network, folder, pair), pairs)
        logs = list(played)
    expected = logs[0]
    for (server, client), seen in zip(pairs[1:], logs[1:], strict=True):
        for cut in cuts():
            name = f"{network}, {server} serve, {client} dial: {cut.name}"
            yield name, seen[cut.name], expected[cut.name]


def _play(binaries: Binaries, network: str, folder: str, pair: tuple[str, str]) -> dict[str, Log]:
    programs = [
        binaries.ours("life") if side == "ours" else binaries.theirs("life") for side in pair
    ]
    return Player(programs[0], programs[1], network, f"{folder}/{'-'.join(pair)}").play(cuts())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cpp", type=Path)
    parser.add_argument("go", type=Path)
    options = parser.parse_args()
    result = run(Binaries(options.cpp, options.go), lambda done, total: None)
    for one in result.differences:
        print(f"{one.case}: {one.text}\n{one.script}\n")
    print(f"{result.cases} cases, {len(result.differences)} differ, {dict(result.documented)}")
    return 1 if result.differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
