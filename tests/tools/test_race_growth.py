# SPDX-License-Identifier: Apache-2.0
"""./learn race --growth and --fairness: what is asked for, what becomes of it, and one real run."""

import contextlib
import json
import math
import os
import resource
import socket
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as xml
from dataclasses import replace

import pytest
from rich.console import Console

from learn import cli
from learn.race import chart, fairness, growth, rounds, servers
from learn.race import cli as race_cli
from learn.race.plan import KIB, MIB, Plan, Workload
from learn.race.rounds import RaceError, Sample
from learn.race.servers import RAW, Field, Server
from learn.race.trouble import KINDS
from learn.run import build

TINY = Plan((), rounds=1, seconds=0.3, warmup=0.05)
QUIET = Console(quiet=True)


def sample(cpu_us=4.0, requests=1000, p99=20.0):
    return Sample(requests, requests, 1.0, cpu_us * requests, 5e5, 10.0, p99, 30.0)


def field(*names):
    return Field(build.BUILD / "release" / "bin" / "race_load",
                 [Server(name, ("sh", "-c", "echo listening on 1; exec sleep 9"))
                  for name in names], [])


def point(axis="idle", at=0, **more):
    return growth.Point(axis, at, Workload(64, KIB, **more))


# Growth.

def test_the_points_are_those_that_are_promised():
    at = {axis: [one.at for one in growth.points() if one.axis == axis] for axis in growth.AXES}
    assert at == {"idle": [0, 100, 1000, 10_000], "pollers": [1, 2], "depth": [1, 4, 16, 64],
                  "size": [64, 1024, 16 * KIB, 256 * KIB, 4 * MIB, 64 * MIB]}
    for one in growth.points():
        assert one.workload.conns * one.workload.bytes * one.workload.depth <= 64 * MIB
        assert one.workload.conns == 64 or one.at >= 4 * MIB
        assert one.at == {"idle": one.workload.idle, "size": one.workload.bytes,
                          "pollers": one.at, "depth": one.workload.depth}[one.axis]


def test_growth_too_takes_its_ratios_within_a_round():
    """Broken variant: the ratio of the medians, 1.0 here."""
    done = [{RAW: sample(4.0), "pool": sample(5.0)}, {RAW: sample(8.0), "pool": sample(10.0)},
            {RAW: sample(5.0), "pool": sample(4.0)}]
    row = growth.rows(point(), done)[1]
    assert (row.server, row.cpu, row.cpu_low, row.cpu_high) == ("pool", 0.8, 0.8, 1.25)
    assert (row.cpu_us, row.load) == (5.0, 0.5)


def test_without_the_raw_loop_there_is_no_ratio():
    row, = growth.rows(point("pollers", 2), [{"pool": sample()}])
    assert (row.cpu, row.cpu_low, row.cpu_high) == (None, None, None)


def test_more_pollers_are_for_ours_alone_and_on_every_core():
    here = growth.racers(field(RAW, "inline", "pool"), point("pollers", 2))
    assert [one.name for one in here.servers] == ["inline", "pool"]
    assert here.servers[0].every_core and here.servers[1].command[1:] == ("--pollers", "2", "--runner", "pool")
    alone = growth.racers(field(RAW, "pool"), point())
    assert [one.name for one in alone.servers] == [RAW, "pool"]


def measured(monkeypatch, fake, points, **limits):
    monkeypatch.setattr(rounds, "serving", lambda server, _: contextlib.nullcontext(("", 0)))
    monkeypatch.setattr(rounds, "load", fake)
    monkeypatch.setattr(growth, "points", lambda: points)
    for name, value in limits.items():
        monkeypatch.setattr(growth, name, value)
    return growth.run(field(RAW, "inline", "pool"), Plan((), 2, 0.1, 0.0), QUIET)


def test_a_point_that_fails_is_a_line_and_the_others_go_on(monkeypatch):
    def fake(_load, server, workload, _plan, _where):
        if server.name == "inline" and workload.idle == 100:
            raise RaceError("inline: no answer for a second")
        return sample()

    told = measured(monkeypatch, fake, [point("idle", 100, idle=100), point()])
    assert [(row["at"], row["server"]) for row in told["rows"]] == [
        (100, RAW), (100, "pool"), (0, RAW), (0, "inline"), (0, "pool")]
    assert not told["ok"] and told["left_out"] == []
    line, = told["failed"]
    assert "100" in line and line.endswith("no answer for a second")


def test_a_point_that_needs_too_many_files_is_left_out_with_its_reason(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 500))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    told = measured(monkeypatch, lambda *_: sample(), [point(), point("idle", 1000, idle=1000)])
    assert {row["at"] for row in told["rows"]} == {0} and told["ok"]
    line, = told["left_out"]
    assert "1,000" in line and "500" in line


