// SPDX-License-Identifier: Apache-2.0
//
// How many bytes an operator may move in one turn: its share.
#include <gtest/gtest.h>

#include <cstddef>
#include <set>

#include "poller/support.h"

namespace netpoll {
namespace {

constexpr std::size_t kKib = 1024;

// What turn_bytes() returns to `count` operators that are ready in one turn.
std::set<std::size_t> shares(std::size_t count) {
  InlineRunner runner;
  const auto poller = *Poller::open(runner);
  std::set<std::size_t> seen;
  std::size_t called = 0;
  run_with_ready(*poller, count, [&](Op&) {
    seen.insert(poller->turn_bytes());
    ++called;
    poller->stop();  // run() returns at the end of this turn
  });
  EXPECT_EQ(called, count);
  return seen;
}

TEST(TurnBytes, OneAloneHasAMebibyte) {
  EXPECT_EQ(shares(1), std::set{1024 * kKib});
}

TEST(TurnBytes, AreSharedByAllThatAreReady) {
  EXPECT_EQ(shares(4), std::set{256 * kKib});
}

// One recv of a large message takes as much as most peers send at once.
TEST(TurnBytes, AreNeverLessThan64Kib) {
  EXPECT_EQ(shares(16), std::set{64 * kKib});
  EXPECT_EQ(shares(100), std::set{64 * kKib});
}

// A task that runs before the first turn, or without events, may send too.
TEST(TurnBytes, AreThereBeforeTheFirstTurn) {
  InlineRunner runner;
  EXPECT_EQ((*Poller::open(runner))->turn_bytes(), 1024 * kKib);
}

}  // namespace
}  // namespace netpoll
