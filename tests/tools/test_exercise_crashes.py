# SPDX-License-Identifier: Apache-2.0
"""One test that crashes or hangs does not cost the others their time, nor hide them."""

import json
import sys
from types import SimpleNamespace

import pytest

from exercise_helpers import answer, exercise, tree  # noqa: F401 (fixtures)
from learn import paths
from learn.exercise import judge, show, tests, workspace
from learn.run import bounded


@pytest.fixture
def program(tmp_path):
    """Makes one that speaks like GoogleTest. Each of its `count` tests does `does` and then
    ends the process."""

    def make(count: int, does: str = ""):
        file = tmp_path / "program"
        file.write_text(
            f"#!{sys.executable}\n"
            "import os, sys, time\n"
            f"names = ['T%d' % n for n in range({count})]\n"
            "if '--gtest_list_tests' in sys.argv:\n"
            "    sys.exit(print('Crash.  # all\\n' + ''.join(f'  {n}\\n' for n in names)))\n"
            "(given,) = [a for a in sys.argv if a.startswith('--gtest_filter=')]\n"
            "done = given.partition('=')[2].strip('-').split(':')\n"
            "left = [n for n in names if 'Crash.' + n not in done]\n"
            "if not left:\n"
            "    (out,) = [a[20:] for a in sys.argv if a.startswith('--gtest_output=json:')]\n"
            "    sys.exit(open(out, 'w').write('{\"testsuites\": []}') and 0)\n"
            "print('[ RUN      ] Crash.' + left[0], flush=True)\n"
            f"{does}\n"
            "os.abort()\n"
        )
        file.chmod(0o755)
        return file

    return make


@pytest.fixture
def clock(monkeypatch):
    """Each start of a program takes the seconds that it holds, and really none."""
    seconds, now = [0.0], [0.0]
    start = tests._start

    def slow(program, done, limits, env):
        now[0] += seconds[0]
        return start(program, done, bounded.LEARNER, env)

    monkeypatch.setattr(tests, "_start", slow)
    monkeypatch.setattr(tests, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return seconds


def statuses(outcomes) -> list[str]:
    return [outcome.status for outcome in outcomes]


def test_quick_crashes_hide_no_test(program, clock):
    outcomes = tests.run(program(12))
    assert statuses(outcomes) == [tests.CRASHED] * 12
    assert len({outcome.test for outcome in outcomes}) == 12


def test_slow_crashes_are_bounded_and_the_rest_is_told_as_not_run(program, clock):
    clock[0] = 2.5  # three of them are more than six of the ten seconds
    outcomes = tests.run(program(12))
    assert statuses(outcomes) == [tests.CRASHED] * 3 + [tests.NOT_RUN] * 9
    assert [outcome.test for outcome in outcomes] == [f"Crash.T{n}" for n in range(12)]
    assert judge.colour(outcomes) == judge.RED


def test_behind_a_test_that_hangs_the_others_are_told_as_not_run(program):
    limits = bounded.Limits(seconds=1.0)
    outcomes = tests.run(program(3, "time.sleep(600)"), limits)
    assert statuses(outcomes) == [tests.TIMED_OUT, tests.NOT_RUN, tests.NOT_RUN]
    assert judge.colour(outcomes) == judge.TIMEOUT


def test_patience_is_spent_once_for_all_starts(program, tmp_path):
    """What tests/support/patience.h does, by a program that counts its waits."""
    waits = tmp_path / "waits"
    does = (f"spent = os.environ['{tests.PATIENCE}']\n"
            f"open({str(waits)!r}, 'a').write('short ' if os.path.exists(spent) else 'long ')\n"
            "open(spent, 'w')")  # fmt: skip
    tests.run(program(5, does))
    assert waits.read_text().split() == ["long"] + ["short"] * 4
    tests.run(program(2, does))
    assert waits.read_text().split()[5:] == ["long", "short"]  # a new run has its own


IMPATIENT = """\
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "netpoll/toy/toy.h"
#include "support/patience.h"

void waits_in_vain() {
  std::FILE* const file = std::fopen("WAITS", "a");
  std::fputs(netpoll::test::patient ? "long " : "short ", file);
  std::fclose(file);
  netpoll::test::lose_patience();
}

TEST(Clamp, A) { waits_in_vain(); std::abort(); }
TEST(Clamp, B) { waits_in_vain(); waits_in_vain(); std::abort(); }
TEST(Clamp, C) { waits_in_vain(); std::abort(); }
"""
RIGHT = "return value < low ? low : value > high ? high : value;"


@pytest.fixture
def impatient(exercise):
    """The toy exercise with tests that wait in vain and end the process."""
    support = exercise.root / "tests" / "support"
    support.mkdir()
    (support / "patience.h").write_bytes((paths.TESTS / "support" / "patience.h").read_bytes())
    waits = exercise.root / "waits"
    (source,) = (exercise.directory / "tests").glob("*.cpp")
    source.write_text(IMPATIENT.replace("WAITS", str(waits)))
    return exercise, waits


def test_the_header_of_the_tests_keeps_to_it(impatient):
    exercise, waits = impatient
    answer(exercise, f"  {RIGHT}")
    got = judge.judge(exercise, workspace.folder(exercise), "yours")
    assert (got.verdict, got.failing) == ("red", {"Clamp.A", "Clamp.B", "Clamp.C"})
    assert waits.read_text().split() == ["long", "short", "short", "short"]


def test_a_verdict_says_how_many_were_not_run_and_counts_them_as_no_failure(exercise):
    outcomes = [tests.Outcome("Clamp.A", tests.CRASHED, "broken"),
                *(tests.Outcome(f"Clamp.{name}", tests.NOT_RUN) for name in "BCD")]  # fmt: skip
    got = judge.Verdict(judge.colour(outcomes), outcomes)
    said = "\n".join(show.lines(got, workspace.folder(exercise)))
    assert "3 tests were not run" in said and "0 of 4" in said and "Clamp.B" not in said
    assert got.failing == {"Clamp.A"} and len(got.marks) == 1
    told = json.loads(json.dumps(got.to_dict(exercise, "en")))
    assert [test["status"] for test in told["tests"]] == ["crashed"] + ["not_run"] * 3


def test_outcomes_that_lack_tests_are_not_remembered(program, clock, tmp_path):
    clock[0] = 20.0
    memory = tmp_path / "outcomes.json"
    for seconds, crashed in ((20.0, 1), (0.0, 12), (20.0, 12)):  # the last is from memory
        clock[0] = seconds
        outcomes = judge._outcomes(program(12), {}, memory, True, bounded.LEARNER, "")
        assert statuses(outcomes).count(tests.CRASHED) == crashed