def test_when_the_time_is_over_points_are_left_out(monkeypatch):
    told = measured(monkeypatch, lambda *_: sample(), [point(), point("depth", 4)], BUDGET_S=-1.0)
    assert told["rows"] == [] and len(told["left_out"]) == 2


def test_children_may_open_as_many_files_as_the_system_allows():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        with growth.descriptors() as most:
            child = subprocess.run(["sh", "-c", "ulimit -n"], capture_output=True, text=True,
                                   check=True)
        assert int(child.stdout) == most == before[1]
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 256
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_chart_of_growth_has_a_line_for_each_server_and_survives_a_gap(monkeypatch):
    told = measured(monkeypatch, lambda *_: sample(),
                    [point("idle", at, idle=at) for at in (0, 100)] + [point("pollers", 2)])
    rows = [row for row in told["rows"] if (row["at"], row["server"]) != (100, "pool")]
    svg = growth.drawn(rows)
    assert svg == growth.drawn(json.loads(json.dumps(rows)))
    assert "<script" not in svg and "href" not in svg and "<!--" not in svg
    assert len(list(xml.fromstring(svg).iter(f"{{{chart.SVG}}}circle"))) == len(rows) == 7


@pytest.mark.parametrize(("values", "least", "most"), [([4.0, 34_000.0], 1, 100_000),
                                                       ([10.0], 10, 100)])
def test_a_logarithmic_axis_has_powers_of_ten_around_its_values(values, least, most):
    marks = chart.powers(values)
    assert (marks[0], marks[-1]) == (least, most)
    assert all(math.log10(mark).is_integer() for mark in marks)


# Fairness.

def pair(alone, beside, answers=3):
    return fairness.Pair(sample(requests=alone), sample(requests=beside),
                         {"answers": answers, "seconds": 1.0, "cpu_s": 0.25})


def test_what_is_kept_is_taken_within_a_round_and_the_middle_counts():
    """Broken variant: the ratio of the medians, .5 here."""
    row = fairness.row("download", "pool", [pair(1000, 900), pair(500, 450), pair(1000, 500)])
    assert (row.kept, row.kept_low, row.kept_high) == (0.9, 0.5, 0.9)
    assert (row.load_core, row.neighbour_answers, row.met) == (0.75, 3, True)


@pytest.mark.parametrize(("server", "beside", "met", "judged"), [
    ("pool", 899, 0, 1), ("adaptive", 900, 1, 1), ("inline", 10, 1, 0), (RAW, 10, 1, 0)])
def test_pool_and_adaptive_are_judged(server, beside, met, judged):
    row = fairness.row("download", server, [pair(1000, beside)])
    assert row.met == met
    assert [goal["met"] for goal in fairness.goals([row])] == [met] * judged


@pytest.mark.parametrize(("raw", "want"), [(800, 0.72), (1100, 0.9), (None, 0.9)])
def test_what_a_plain_loop_cannot_keep_nobody_must(raw, want):
    """Without the raw loop, or when it got more beside the neighbour, all counts."""
    kept = {"pool": 750} | ({RAW: raw} if raw else {})
    found = [fairness.row("download", name, [pair(1000, got)]) for name, got in kept.items()]
    judged = fairness.goals(fairness.beside_raw(found))
    assert [(goal["want"], goal["met"]) for goal in judged] == [(want, 0.75 >= want)]


def test_a_server_that_refuses_a_flag_is_a_line(monkeypatch):
    script = ('test "$1" = --addr || { echo no such flag >&2; exit 2; };'
              " echo listening on 1; exec sleep 9")
    refusing = Server("pool", ("sh", "-c", script, "x"))
    monkeypatch.setattr(fairness, "pairs", lambda *_: [pair(100, 95)])
    told = fairness.run(Field(None, [refusing], []), TINY, QUIET)
    assert [row["trouble"] for row in told["rows"]] == ["download", "huge"]
    assert told["ok"] and len(told["goals"]) == 2
    line, = told["left_out"]
    assert "block" in line and line.endswith("no such flag")


def test_a_neighbour_that_fails_is_a_line(monkeypatch):
    """The server takes a byte and closes; nothing more may be sent, so only a read tells."""
    rude = ("python3", "-c", "import socket\nlistener = socket.create_server(('127.0.0.1', 0))\n"
            "print('listening on 127.0.0.1:%d' % listener.getsockname()[1], flush=True)\n"
            "while True:\n    with listener.accept()[0] as near: near.recv(1)")
    monkeypatch.setattr(rounds, "measure", lambda *_: sample())
    monkeypatch.setattr(rounds, "load", lambda *_: time.sleep(0.3) or sample())
    monkeypatch.setattr(fairness, "FLAGS", {"block": ()})
    told = fairness.run(Field(None, [Server("pool", rude)], []), TINY, QUIET)
    assert (told["rows"], told["ok"]) == ([], False)
    assert "closed" in told["failed"][0]


