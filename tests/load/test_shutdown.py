# SPDX-License-Identifier: Apache-2.0
"""SIGTERM at a random moment under load: what was owed has come, and the server is gone.

A failure names its seed; the same seed asks for the same requests and the same moment.
With --long each runner of the release is told to end 500 times. `pytest -rP` shows the
figures.
"""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Server
from shutdown_peers import Peer, Tally, connect, greeted, step_all

START = Callable[..., Server]
KINDS = ("lock_step",) * 6 + ("pipelined",) * 6 + ("half_close",) * 3 + (
    "slow_reader",) * 2 + ("pusher",) * 3
RUNS = {"release": 8, "dev": 6, "tsan": 6}
LONG_RUNS = {"release": 500, "dev": 100, "tsan": 100}
LOAD_S = 0.03  # SIGTERM comes at some moment in the first 30 ms of load
NEWCOMERS = 100  # of one run, at most
END_S = 60.0  # a server that is still there has hung: its own limit is 30 s


@pytest.mark.parametrize("runner", ["pool", "inline", "adaptive"])
def test_sigterm_under_load_loses_no_answer(start: START, preset: str, runner: str,
                                            tmp_path: Path, long: bool) -> None:
    runs = LONG_RUNS if long else RUNS
    tally, wrong = Tally(), []
    for number in range(runs.get(preset, min(runs.values()))):
        rng = random.Random(f"{runner}/{number}")
        address = "127.0.0.1:0" if number % 2 == 0 else str(tmp_path / "echo.sock")
        network = "unix" if address.startswith("/") else "tcp"
        server = start("--runner", runner, "--network", network, "--addr", address,
                       "--pollers", str(rng.randint(1, 3)),
                       "--work-us", rng.choice(("0", "200", "2000")))
        seen = one_run(server, rng, tally, KINDS)
        wrong += [f"seed {runner}/{number}, {network}: {it}" for it in seen]
    print(f"{preset} {runner}: {tally.line()}")
    assert wrong == []
    assert tally.owed_bytes > 0  # else no signal came while a request was under way


@pytest.mark.parametrize("runner", ["pool", "inline", "adaptive"])
def test_sigterm_to_a_proxy_under_load_loses_no_answer(start: START, preset: str, runner: str,
                                                       long: bool) -> None:
    tally, wrong = Tally(), []
    behind = start("--work-us", "200", "--pollers", "2")
    # A proxy lets go on what still moves, for 30 seconds: a pusher would use them up.
    kinds = tuple(kind for kind in KINDS if kind != "pusher")
    for number in range(30 if long else 1):
        rng = random.Random(f"proxy/{runner}/{number}")
        server = start("--runner", runner, "--to", behind.address, "--pollers", "2",
                       program="proxy_server")
        seen = one_run(server, rng, tally, kinds)
        wrong += [f"seed {runner}/{number}: {it}" for it in seen]
    print(f"{preset} proxy {runner}: {tally.line()}")
    assert wrong == []
    assert tally.owed_bytes > 0
    assert behind.stop() == 0
    behind.assert_clean()


def one_run(server: Server, rng: random.Random, tally: Tally, kinds: tuple[str, ...]) -> list[str]:
    """What was wrong with one shutdown."""
    peers = [greeted(kind, server.address, random.Random(rng.random())) for kind in kinds]
    moment = time.monotonic() + rng.random() * LOAD_S
    while (now := time.monotonic()) < moment:
        step_all(peers, moment - now)
        bring_newcomer(peers, server.address, rng)
    tally.owed_bytes += sum(peer.signal_sent() for peer in peers)
    server.process.send_signal(signal.SIGTERM)
    told = time.monotonic()
    listens = True
    while any(not peer.ended for peer in peers) and time.monotonic() < told + END_S:
        step_all(peers, 0.05)
        listens = listens and bring_newcomer(peers, server.address, rng)
    wrong = [it for peer in peers for it in peer.verdict()]
    wrong += judge_exit(server, told)
    count(tally, peers, time.monotonic() - told)
    return wrong


def bring_newcomer(peers: list[Peer], address: str, rng: random.Random) -> bool:
    """One more peer, if the last newcomer has ended. False when no more shall come."""
    newcomers = [peer for peer in peers if peer.kind == "newcomer"]
    if len(newcomers) == NEWCOMERS:
        return False
    if newcomers and not newcomers[-1].ended:
        return True
    try:
        end = connect(address)
    except (ConnectionError, FileNotFoundError):
        return False
    peer = Peer("newcomer", end, random.Random(rng.random()))
    peer.send()
    peer.may_ask = False
    peers.append(peer)
    return True


def judge_exit(server: Server, told: float) -> list[str]:
    """What is wrong with how the server ended."""
    try:
        status = server.process.wait(max(1.0, told + END_S - time.monotonic()))
    except subprocess.TimeoutExpired:
        return ["it has not ended"]
    wrong = [] if status == 0 else [f"exit status {status}"]
    if text := server.log.read_text():
        wrong.append(f"it wrote {text[:2000]!r}")
    if server.address.startswith("/") and os.path.exists(server.address):
        wrong.append("its socket file is still there")
    return wrong


def count(tally: Tally, peers: list[Peer], exit_s: float) -> None:
    tally.runs += 1
    tally.got_bytes += sum(peer.got for peer in peers)
    tally.longest_exit_s = max(tally.longest_exit_s, exit_s)
    for peer in peers:
        if peer.kind == "pusher":
            tally.pusher_resets += peer.saw_reset
        elif peer.kind == "newcomer":
            tally.newcomers[peer.ended] = tally.newcomers.get(peer.ended, 0) + 1
