# SPDX-License-Identifier: Apache-2.0
"""Servers under clients that appear and vanish, for a minute, or with --long for thirty.

Each runner of each preset, so under AddressSanitizer and ThreadSanitizer too, all of
them at the same time; each is one test. `pytest -rP` shows the figures.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import support
from conftest import PRESETS, Server
from soak import MIB, Figures, Plan, soak

pytestmark = support.soak

RUNNERS = ("pool", "inline", "adaptive")
NAMES = [f"{preset}-{runner}" for preset in PRESETS for runner in RUNNERS]
LONG = Plan(rounds=120, round_s=15.0, times=2)
# Bounds on what allocators keep of freed memory, or they would grow for longer than a
# minute: AddressSanitizer's quarantine, and the arenas of the C library.
SMALL_HOARDS = {"ASAN_OPTIONS": "quarantine_size_mb=4:thread_local_quarantine_size_kb=64",
                "MALLOC_ARENA_MAX": "2"}
# What the last third of the rounds may hold more than the middle third: the larger of
# the two. A leak of 4 KiB in each call of the handler comes to 6 MiB in the short form.
# ThreadSanitizer keeps a history of each thread, which grows for long.
ALLOWED_SHARE = 0.05
ALLOWED_BYTES = {"tsan": 8 * MIB, "other": 4 * MIB}


@pytest.fixture(scope="module")
def soaked(request: pytest.FixtureRequest,
           tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Server, Figures]]]:
    """Every server after its soak, still running, with its figures."""
    plan = LONG if request.config.getoption("--long") else Plan()
    folder = tmp_path_factory.mktemp("soak")
    servers = {name: start(name, folder / f"{name}.log") for name in NAMES}

    async def all_at_once() -> list[Figures]:
        return await asyncio.gather(*(
            soak(server, plan) for server in servers.values()))

    try:
        figures = asyncio.run(all_at_once())
        yield {name: (servers[name], it) for name, it in zip(NAMES, figures, strict=True)}
    finally:
        for server in servers.values():
            if server.process.poll() is None:
                server.process.kill()
                server.process.wait()


def start(name: str, log: Path) -> Server:
    preset, runner = name.rsplit("-", 1)
    return Server(preset, log, "--runner", runner, "--pollers", "2",
                  env=os.environ | SMALL_HOARDS)


@pytest.mark.parametrize("name", NAMES)
def test_a_server_keeps_nothing_of_clients_that_left(
        soaked: dict[str, tuple[Server, Figures]], name: str) -> None:
    server, figures = soaked[name]
    print(f"{name}: {figures.line()}")
    assert figures.failures == []
    assert figures.fds_after == [figures.fds_before] * len(figures.fds_after)
    allowed = ALLOWED_BYTES["tsan" if name.startswith("tsan") else "other"]
    assert figures.growth() <= max(ALLOWED_SHARE * figures.thirds()[1], allowed), figures.resident
    status = server.stop()
    server.assert_clean()
    assert status == 0
