# SPDX-License-Identifier: Apache-2.0
"""One-line faults: what is made of a line, which lines are drawn, what the gate says."""

from itertools import islice
from types import SimpleNamespace

import pytest

from learn import paths
from learn.gates import mutants as gate
from learn.mutants import draw, equivalent, operators, patch, running, sample
from learn.mutants.draw import Mutant
from learn.mutants.equivalent import Row
from learn.mutants.judge import KILLED, SURVIVED, Verdict
from learn.mutants.sample import Known, Sample

SOURCE = """\
namespace toy {

// The greater one, a < b.
int greater(int a, int b) {
  assert(a >= 0 &&
         b >= 0);
  if (a < b) return b;
  count_ += 1;
  return a;
}

void Toy::tell() {
  const Lock lock(mutex_);
  told_.store(true, std::memory_order_release);
}

}  // namespace toy
"""


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "src" / "netpoll" / "toy"
    folder.mkdir(parents=True)
    (folder / "toy.cpp").write_text(SOURCE)
    return tmp_path


@pytest.mark.parametrize(("operator", "was", "now"), [
    ("negate condition", "  if (a) b();", "  if (!(a)) b();"),
    ("negate condition", "  if (const auto error = f(1)) return;",
     "  if (const auto error = f(1); !error) return;"),
    ("negate condition", "  if (auto a = f(); a > 1) {", "  if (auto a = f(); !(a > 1)) {"),
    ("relational", "  if (a < b) c();", "  if (a <= b) c();"),
    ("relational", "  if (a == b) c();", "  if (a != b) c();"),
    ("logical", "  return a && b;", "  return a || b;"),
    ("arithmetic", "  return a + b;", "  return a - b;"),
    ("arithmetic", "  ++n;", "  --n;"),
    ("arithmetic", "  n.fetch_add(1);", "  n.fetch_sub(1);"),
    ("true/false", "  return true;", "  return false;"),
    ("constant+1", "  return 4'096;", "  return 4097;"),
    ("memory order", "  n.load(std::memory_order_acquire);",
     "  n.load(std::memory_order_relaxed);"),
    ("memory order", "  n.f(std::memory_order_acq_rel);", "  n.f(std::memory_order_release);"),
    ("remove call", "  publish();", "  {}"),
    ("remove call", "  a->b.publish(c);", "  {}"),
    ("delete assignment", "  a.b_ = c;", "  {}"),
    ("remove lock", "  const Lock lock(mutex_);", "  {}"),
    ("return early", "  a.b_ = c;", "  return; a.b_ = c;"),
])  # fmt: skip
def test_each_operator_makes_its_fault(operator, was, now):
    assert now in operators.changes(was, "return;")[operator]


@pytest.mark.parametrize(("operator", "line"), [
    ("arithmetic", "  int* const p = *q;"), ("logical", "  Task(Task&& other) noexcept;"),
    ("constant+1", '  say("1 + 2");'), ("constant+1", "  std::uint64_t a = b;"),
    ("relational", "  std::vector<int> a;"), ("remove call", "  return f();"),
    ("memory order", "  n.load(std::memory_order_relaxed);"),
    ("remove call", "  const Lock lock(mutex_);"), ("return early", "  return a;"),
])  # fmt: skip
def test_what_is_no_fault_of_an_operator(operator, line):
    assert operator not in operators.changes(line, "return;")


def test_part_of_a_statement_is_not_taken_away():
    assert "remove call" not in operators.changes("      publish();", "return;", whole=False)


def test_comments_and_asserts_are_no_code_and_a_function_knows_how_it_is_left(tree):
    lines = {line.text.strip(): line for line in draw.code_lines(tree, "src/netpoll/toy/toy.cpp")}
    assert not [text for text in lines if "assert" in text or "b >= 0" in text or "//" in text]
    assert lines["if (a < b) return b;"].returns == "return {};"
    assert lines["const Lock lock(mutex_);"].returns == "return;"
    assert lines["int greater(int a, int b) {"].returns is None


def test_a_mutant_differs_from_the_file_in_its_line_alone(tree):
    for seed in range(1, 30):
        for mutant in draw.mutants(tree, seed):
            changed = mutant.text(tree).split("\n")
            differ = [n for n, line in enumerate(SOURCE.split("\n"), 1) if line != changed[n - 1]]
            assert differ == [mutant.line]


def test_a_seed_gives_the_same_and_a_longer_sample_begins_with_the_shorter():
    first = list(islice(draw.mutants(paths.ROOT, 3), 20))
    assert list(islice(draw.mutants(paths.ROOT, 3), 8)) == first[:8]
    assert list(islice(draw.mutants(paths.ROOT, 4), 8)) != first[:8]