class Echo(threading.Thread):
    """Echoes one connection as a plain loop does: what is unsent is sent before it reads on."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addr = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.got, self.bytes = 0, set()
        self.start()

    def run(self):
        near, _ = self.listener.accept()
        with near, self.listener, contextlib.suppress(ConnectionError):
            while data := near.recv(65536):
                self.got += len(data)
                self.bytes |= set(data[:2048])
                near.sendall(data)


@pytest.mark.parametrize(("trouble", "byte", "until"), [
    ("download", 0, 4 * MIB), ("block", 255, 9), ("huge", 0, 64 * MIB)])
def test_a_neighbour_sends_what_it_should_and_takes_all_of_the_echo(trouble, byte, until):
    server = Echo()
    with fairness.neighbour(trouble, server.addr, Plan((), 1, 0.1, 0.0)) as told:
        end = time.monotonic() + 60
        while server.got < until and time.monotonic() < end:
            time.sleep(0.02)
        if trouble == "huge":  # it ends when all has come back
            server.join(20)
            assert not server.is_alive()
    server.join(20)
    kind = KINDS[trouble]
    assert not server.is_alive() and server.bytes == {byte}
    assert told["sent"] >= server.got >= told["received"] > 0
    assert told["sent"] - told["received"] <= kind.ahead * kind.size
    assert told["answers"] == told["received"] // kind.size > 0
    if trouble == "huge":
        assert told["sent"] == told["received"] == 64 * MIB


def test_a_neighbour_ends_by_itself():
    server = Echo()
    done = subprocess.run([sys.executable, "-I", fairness.TROUBLE, "download", server.addr,
                           "--seconds", "0.5"], capture_output=True, text=True, timeout=20,
                          check=True)
    assert 0.1 < json.loads(done.stdout.splitlines()[-1])["seconds"] < 10


# Real runs.

@pytest.fixture(scope="module")
def bin_():
    return build.build("release", "race")


def test_the_load_asks_no_handler_to_block(bin_):
    """With --block-ms a message that begins with 0xFF does: it is for the neighbour alone."""
    server = Echo()
    subprocess.run([bin_ / "race_load", "--addr", server.addr, "--pid", str(os.getpid()),
                    "--connections", "1", "--bytes", "1", "--depth", "1024", "--warmup", "0",
                    "--seconds", "0.5"], capture_output=True, check=True)
    assert server.got > 4093  # where a message begins comes again after so many
    assert 0xFF not in server.bytes


@pytest.fixture
def real(bin_, monkeypatch, tmp_path):
    """The verb with two real servers and little time."""
    here = Field(bin_ / "race_load", [servers.own(bin_)[0], servers.ours(bin_, "pool")], [])
    monkeypatch.setattr(servers, "gather_own", lambda: here)
    monkeypatch.setattr(race_cli, "OUTPUT", tmp_path)
    monkeypatch.setattr(growth, "points", lambda: [
        point("idle", 100, idle=100), point("pollers", 2), point("depth", 4, depth=4)])
    for name, kind in race_cli.KINDS.items():
        monkeypatch.setitem(race_cli.KINDS, name, replace(kind, full=TINY, quick=TINY))
    return tmp_path


def test_growth_for_real(real, capsys):
    assert cli.main(["race", "--growth", "--json"]) == 0
    told = json.loads((real / "growth.json").read_text())
    assert json.loads(capsys.readouterr().out) == told
    assert told["ok"] and told["failed"] == []
    assert [(row["axis"], row["server"]) for row in told["rows"]] == [
        ("idle", RAW), ("idle", "pool"), ("pollers", "pool"), ("depth", RAW), ("depth", "pool")]
    assert (real / "growth.svg").read_text() == growth.drawn(told["rows"])


def test_fairness_for_real(real, monkeypatch):
    monkeypatch.setattr(fairness, "FLAGS", {"download": ()})
    assert cli.main(["race", "--fairness"]) == 0
    told = json.loads((real / "fairness.json").read_text())
    assert told["failed"] == [] and [row["server"] for row in told["rows"]] == [RAW, "pool"]
    for row in told["rows"]:
        assert 0 < row["kept"] < 10 and row["neighbour_answers"] > 0
