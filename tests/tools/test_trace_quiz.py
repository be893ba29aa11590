# SPDX-License-Identifier: Apache-2.0
"""What chapter 12 answers of threads and of order is in the recordings.

Each function that an answer of the quiz names was stopped at in some recording, and
the claims that the answers make of a recording are looked up in it, step by step.
"""

import json
import re
import shutil

import pytest

from learn import paths
from learn.site.content import LANGUAGES

PAGE = "12-trace"
_QUIZ = re.compile(r"^## [^\n]*\{#quiz\}\n(.*?)^## ", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"`(\w+::\w+|note_end)`")
_SHOWN = re.compile(r'\{\{ trace\("([\w+-]+)"')


def page(language: str) -> str:
    return (paths.NOTES / language / f"{PAGE}.md").read_text("utf-8")


def steps(name: str) -> list[dict]:
    return json.loads((paths.TRACES / f"{name}.json").read_text("utf-8"))["steps"]


def recorded() -> set[str]:
    return {step["fn"] for file in paths.TRACES.glob("*.json") for step in steps(file.stem)}


def first(name: str, fn: str, after: int = 0, **wanted: object) -> dict:
    """The first step of that function behind step `after` with those values."""
    for step in steps(name):
        if step["n"] > after and step["fn"] == fn:
            if all(step.get(key) == value for key, value in wanted.items()):
                return step
    raise AssertionError(f"{name} has no {fn} {wanted} behind step {after}")


def unknown(text: str) -> set[str]:
    """What a quiz names and no recording has; a Runner's name is no function."""
    quiz = _QUIZ.search(text)
    assert quiz, "the page has no quiz"
    named = set(_NAMED.findall(quiz.group(1))) - {"RunBy::adaptive"}
    assert len(named) > 10
    return named - recorded()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answers_name_what_was_recorded(language):
    assert unknown(page(language)) == set()


def test_a_name_that_was_not_recorded_is_seen():
    planted = page("en").replace("`Output::drain`", "`Output::drains`")
    assert unknown(planted) == {"Output::drains"}


def lanes_that_read(name: str) -> set[str]:
    return {step["lane"] for step in steps(name) if step["fn"] == "recv"}


def test_only_the_pollers_lane_reads():
    shown = set(_SHOWN.findall(page("en"))) - {"adaptive"}
    assert len(shown) > 3
    for name in shown:
        assert lanes_that_read(name) == {"poller"}, name


def test_the_relief_reads_while_the_pollers_own_thread_waits():
    asleep = first("adaptive", "Input::sleep_for", lane="home")
    given = first("adaptive", "Poller::make_way", after=asleep["n"], to_lane="relief")
    read = first("adaptive", "recv", after=given["n"], lane="relief")
    first("adaptive", "Input::wake_if_enough", after=read["n"], to_lane="home")
    assert lanes_that_read("adaptive") == {"home", "relief"}


def test_a_reader_that_empties_the_buffer_takes_the_block():
    sizes = {name: [s["args"]["size"] for s in steps(name) if s["fn"] == "recv"]
             for name in ("echo", "peer-closes")}
    assert sizes == {"echo": [8192, 8192], "peer-closes": [8192, 8188, 8184]}
    for language in LANGUAGES:
        assert all(str(size) in page(language) for size in sizes["peer-closes"])


def test_the_poller_hands_over_to_a_worker_who_sends():
    given = first("echo", "GoPool::go", to_lane="worker")
    begun = first("echo", "Connection::run_task", after=given["n"], lane="worker")
    sent = first("echo", "sendmsg", after=begun["n"], lane="worker")
    assert given["lane"] == "poller"
    assert sent["to_lane"] == "peer"


def test_the_bytes_of_the_copies_table():
    got = first("echo", "recv", lane="poller")
    head = first("echo", "LinkBuffer::write_string", lane="worker")
    sent = first("echo", "sendmsg", lane="worker")
    counts = [got["ret"], sent["ret"] - got["ret"], got["ret"], sent["ret"]]
    assert head["n"] < sent["n"]
    for language in LANGUAGES:
        rows = re.findall(r"^\| (\d+) \|", page(language), re.MULTILINE)
        copied = [int(row) for row in rows if int(row) > 5]  # not the steps 1 to 5
        assert copied == counts, language


def test_epollout_is_armed_by_the_flush_and_disarmed_by_the_poller():
    full = first("partial-write", "send", ret="EAGAIN", lane="writer")
    given = first("partial-write", "Output::hand_over", after=full["n"], lane="writer")
    armed = first("partial-write", "epoll_ctl", after=given["n"])
    asleep = first("partial-write", "Output::wait_sent", after=armed["n"], lane="writer")
    drained = first("partial-write", "Output::drain", after=asleep["n"], lane="poller")
    done = first("partial-write", "Output::finish_turn", after=drained["n"], to_lane="writer")
    disarmed = first("partial-write", "epoll_ctl", after=done["n"])
    assert (armed["lane"], armed["args"]["events"]) == ("writer", "IN|OUT")
    assert (disarmed["lane"], disarmed["args"]["events"]) == ("poller", "IN")


