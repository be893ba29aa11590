# SPDX-License-Identifier: Apache-2.0
"""Starts the real servers of each preset and stops them the way people do.

NETPOLL_PRESETS (comma-separated) says which builds; all of `dev,tsan,release`
otherwise. A build that is missing fails its tests: it is not skipped.
"""

import os
import re
import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRESETS = os.environ.get("NETPOLL_PRESETS", "dev,tsan,release").split(",")
REPORT = re.compile(r"(ERROR: (Address|Leak|Thread)Sanitizer|WARNING: ThreadSanitizer|runtime error:)")


def program_of(preset: str, name: str) -> Path:
    """The built program; the test fails when it is missing."""
    program = ROOT / "build" / preset / "bin" / name
    if not program.exists():
        pytest.fail(f"{program} is missing; mend: cmake --workflow or ./learn test")
    return program


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true")


def pytest_configure(config: pytest.Config) -> None:
    # The crowds need more descriptors than the thousand that a user begins with; the servers that
    # are started here inherit the limit.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    config.addinivalue_line("markers", "long_only(*presets): see support.py")
    for name in ("soak", "waits", "fills_kernel"):
        config.addinivalue_line("markers", f"{name}: see support.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    left = [item for item in items if is_left_out(item)]
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=left)


def is_left_out(item: pytest.Item) -> bool:
    """The short form does not run it: it, or one of its parameters, is long_only() here."""
    callspec = getattr(item, "callspec", None)
    preset = callspec.params.get("preset") if callspec else None
    return any(preset in mark.args for mark in item.iter_markers("long_only"))


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """The long form was asked for: as many connections, bytes and seconds as can be had."""
    return request.config.getoption("--long")


class Server:
    """A running server; `address` is what it printed."""

    def __init__(self, preset: str, log: Path, *flags: str, program: str = "echo_server",
                 env: dict[str, str] | None = None) -> None:
        path = program_of(preset, program)
        self.log = log
        with log.open("w") as stderr:
            self.process = subprocess.Popen([path, *flags], stdout=subprocess.PIPE,
                                            stderr=stderr, text=True, env=env)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), f"printed {line!r}, {log.read_text()!r}"
        self.address = line.removeprefix("listening on ").strip()

    def stop(self, within_s: float = 60) -> int:
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within_s)

    def fds(self) -> int:
        """How many descriptors it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def rss_bytes(self) -> int:
        """How much of its memory is resident."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def assert_clean(self) -> None:
        """No line of a sanitizer, nor any other."""
        text = self.log.read_text()
        assert not REPORT.search(text), text[:4000]
        assert text == "", text[:2000]


@pytest.fixture(params=PRESETS)
def preset(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def start(preset: str, tmp_path: Path) -> Iterator:
    """start("--pollers", "2") -> Server, an echo_server or another `program`; it is killed at the
    end if it still runs."""
    running: list[Server] = []

    def start_one(*flags: str, program: str = "echo_server") -> Server:
        log = tmp_path / f"stderr-{len(running)}.log"
        server = Server(preset, log, *flags, program=program)
        running.append(server)
        return server

    yield start_one
    for server in running:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
