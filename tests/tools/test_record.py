# SPDX-License-Identifier: Apache-2.0
"""The recorder on a real process: the stand-in server under gdb."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from learn.gate import Problem
from learn.gates import traces as gate
from learn.paths import TOOLS
from learn.record import cli, trace
from learn.record import scenario as scenarios
from learn.record.errors import EnvironmentRefuses, RecordError, ScenarioError
from record_helpers import DATA, bench, built, index, workshop

# Forbids ptrace(2) as a container's default seccomp profile does, for itself and its children.
WITHOUT_PTRACE = """
import ctypes, os, platform, struct, sys
number = {"x86_64": 101, "aarch64": 117}[platform.machine()]
program = b"".join(struct.pack("HBBI", *line) for line in (
    (0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7FFF0000)))
code = ctypes.create_string_buffer(program)
class Filter(ctypes.Structure):
    _fields_ = [("size", ctypes.c_ushort), ("code", ctypes.c_void_p)]
rules = Filter(4, ctypes.addressof(code))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(rules), 0, 0) == 0
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
RECORD_ONE = """
import sys
from record_helpers import bench
from learn.record.errors import RecordError
try:
    bench().record("standin")
except RecordError as error:
    print(error, file=sys.stderr)
    sys.exit(error.code)
"""


@pytest.fixture(scope="module")
def committed():
    trace.write(bench().record("standin"), trace.path_of("standin", workshop()))


def gate_on(variant: str = "", recordings: int = 1):
    return gate.run(SimpleNamespace(recordings=recordings), bench(variant))


def test_recordings_are_identical(committed):
    result = gate_on(recordings=5)

    assert result.ok, result.problems
    assert result.figures == {"scenarios": 1, "recordings": 5, "differing": 0, "again": 0}


@pytest.mark.parametrize(("differing", "ok", "again"), [
    ([0], True, 0), ([1, 0], True, 1), ([1, 1], False, 1), ([1, 2], False, 1)])
def test_what_differs_once_is_recorded_twice_more(differing, ok, again):
    """Planted: a recording that differs once, and one that differs again."""
    asked = []

    def compare(name, n):
        asked.append(n)
        wrong = differing[len(asked) - 1]
        return SimpleNamespace(recordings=n, differing=wrong,
                               problems=[Problem(name, 0, "differs", "")] * wrong)

    result = gate.run(SimpleNamespace(), SimpleNamespace(root=DATA, compare=compare))
    assert (result.ok, result.figures["again"], asked) == (ok, again, [1, 2][: len(differing)])


def test_a_recording_tells_what_the_committed_events_tell():
    events = [json.loads(line) for line in (DATA / "standin.ndjson").read_text().splitlines()]
    scenario = scenarios.load("standin", DATA)

    assert trace.differences(trace.build(events, scenario), bench().record("standin")) == []


def test_an_inlined_function_is_seen():
    steps = bench().record("standin")["steps"]

    assert [s["args"] for s in steps if s["fn"] == "LinkBuffer::book_ack"] == [{"n": 6}]


def test_a_template_goes_by_its_alias_and_a_word_by_its_bits():
    steps = bench().record("standin")["steps"]

    told = [(s["fn"], s["from"]["fn"], s["state"]) for s in steps if s["fn"].startswith("Key")]
    assert told == [("Key::try_take", "Connection::on_readable", {"key": "held ever_held"})]


@pytest.mark.parametrize(("variant", "said"), [
    ("EXTRA_SEND", "send"),
    ("SWAPPED", "Connection::flush"),
])
def test_the_gate_is_red_on_a_planted_change(committed, variant, said):
    result = gate_on(variant)

    assert not result.ok and result.figures["differing"] == gate.AGAIN
    assert said in result.problems[0].text and result.problems[0].mend == "./learn record standin"


def test_the_gate_is_red_on_stale_lines(committed):
    path = trace.path_of("standin", workshop())
    good = path.read_text()
    path.write_text(good.replace('"line": 180', '"line": 20'))
    try:
        result = gate_on()
    finally:
        path.write_text(good)

    assert not result.ok and result.figures["differing"] == 0
    assert "accept4" in result.problems[0].text


def test_an_unknown_function_is_one_line_with_the_file(tmp_path):
    scenario = scenario_with('fn = "Pool::go"', 'fn = "Pool::gone"', tmp_path, replace_all=True)

    with pytest.raises(ScenarioError) as refused:
        scenario.plan(index(), workshop())
    assert str(refused.value).startswith("diagrams/scenarios/changed.toml")
    assert "Pool::gone" in str(refused.value) and "\n" not in str(refused.value)
    assert refused.value.code == 2