def test_on_disconnect_runs_beside_on_request_and_the_end_waits():
    busy = first("peer-closes", "Lifecycle::decide", lane="slow_worker", ret="handle")
    told = first("peer-closes", "Lifecycle::peer_ended", after=busy["n"], ret="tell")
    beside = first("peer-closes", "note_end", after=told["n"], lane="worker2")
    over = first("peer-closes", "Lifecycle::told", after=beside["n"], lane="worker2")
    looks = first("peer-closes", "Lifecycle::decide", after=busy["n"], lane="slow_worker")
    torn = first("peer-closes", "Connection::tear_down", lane="slow_worker")
    assert busy["n"] < beside["n"] < over["n"] < looks["n"] < torn["n"]
    assert "held" in told["state"]["life"] and "greeted" in told["state"]["life"]


def test_the_second_packet_starts_no_task():
    busy = first("peer-closes", "slow_work", lane="slow_worker")
    read = first("peer-closes", "recv", after=busy["n"], lane="poller")
    came = first("peer-closes", "Lifecycle::input_came", after=read["n"])
    assert came["ret"] == "nothing"
    assert {"held", "news"} <= set(came["state"]["life"].split())


def test_the_worker_that_is_busy_handles_the_second_request_too():
    busy = first("echo+slow", "slow_work", lane="worker")
    came = first("echo+slow", "Lifecycle::input_came", after=busy["n"], lane="poller")
    again = first("echo+slow", "Lifecycle::decide", after=came["n"], lane="worker")
    assert (came["ret"], again["ret"]) == ("nothing", "handle")
    tasks = [s for s in steps("echo+slow") if s["fn"] == "Connection::run_task"]
    assert len(tasks) == 1


def test_a_slice_moves_and_is_dropped_by_the_thread_that_sends():
    taken = first("echo", "Input::slice", lane="worker")
    moved = first("echo", "LinkBuffer::append", after=taken["n"], lane="worker")
    sent = first("echo", "sendmsg", after=moved["n"])
    first("echo", "LinkBuffer::skip", after=sent["n"], lane="worker")


def test_two_hold_the_connection_when_it_starts_and_the_poller_is_the_third():
    start = first("echo", "Connection::start")
    assert start["state"]["refs"] == 2
    added = first("echo", "Poller::add", after=start["n"], kind="return")
    assert added["state"]["refs"] == 3


def test_on_disconnect_is_over_before_the_second_line_is_taken():
    over = first("peer-closes", "Lifecycle::told", lane="worker2")
    lines = [s["n"] for s in steps("peer-closes") if s["fn"] == "slow_line"]
    assert len(lines) == 2 and lines[0] < over["n"] < lines[1]


def test_the_object_outlives_its_descriptor_and_leaves_the_registry_last():
    closed = first("echo", "close")
    assert steps("echo")[-1]["fn"] == "EventLoop::unregister"
    assert closed["n"] < steps("echo")[-1]["n"]


FAULTS = [  # a recording, what is changed in one of its steps, the claim that must see it
    ("echo", "recv", {"lane": "worker"}, test_only_the_pollers_lane_reads),
    ("echo", "sendmsg", {"lane": "poller"}, test_the_poller_hands_over_to_a_worker_who_sends),
    ("echo", "sendmsg", {"ret": 15}, test_the_bytes_of_the_copies_table),
    ("echo", "LinkBuffer::skip", {"lane": "poller"},
     test_a_slice_moves_and_is_dropped_by_the_thread_that_sends),
    ("echo+slow", "Lifecycle::decide", {"fn": "Connection::run_task"},
     test_the_worker_that_is_busy_handles_the_second_request_too),
    ("adaptive", "recv", {"lane": "home"},
     test_the_relief_reads_while_the_pollers_own_thread_waits),
    ("echo", "recv", {"args": {"fd": "conn", "size": 8186}},
     test_a_reader_that_empties_the_buffer_takes_the_block),
    ("echo", "Connection::start", {"state": {"refs": 3}},
     test_two_hold_the_connection_when_it_starts_and_the_poller_is_the_third),
    ("echo", "Poller::add", {"state": {"refs": 2}},
     test_two_hold_the_connection_when_it_starts_and_the_poller_is_the_third),
    ("peer-closes", "slow_line", {"fn": "slow_work"},
     test_on_disconnect_is_over_before_the_second_line_is_taken),
    ("echo", "EventLoop::unregister", {"fn": "close"},
     test_the_object_outlives_its_descriptor_and_leaves_the_registry_last),
    ("partial-write", "Output::hand_over", {"lane": "poller"},
     test_epollout_is_armed_by_the_flush_and_disarmed_by_the_poller),
    ("peer-closes", "note_end", {"lane": "slow_worker"},
     test_on_disconnect_runs_beside_on_request_and_the_end_waits),
    ("peer-closes", "Lifecycle::input_came", {"ret": "hold"},
     test_the_second_packet_starts_no_task),
]


@pytest.mark.parametrize(("name", "fn", "change", "claim"), FAULTS)
def test_a_claim_that_is_no_longer_true_is_seen(name, fn, change, claim, tmp_path, monkeypatch):
    shutil.copytree(paths.TRACES, tmp_path / "traces")
    file = tmp_path / "traces" / f"{name}.json"
    trace = json.loads(file.read_text("utf-8"))
    last = [step for step in trace["steps"] if step["fn"] == fn][-1]
    last.update(change)
    file.write_text(json.dumps(trace), "utf-8")
    monkeypatch.setattr(paths, "TRACES", tmp_path / "traces")
    with pytest.raises(AssertionError):
        claim()
