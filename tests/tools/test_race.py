# SPDX-License-Identifier: Apache-2.0
"""The race: ratios within a round, goals judged by them, and one real round."""

import contextlib
import json
import math
import os
import subprocess
import time

import pytest

from learn import cli
from learn.race import chart, foreign, goals, plan, results, rounds, servers
from learn.race import cli as race_cli
from learn.race.cli import narrowed
from learn.race.plan import Plan, Workload
from learn.race.servers import RAW, RAW_AGAIN, Field, Server
from learn.run import build
from race_helpers import SMALL, faked, field, sample


def test_a_ratio_is_taken_within_its_round():
    """Broken variant: the ratio of the medians, .75 here."""
    slow_then_fast = [{RAW: sample(4.0), "inline": sample(5.0)},
                      {RAW: sample(8.0), "inline": sample(10.0)},
                      {RAW: sample(4.0), "inline": sample(4.0)}]
    row = results.row(SMALL, slow_then_fast, "inline")
    assert (row.cpu, row.cpu_low, row.cpu_high) == (0.8, 0.8, 1.0)
    assert row.cpu_us == 5.0
    assert row.is_at(SMALL) and not row.is_at(Workload(64, 64, work_us=50))


def test_throughput_is_better_when_it_is_larger():
    one = [{RAW: sample(4.0, requests=1000), "inline": sample(4.0, requests=1500)}]
    assert results.row(SMALL, one, "inline").throughput == 1.5


def test_the_noise_is_what_the_raw_loop_differs_from_itself():
    one = [{RAW: sample(4.0), RAW_AGAIN: sample(5.0), "inline": sample(8.0)}]
    assert results.noise(results.rows(SMALL, one)) == pytest.approx(0.2)


@pytest.mark.parametrize(("cpu", "met"), [(4.0, True), (4.08, True), (4.2, False)])
def test_a_goal_is_met_by_the_ratio_and_the_noise_only(cpu, met):
    one = [{RAW: sample(4.0), RAW_AGAIN: sample(4.0), "inline": sample(cpu)}]
    judged = goals.judge(results.rows(SMALL, one))
    assert [(goal.want, goal.met) for goal in judged] == [(0.98, met)]
    assert judged[0].got == pytest.approx(4.0 / cpu, abs=0.001)


def test_noise_is_granted_to_a_goal():
    one = [{RAW: sample(4.0), RAW_AGAIN: sample(4.3), "inline": sample(4.3)}]
    assert goals.judge(results.rows(SMALL, one))[0].met


def test_a_server_that_did_not_run_has_no_goal():
    assert goals.judge(results.rows(SMALL, [{RAW: sample(4.0), RAW_AGAIN: sample(4.0)}])) == []


def run(here, count, until=math.inf):
    return rounds.run(here, SMALL, Plan((SMALL,), count, 1.0, 0.0), lambda text: None, until)


def test_a_disturbed_round_is_repeated_and_not_for_ever(monkeypatch):
    busy = iter([1.0, 0.2, 0.0, 0.05])
    faked(monkeypatch, lambda _: sample(4.0), lambda: next(busy))
    assert [one[RAW].foreign for one in run(field(RAW), 2).rounds] == [0.0, 0.05]

    faked(monkeypatch, lambda _: sample(4.0), lambda: 1.0)
    done = run(field(RAW), 7)
    assert [one[RAW].foreign for one in done.rounds] == [1.0] * 7


def test_a_round_is_of_every_server_and_servers_are_started_anew_for_a_heat(monkeypatch):
    started, asked = [], []

    @contextlib.contextmanager
    def serving(server, _workload):
        started.append(server.name)
        yield server.name, os.getpid()

    faked(monkeypatch, lambda server: asked.append(server.name) or sample(4.0))
    monkeypatch.setattr(rounds, "serving", serving)
    done = run(field(RAW, "pool"), rounds.HEAT + 1)
    assert asked == [RAW, "pool"] * (rounds.HEAT + 1) and started == [RAW, "pool"] * 2
    assert len(done.rounds) == rounds.HEAT + 1 and done.failed == []


