# SPDX-License-Identifier: Apache-2.0
"""The race: ratios within a round, goals judged by them, and one real round."""

import json
import os

import pytest

from learn import cli
from learn.race import foreign, goals, plan, results, rounds, servers
from learn.race.cli import narrowed
from learn.race.plan import Plan, Workload
from learn.race.rounds import Sample
from learn.race.servers import RAW, RAW_AGAIN, Field, Server
from learn.run import build

SMALL = Workload(64, 64)


def sample(cpu_us, requests=1000, seconds=1.0, others=0.0):
    return Sample(requests, requests, seconds, cpu_us * requests, 1.0, 10.0, 20.0, 30.0, others)


def field(*names):
    return Field("race_load", [Server(name, (name,)) for name in names], [])


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


def test_a_disturbed_round_is_repeated_and_not_for_ever(monkeypatch):
    asked = []

    def measure(_field, server, _workload, _plan):
        asked.append(server.name)
        return sample(4.0, others=1.0 if len(asked) <= 2 else 0.0)

    monkeypatch.setattr(rounds, "measure", measure)
    done = rounds.run(field(RAW), SMALL, Plan((SMALL,), 1, 1.0, 0.0), lambda text: None)
    assert asked == [RAW, RAW_AGAIN] * 2
    assert done[0][RAW].foreign == 0.0

    monkeypatch.setattr(rounds, "measure", lambda *_: sample(4.0, others=1.0))
    done = rounds.run(field(RAW), SMALL, Plan((SMALL,), 1, 1.0, 0.0), lambda text: None)
    assert done[0][RAW].foreign == 1.0


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


@pytest.fixture(scope="module")
def bin_():
    return build.build("release", "race")


@pytest.mark.parametrize("name", [RAW, "inline", "pool"])
def test_one_real_round(bin_, name):
    """Each byte is compared by the load; what it counts is what was asked for."""
    commands = {RAW: (str(bin_ / "race_raw_epoll"),)} | {
        runner: (str(bin_ / "echo_server"), "--pollers", "1", "--runner", runner)
        for runner in ("inline", "pool")}
    here = Field(bin_ / "race_load", [Server(name, commands[name])], [])
    for workload in (Workload(8, 64), Workload(2, 1 << 20), Workload(2, 1000, depth=4, idle=3)):
        one = rounds.measure(here, here.servers[0], workload, Plan((), 1, 0.1, 0.0))
        assert one.requests > 0
        assert 0 < one.cpu_us < 2e6
        assert 0 < one.p50_us <= one.p99_us <= one.p999_us < 1e6


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
