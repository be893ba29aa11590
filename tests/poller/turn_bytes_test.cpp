// SPDX-License-Identifier: Apache-2.0
//
// How many bytes an operator may move in one turn: its share.
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <cstddef>
#include <set>
#include <vector>

#include "netpoll/os/eventfd.h"
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
  std::vector<UniqueFd> events;
  std::vector<Ref<Op>> ops;
  for (std::size_t i = 0; i < count; ++i) {
    events.push_back(*os::open_eventfd());
    ops.push_back(make_ref<Op>(events.back().get()));
    ops.back()->readable = [&](Op&) {
      seen.insert(poller->turn_bytes());
      ++called;
      poller->stop();  // run() returns at the end of this turn
    };
    EXPECT_FALSE(poller->add(*ops.back()));
    EXPECT_EQ(::eventfd_write(events.back().get(), 1), 0);
  }
  poller->run();
  EXPECT_EQ(called, count);
  for (const Ref<Op>& op : ops)
    poller->detach(*op);
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
