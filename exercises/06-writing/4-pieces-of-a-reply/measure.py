# SPDX-License-Identifier: Apache-2.0
"""Counts what the four replies of four_ways cost, and asks the kernel two things.

Prints lines `name value`. Exit status 77: strace may not trace here.
"""

import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

BIN = Path("build/release/bin")
WAYS = {"write_binary": "write_binary", "malloc": "malloc", "write_direct": "write_direct",
        "slice, append": "append"}  # fmt: skip
STEPS = {"written and flushed": "flushed", "sendmsg has taken all": "sent", "skipped": "skipped",
         "released": "released"}  # fmt: skip


def main() -> None:
    if subprocess.run(["strace", "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL).returncode:
        sys.exit(77)
    four_ways()
    print("back", page_is_back())
    print("seen", changed_after_sendmsg())
    print("most", most_pieces())


def four_ways() -> None:
    """The system calls that send, and the table that the program prints."""
    with tempfile.NamedTemporaryFile("r", suffix=".calls") as calls:
        table = out("strace", "-qq", "-o", calls.name, "-e", "trace=sendmsg,sendto",
                    BIN / "four_ways")  # fmt: skip
        lines = calls.read().splitlines()
    lengths = [[int(size) for size in re.findall(r"iov_len=(\d+)", line)] for line in lines]
    rows = {}
    line = re.compile(r"^(\S.*?) +(\d+) +(\d+) +(\d+)$", re.MULTILINE)
    for name, copied, pieces, pool in line.findall(table):
        rows[WAYS[name]] = int(copied), int(pieces), int(pool)
    uncopied = {way: pool for way, (copied, _, pool) in rows.items() if copied == 0}
    print("calls", len(lines))
    print("sendmsg", sum(line.startswith("sendmsg") for line in lines))
    print("pieces", sum(len(sizes) or 1 for sizes in lengths))
    print("last_piece", lengths[-1][-1])
    print("copied", sum(copied for copied, _, _ in rows.values()))
    print("bytes", sum(int(line.split("= ")[-1]) for line in lines))
    print("cheapest", min(uncopied, key=uncopied.get))


def page_is_back() -> str:
    """The first step of a lent page's life after which done() has been called."""
    life = out(BIN / "lent").split("one page in two replies")[0]
    return next(STEPS[line.strip().rsplit(None, 1)[0].strip()]
                for line in life.splitlines() if line.endswith("back"))  # fmt: skip


def changed_after_sendmsg() -> str:
    """The letter that the peer gets of a page that is changed once sendmsg has returned."""
    ours, peer = socket.socketpair()
    page = bytearray(b"A")
    ours.sendmsg([page])
    page[0] = ord("B")
    return peer.recv(1).decode()


def most_pieces() -> int:
    """How many pieces of one byte the kernel takes in one call."""
    ours, _peer = socket.socketpair()
    few, many = 1, 1 << 16
    while few < many:
        count = (few + many + 1) // 2
        try:
            ours.sendmsg([b"x"] * count, [], socket.MSG_DONTWAIT)
            few = count
        except BlockingIOError:
            sys.exit("the socket is full")
        except OSError:
            many = count - 1
    return few


def out(*command: object) -> str:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True,
                          timeout=30).stdout  # fmt: skip


if __name__ == "__main__":
    main()
