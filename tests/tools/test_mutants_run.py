# SPDX-License-Identifier: Apache-2.0
"""A small library with a weak test, and all of its mutants before their judges."""

import shutil

import pytest

from learn import paths
from learn.gates import mutants as gate
from learn.mutants import sample
from learn.mutants.judge import BY_LOCKS, SURVIVED, Verdict

SEED = 57
FILES = {
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.25)
project(toy LANGUAGES CXX)
list(APPEND CMAKE_MODULE_PATH ${PROJECT_SOURCE_DIR}/cmake)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
include(NetpollLayer)
add_subdirectory(src)
add_subdirectory(tests)
""",
    "src/CMakeLists.txt": "netpoll_layer(base SOURCES toy.cpp)\n",
    "src/netpoll/base/toy.h": """\
#pragma once
namespace toy {
int larger(int a, int b);
int at(int place);
inline bool is_small(int a) {
  return a < 10;
}
}  // namespace toy
""",
    "src/netpoll/base/toy.cpp": """\
#include "netpoll/base/toy.h"
namespace toy {
int larger(int a, int b) {
  if (a < b) return b;
  return a;
}
int at(int place) {
  static const int values[2] = {1, 2};
  if (place < 2) return values[place] > 0 ? 1 : 0;
  return 0;
}
}  // namespace toy
""",
    "tests/CMakeLists.txt": "add_subdirectory(base)\n",
    "tests/base/CMakeLists.txt": """\
find_package(GTest REQUIRED)
add_executable(base_test toy_test.cpp)
target_link_libraries(base_test PRIVATE netpoll::base netpoll_flags
  GTest::gtest_main)
""",
    "tests/base/toy_test.cpp": """\
#include <gtest/gtest.h>
#include "netpoll/base/toy.h"
TEST(Toy, LargerIsLarger) {
  EXPECT_EQ(toy::larger(1, 2), 2);
  EXPECT_EQ(toy::larger(3, 2), 3);
}
TEST(Toy, MayBeAskedBeyondTheEnd) {
  toy::at(2);
}
""",
}
LOCKED = """\
class __attribute__((capability("mutex"))) Mutex {};
class __attribute__((scoped_lockable)) Lock {
 public:
  explicit Lock(Mutex& mutex) __attribute__((acquire_capability(mutex))) {
    static_cast<void>(mutex);
  }
  ~Lock() __attribute__((release_capability())) {}
};
Mutex mutex;
int calls __attribute__((guarded_by(mutex))) = 0;
void count() {
  const Lock lock(mutex);
  ++calls;
}
int larger("""
WITH_EDGES = 'TEST(Toy, IsSmallBelowTen) { EXPECT_TRUE(toy::is_small(9)); ' \
             'EXPECT_FALSE(toy::is_small(10)); EXPECT_FALSE(toy::is_small(11)); }\n'  # fmt: skip


@pytest.fixture
def tree(tmp_path):
    shutil.copytree(paths.ROOT / "cmake", tmp_path / "cmake")
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


@pytest.fixture
def without_sanitizers(monkeypatch):
    monkeypatch.setattr(sample, "_closer", lambda *_: lambda mutant: Verdict(SURVIVED))


def judged(tree):
    """Every line's mutant of one seed: {line of the original: verdict}."""
    done = sample.run(tree, 100, SEED, lambda _: None)
    return done, {mutant.was.strip(): done.of(mutant) for mutant in done.mutants}


def test_a_weak_test_lets_mutants_live_and_a_better_one_kills_them(tree, without_sanitizers):
    done, found = judged(tree)
    assert found["if (a < b) return b;"].test == "Toy.LargerIsLarger"
    assert found["return a < 10;"].state == SURVIVED
    assert any("a < 10" in problem.text for problem in gate.problems(done, []))
    better = tree / "tests" / "base" / "toy_test.cpp"
    better.write_text(better.read_text() + WITH_EDGES)
    done, found = judged(tree)
    assert found["return a < 10;"].test == "Toy.IsSmallBelowTen"
    assert not any("a < 10" in problem.text for problem in gate.problems(done, []))
    assert not list((tree / "build" / "mutants" / "work").iterdir())


def test_what_only_a_sanitizer_sees_is_its_kill(tree):
    done, found = judged(tree)
    assert found["if (place < 2) return values[place] > 0 ? 1 : 0;"].by == "asan"
    assert gate.figures(done, [])["by_asan"] == 1


def test_tests_that_fail_without_a_mutant_judge_nothing(tree):
    test = tree / "tests" / "base" / "toy_test.cpp"
    test.write_text(test.read_text().replace("2), 2)", "2), 1)"))
    with pytest.raises(sample.Unsound, match=r"Toy\.LargerIsLarger"):
        sample.run(tree, 1, 1, lambda _: None)


def test_a_lock_that_the_annotations_miss_is_told_apart(tree, without_sanitizers):
    source = tree / "src" / "netpoll" / "base" / "toy.cpp"
    source.write_text(source.read_text().replace("int larger(", LOCKED))
    done, found = judged(tree)
    assert found["const Lock lock(mutex);"].by == BY_LOCKS
    assert gate.figures(done, [])["by_annotations"] == 1
