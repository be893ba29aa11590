# SPDX-License-Identifier: Apache-2.0
"""Servers under clients that appear and vanish, for a minute, or with --long for thirty.

Each runner under AddressSanitizer and under ThreadSanitizer, all of them at the same
time; each is one test. `pytest -rP` shows the figures.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PRESETS, Server
from soak import Figures, Plan, soak

RUNNERS = ("pool", "inline", "adaptive")
SANITIZED = [preset for preset in PRESETS if preset in ("dev", "tsan")] or PRESETS
NAMES = [f"{preset}-{runner}" for preset in SANITIZED for runner in RUNNERS]
LONG = Plan(seconds=1800.0, round_s=15.0, times=2)
# What a sanitizer keeps back of freed memory would grow for longer than a minute.
SMALL_QUARANTINE = {"ASAN_OPTIONS": "quarantine_size_mb=4:thread_local_quarantine_size_kb=64"}


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
                  env=os.environ | SMALL_QUARANTINE)


@pytest.mark.parametrize("name", NAMES)
def test_a_server_keeps_nothing_of_clients_that_left(
        soaked: dict[str, tuple[Server, Figures]], name: str) -> None:
    server, figures = soaked[name]
    print(f"{name}: {figures.line()}")
    assert figures.failures == []
    assert figures.fds_after == [figures.fds_before] * len(figures.fds_after)
    assert figures.growth() <= figures.growth_allowed(), figures.resident
    assert server.stop() == 0
    server.assert_clean()