def test_every_operator_is_drawn_somewhere_in_the_library():
    drawn = {mutant.operator for mutant in draw.mutants(paths.ROOT, 1)}
    assert drawn == set(operators.OPERATORS)


def test_a_refusal_by_the_locks_alone_is_told_apart():
    locks = "a.cpp:1:2: error: writing needs mutex_ [-Werror,-Wthread-safety-analysis]\n"
    assert patch.Refused(locks).by_locks
    assert not patch.Refused(locks + "a.cpp:2:2: error: expected ';'\n").by_locks


def program(tmp_path, text):
    made = tmp_path / "program"
    made.write_text(f"#!/bin/sh\n{text}")
    made.chmod(0o755)
    return made


@pytest.mark.parametrize(("text", "failed", "how"), [
    ("echo '[ RUN      ] A.B'; echo '[       OK ] A.B (12 ms)'", "", ""),
    ("echo '[ RUN      ] A.B'; echo '[  FAILED  ] A.B (1 ms)'; exit 1", "A.B", "failed"),
    ("echo '[ RUN      ] A.B/0'; kill -SEGV $$", "A.B/0", "crashed"),
    ("echo '[ RUN      ] A.B'; echo '[       OK ] A.B (1 ms)'; exit 3", "the end of the program",
     "crashed"),
    ("echo '[ RUN      ] A.C'; exec sleep 600", "A.C", "hangs"),
])  # fmt: skip
def test_how_a_test_program_ends(tmp_path, monkeypatch, text, failed, how):
    monkeypatch.setattr(running, "STANDS_STILL_S", 1.0)
    done = running.run(program(tmp_path, text), {"PATH": "/usr/bin:/bin"}, {})
    assert (done.failed, done.how) == (failed, how)


def test_what_is_known_is_kept_for_the_same_tree_and_a_hint_for_another(tree):
    known = Known.load(tree)
    known.put("one", Verdict(KILLED, "test", "toy_test", "A.B", "failed"))
    assert Known.load(tree).sound["one"]["test"] == "A.B"
    (tree / "src" / "netpoll" / "toy" / "toy.cpp").write_text(SOURCE + "\n")
    again = Known.load(tree)
    assert not again.sound
    assert again.hints["one"]["program"] == "toy_test"


TOY = Mutant("src/netpoll/toy/toy.cpp", 7, "relational", "  if (a < b) return b;",
             "  if (a <= b) return b;")  # fmt: skip
WHY = "Where the two are equal, it does not matter which of them is returned."
ROW = Row(TOY.file, TOY.was.strip(), TOY.now.strip(), WHY, 3)


def done(state):
    return Sample([TOY], {TOY.key: Verdict(state, "test", "toy_test", "A.B")})


def test_a_survivor_is_red_until_it_is_argued():
    assert "a < b" in gate.problems(done(SURVIVED), [])[0].text
    assert gate.problems(done(SURVIVED), [ROW]) == []
    assert gate.figures(done(SURVIVED), [])["score"] == 0
    assert gate.figures(done(SURVIVED), [ROW])["equivalent"] == 1


def test_an_argument_that_a_test_refutes_is_red():
    problem = gate.problems(done(KILLED), [ROW])[0]
    assert (problem.file, problem.line) == (gate.ROWS, 3)
    assert "A.B" in problem.text


@pytest.mark.parametrize(("change", "key"), [
    ({}, ""), ({"file": "src/netpoll/toy/none.cpp"}, "row_file"),
    ({"was": "if (a < c) return b;"}, "row_line"), ({"now": "if (a == b) return b;"}, "row_change"),
    ({"why": "The same."}, "row_why"),
])  # fmt: skip
def test_a_row_that_applies_no_more_is_red(tree, change, key):
    row = Row(**{**ROW.__dict__, **change})
    assert equivalent.outdated(row, tree) == key
    assert len(gate.outdated(tree, [row])) == bool(key)


def test_every_row_of_the_project_applies():
    assert gate.outdated(paths.ROOT, equivalent.load(paths.ROOT)) == []


def test_without_a_bench_the_gate_has_not_passed(monkeypatch):
    def broken(*_):
        raise sample.Unsound("toy_test fails without any mutant, at A.B")

    monkeypatch.setattr(sample, "run", broken)
    result = gate.run(SimpleNamespace(sample=3, seed=1))
    assert result.could_not_run
    assert "toy_test" in result.problems[0].text