def test_a_server_that_fails_is_a_line_and_in_no_round(monkeypatch):
    """Broken variant: the whole race ends with the first sample that fails."""
    asked = []

    def load(server):
        asked.append(server.name)
        if asked.count("pool") == 2 and server.name == "pool":
            raise rounds.RaceError("pool: a byte of the answer is wrong")
        return sample(4.0)

    faked(monkeypatch, load)
    done = run(field(RAW, "pool", "inline"), 3)
    assert [list(one) for one in done.rounds] == [[RAW, "inline"]] * 3
    line, = done.failed
    assert line.endswith("pool: a byte of the answer is wrong") and "64×64 B" in line


def test_a_round_that_time_cuts_off_does_not_count(monkeypatch):
    """Broken variant: a row of samples from different rounds."""
    clock = iter(range(100))
    faked(monkeypatch, lambda _: sample(4.0))
    monkeypatch.setattr(rounds.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(foreign.Watch, "__init__", lambda *_: None)
    done = run(field(RAW, "inline", "pool"), 3, until=4.5)
    assert [list(one) for one in done.rounds] == [[RAW, "inline", "pool"]]


def test_what_a_server_uses_is_not_foreign():
    spin = "print(1, flush=True)\nwhile True: pass"
    with subprocess.Popen(["python3", "-c", spin], stdout=subprocess.PIPE) as busy:
        busy.stdout.readline()
        as_server, as_stranger = foreign.Watch([busy.pid]), foreign.Watch([])
        time.sleep(0.5)
        known, unknown = as_server.cores(), as_stranger.cores()
        busy.kill()
    assert unknown - known > 0.1


def test_what_children_use_is_not_foreign(monkeypatch):
    machine = iter([10.0, 12.0])
    monkeypatch.setattr(foreign, "busy_seconds", lambda: next(machine))
    watch, before, began = foreign.Watch([]), os.times(), time.monotonic()
    subprocess.run(["python3", "-c", "sum(range(5_000_000))"], check=True)
    foreign_seconds = watch.cores() * (time.monotonic() - began)
    used = os.times().children_user - before.children_user
    assert used > 0.02 and foreign_seconds == pytest.approx(2.0 - used, abs=used / 2)


def test_what_others_used_is_counted_over_all_cores():
    assert foreign.busy_seconds("cpu 100 20 30 9999 50 5 6 7 0 0\n") == pytest.approx(
        168 / os.sysconf("SC_CLK_TCK"))


def test_workloads_have_names_that_tell_them_apart():
    names = [workload.name for workload in plan.FULL.workloads]
    assert len(set(names)) == len(names)
    assert Workload(64, 64 * 1024, work_us=50, idle=9, depth=4).name == \
        "64×64 KiB 50 µs +9 idle depth 4"
    assert plan.size(1500) == "1500 B"


def test_only_takes_known_servers_and_keeps_the_measure():
    kept = narrowed(field(RAW, "inline", "pool"), ["pool"])
    assert [server.name for server in kept.servers] == [RAW, "pool"]
    with pytest.raises(ValueError, match="no-such"):
        narrowed(field(RAW, "inline"), ["no-such"])


def test_a_server_that_cannot_start_says_why():
    assert Server("x", ("sh", "-c", "echo io_uring: not allowed >&2; exit 3")).starts() == \
        "io_uring: not allowed"
    assert Server("x", ("sh", "-c", "echo listening on 1; sleep 9")).starts() == ""


def test_the_go_program_has_the_name_that_go_gives_it():
    first = (servers.GO_MODULE / "go.mod").read_text().splitlines()[0]
    assert first.removeprefix("module ").split("/")[-1] == servers.GO_PROGRAM


@pytest.fixture(scope="module")
def bin_():
    return build.build("release", "race")


@pytest.mark.parametrize("name", [RAW, "inline", "adaptive", "pool"])
def test_one_real_round(bin_, name):
    """Each byte is compared by the load; what it counts is what was asked for."""
    commands = {RAW: (str(bin_ / "race_raw_epoll"),)} | {
        runner: (str(bin_ / "echo_server"), "--pollers", "1", "--runner", runner)
        for runner in ("inline", "adaptive", "pool")}
    here = Field(bin_ / "race_load", [Server(name, commands[name])], [])
    for workload in (Workload(8, 64), Workload(2, 1 << 20), Workload(2, 1000, depth=4, idle=3)):
        one = rounds.measure(here, here.servers[0], workload, Plan((), 1, 0.4, 0.0))
        assert one.requests > 0
        assert 0 < one.cpu_us < 2e6
        assert 0 < one.p50_us <= one.p99_us <= one.p999_us


def test_the_load_notices_a_wrong_byte(bin_, tmp_path):
    liar = tmp_path / "liar.py"
    liar.write_text("""
import socket
listener = socket.create_server(("127.0.0.1", 0))
print("listening on 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
near, _ = listener.accept()
while data := near.recv(65536):
    near.sendall(data[:-1] + bytes([data[-1] ^ 1]))
""")
    here = Field(bin_ / "race_load", [Server("liar", ("python3", str(liar)))], [])
    with pytest.raises(rounds.RaceError, match="wrong"):
        rounds.measure(here, Server("liar", ("sh", "-c", f"exec python3 {liar}")),
                       Workload(1, 64), Plan((), 1, 0.1, 0.0))


def test_an_unknown_server_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(servers, "gather", lambda: field(RAW, "inline"))
    assert cli.main(["race", "--only", "nobody"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_goals_are_json():
    one = [{RAW: sample(4.0), RAW_AGAIN: sample(4.0), "pool": sample(4.0)}]
    told = goals.to_json(goals.judge(results.rows(SMALL, one)))
    assert json.loads(json.dumps(told))[0].keys() == {"goal", "want", "got", "noise", "met"}


@pytest.fixture
def raced(monkeypatch, tmp_path):
    """The verb without servers: each sample is the same."""
    monkeypatch.setattr(race_cli, "OUTPUT", tmp_path)
    for gather in ("gather", "gather_own"):
        monkeypatch.setattr(servers, gather, lambda: field(RAW, "inline"))
    faked(monkeypatch, lambda _: sample(4.0))
    return tmp_path


def test_a_race_in_which_a_server_fails_is_red_and_shows_the_others(raced, monkeypatch, capsys):
    def load(server):
        if server.name == "inline":
            raise rounds.RaceError("inline: no answer")
        return sample(4.0)

    faked(monkeypatch, load)
    assert cli.main(["race", "--quick", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert {row["server"] for row in told["rows"]} == {RAW, RAW_AGAIN} and not told["ok"]
    assert len(told["failed"]) == len(plan.QUICK.workloads)


def test_the_race_writes_its_chart_beside_its_figures(raced, capsys):
    assert cli.main(["race", "--quick", "--json"]) == 0
    rows = json.loads((raced / "race.json").read_text())["rows"]
    assert json.loads(capsys.readouterr().out)["rows"] == rows
    assert (raced / "race.svg").read_text() == chart.race(rows)


def test_growth_and_fairness_are_not_one_run(raced, capsys):
    assert cli.main(["race", "--growth", "--fairness"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list(raced.iterdir()) == []


@pytest.mark.parametrize("every_core", [False, True])
def test_a_server_has_the_cores_it_may_use_and_the_load_the_last(every_core):
    cores = sorted(os.sched_getaffinity(0))
    here = Server("x", ("python3", "-c", "import os, time\nprint('listening on', sorted("
                        "os.sched_getaffinity(0)), flush=True)\ntime.sleep(9)"), every_core)
    with rounds.serving(here, SMALL) as (said, _):
        assert said == str(cores if every_core else cores[:1])
    assert rounds.load_core() == cores[-1:]


def test_a_server_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(rounds, "GRACE_S", 0.1)
    deaf = Server("x", ("python3", "-c", "import signal, time\n"
                        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                        "print('listening on 1', flush=True); time.sleep(30)"))
    began = time.monotonic()
    with rounds.serving(deaf, SMALL) as (_, pid):
        pass
    assert time.monotonic() - began < 10
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
