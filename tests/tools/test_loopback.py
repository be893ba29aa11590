# SPDX-License-Identifier: Apache-2.0
"""Nothing here listens beyond this machine unless it is told to: each server of ours is
started as it comes, and asked of the kernel where it listens.

The server of the site is in test_site_server.py."""

import contextlib
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from demo_helpers import BIN, build, need_strace
from learn.paths import CHAPTERS, PROGRAMS, ROOT

# What a server wants besides; none of these is an address to listen on.
WANTS = {"proxy_server": ("--to", "127.0.0.1:9")}
SERVERS = sorted(file.stem for file in PROGRAMS.glob("*_server.cpp"))
RACERS = sorted(f"race_{file.stem}" for file in (ROOT / "benchmarks" / "race").glob("*.cpp")
                if file.stem != "load")
_LISTENS = re.compile(r"\blisten\(|::listen_on\(|\bbind\(")
DEMOS = sorted(file.stem for file in CHAPTERS.glob("*/*.cpp") if _LISTENS.search(file.read_text()))
_BOUND = re.compile(r"\bbind\(\d+, \{(.*?)\}, \d+\)")
_HERE = re.compile(r'inet_addr\("127\.|sin6_addr.*"::1"|AF_UNIX|AF_NETLINK'
                   r'|inet_pton\(AF_INET6, "::1"|"::ffff:127\.')
# Sources in which an address of every interface is what the text is about.
_WIDE = re.compile(r'INADDR_ANY|in6addr_any|"0\.0\.0\.0|"\[::\]|listen\("tcp[46]?", ":|"tcp://:'
                   r'|Listen\("tcp", ":|create_server\(\(""')
FOLDERS = ("programs", "chapters", "benchmarks", "diagrams", "exercises", "labs", "tools")
TALKS_OF_IT = {
    "exercises/11-dialling/1-one-deadline/tests/near_and_far_test.cpp",  # dials it
}


def is_loopback(hexadecimal: str) -> bool:
    """An address of /proc/net/tcp or tcp6: 32-bit words, the lowest byte first."""
    if len(hexadecimal) == 8:
        return hexadecimal.endswith("7F")
    mapped = hexadecimal.startswith("0000000000000000FFFF0000") and hexadecimal.endswith("7F")
    return mapped or hexadecimal == "00000000000000000000000001000000"


def listening(process: int) -> list[str]:
    """The addresses at which a process listens, as the kernel writes them."""
    inodes = set()
    for fd in Path(f"/proc/{process}/fd").iterdir():
        if match := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(fd)):
            inodes.add(match[1])
    rows = [row.split() for name in ("tcp", "tcp6")
            for row in Path(f"/proc/{process}/net/{name}").read_text().splitlines()[1:]]
    return [row[1].split(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes]


def until(happened) -> None:
    """Waits, a minute at most."""
    end = time.monotonic() + 60
    while not happened() and time.monotonic() < end:
        time.sleep(0.02)


def places_of(*command) -> list[str]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline().startswith("listening on ")
            return listening(server.pid)
        finally:
            server.kill()


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_listens_here_alone(name):
    build(name)
    found = places_of(BIN / name, *WANTS.get(name, ()))
    assert found and all(map(is_loopback, found)), found


@pytest.mark.parametrize("name", RACERS)
def test_a_server_of_the_race_does_too(name):
    if name == "race_raw_epoll":
        build(name)
    if not (BIN / name).exists():
        pytest.skip(f"{name} is made by ./learn race")
    found = places_of(BIN / name)
    assert found and all(map(is_loopback, found)), found


def test_so_do_those_in_go():
    program = BIN / "netpoll.race"
    if not program.exists():
        pytest.skip("netpoll.race is made by ./learn race")
    for name in ("netpoll", "gnet", "evio", "net"):
        found = places_of(program, "--server", name)
        assert found and all(map(is_loopback, found)), (name, found)


@pytest.mark.parametrize("name", DEMOS)
def test_a_demonstration_binds_here_alone(name, tmp_path):
    need_strace()
    build(name)
    log = tmp_path / "log"
    log.touch()
    command = ["strace", "-f", "-qq", "-e", "trace=bind", "-o", log, BIN / name]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=tmp_path,
                          start_new_session=True) as demo:
        try:
            until(lambda: demo.poll() is not None or _BOUND.search(log.read_text(errors="replace")))
            with contextlib.suppress(subprocess.TimeoutExpired):
                demo.wait(3)  # some serve until they are ended
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(demo.pid, signal.SIGKILL)
    bound = _BOUND.findall(log.read_text(errors="replace"))
    assert bound and [place for place in bound if not _HERE.search(place)] == []


def test_no_source_names_every_interface():
    found = [f"{file.relative_to(ROOT)}: {line.strip()}"
             for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*"))
             if file.suffix in (".cpp", ".h", ".py", ".go", ".mjs", ".ts", ".js")
             and "node_modules" not in file.parts
             and str(file.relative_to(ROOT)) not in TALKS_OF_IT
             for line in file.read_text(errors="replace").splitlines()
             if _WIDE.search(line.split("//")[0].split("///")[0])]
    assert found == []


@pytest.mark.parametrize(("place", "here"), [
    ("0100007F", True), ("0200007F", True), ("00000000", False), ("0100000A", False),
    ("00000000000000000000000001000000", True), ("00000000000000000000000000000000", False),
    ("0000000000000000FFFF00000100007F", True), ("0000000000000000FFFF000000000000", False),
])
def test_which_address_is_this_machine(place, here):
    assert is_loopback(place) is here


@pytest.mark.parametrize("address", ["0.0.0.0:0", ":0"])
def test_a_server_that_is_told_to_listen_everywhere_is_seen(address):
    """Else the tests above could not fail. It has a network of its own, where nobody is."""
    alone = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("the kernel gives no network of one's own here")
    build("echo_server")
    found = places_of(*alone, BIN / "echo_server", "--addr", address)
    assert found == ["00000000"] and not any(map(is_loopback, found))