@pytest.mark.parametrize(("old", "new", "said"), [
    ('en = "Hands over."', "", "en"),
    ('rest = "epoll_wait"', 'rest = "poll"', "poll"),
    ('do = "connect"', 'do = "dial"', "dial"),
    ('to = "worker"', 'to = "nobody"', "nobody"),
    ('syscall = "recv"', 'syscall = "recvmmsg"', "recvmmsg"),
    ("[begin]", "[begin", "line 127"),
    ('flags = []', 'flags = []\nwach = ["recv"]', "wach"),
    ("[begin]", '[begin]\nlistens = "sometimes"', "sometimes"),
    ('flags = []', 'flags = []\nlanes = ["stranger"]', "stranger"),
])
def test_a_broken_scenario_is_one_line(tmp_path, old, new, said):
    with pytest.raises(ScenarioError) as refused:
        scenario_with(old, new, tmp_path)
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_lanes_and_state_may_be_shared(tmp_path):
    shared = tmp_path / "diagrams" / "common.toml"
    shared.parent.mkdir()
    shared.write_text('[lane.relief]\nen = "relief"\nzh = "替补"\nroot = "relieve"\n'
                      '[state.all]\nof = "Connection"\npath = ""\nas = "members"\n')
    made = scenario_with("flags = []", 'flags = []\nlanes = ["relief"]', tmp_path)

    assert [lane.id for lane in made.lanes] == ["relief", "client", "main", "poller", "worker"]
    assert set(made.state) == {"all", "input", "key"}


def test_a_recording_may_end_with_the_program():
    made = bench()
    folder = workshop() / "diagrams" / "scenarios"
    text = (folder / "standin.toml").read_text()
    ending = text[text.rindex("[[peer]]"):]
    killed = ending.replace('do = "close"', 'do = "signal"\nends = true').replace("close", "read")
    (folder / "killed.toml").write_text(text.replace(ending, killed[: killed.rindex("then")]))
    try:
        steps = made.record("killed")["steps"]
    finally:
        (folder / "killed.toml").unlink()

    assert [step["fn"] for step in steps[-2:]] == ["read", "signal"]


def test_state_that_cannot_be_read_is_refused():
    made = bench()
    folder = workshop() / "diagrams" / "scenarios"
    text = (folder / "standin.toml").read_text()
    (folder / "blind.toml").write_text(text.replace('path = "input"', 'path = "output"'))
    try:
        with pytest.raises(RecordError) as refused:
            made.record("blind")
    finally:
        (folder / "blind.toml").unlink()

    assert "output" in str(refused.value) and "\n" not in str(refused.value)


def scenario_with(old: str, new: str, root, replace_all: bool = False):
    text = (DATA / "diagrams" / "scenarios" / "standin.toml").read_text()
    assert old in text
    folder = root / "diagrams" / "scenarios"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "changed.toml").write_text(text.replace(old, new))
    return scenarios.load("changed", root)


def test_an_unknown_scenario_is_one_line_and_status_2(capsys):
    assert cli.record(["ecko"], False, 1) == 2
    told = capsys.readouterr().err
    assert "ecko" in told and told.count("\n") == 1


def test_a_program_that_dies_is_one_line():
    broken = bench()
    broken.program = lambda _: Path("/bin/false")

    with pytest.raises(RecordError) as told:
        broken.record("standin")
    assert "\n" not in str(told.value)


def test_a_full_disk_leaves_the_old_trace(committed, tmp_path):
    path = tmp_path / "standin.json"
    path.write_text("old")
    pid = os.fork()
    if pid == 0:
        os._exit(write_with_little_room(path))

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 4
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["standin.json"]


def write_with_little_room(path) -> int:
    """In a child: files may not grow beyond 1000 bytes, as on a disk that fills up."""
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    try:
        trace.write(trace.read("standin", workshop()), path)
    except EnvironmentRefuses as error:
        return error.code
    return 0


def test_no_permission_to_trace_is_one_line_and_status_4():
    built()  # by this process: the one below may do less
    here = str(DATA.parents[1])
    environment = {**os.environ, "PYTHONPATH": f"{TOOLS}:{here}", "LEARN_LANG": "en"}
    ran = subprocess.run([sys.executable, "-c", WITHOUT_PTRACE, "-c", RECORD_ONE], text=True,
                         capture_output=True, env=environment, timeout=60)

    assert ran.returncode == 4, ran.stderr
    assert ran.stderr.count("\n") == 1 and "SYS_PTRACE" in ran.stderr


def test_a_gate_that_may_not_trace_has_not_passed(committed, monkeypatch):
    def refuse(*_: object, **__: object):
        raise EnvironmentRefuses("gdb may not trace", "allow it")

    monkeypatch.setattr("learn.record.session.record", refuse)
    result = gate_on()
    assert not result.ok and result.could_not_run and result.exit_code() == 4
