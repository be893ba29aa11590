// SPDX-License-Identifier: Apache-2.0
//
// How many events one turn takes from epoll.
#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "poller/support.h"

namespace netpoll {
namespace {

// How many of `count` operators each of the first `turns` turns calls. All of
// them are ready all the time.
std::vector<std::size_t> events_of(std::size_t turns, std::size_t count) {
  InlineRunner runner;
  const auto poller = *Poller::open(runner);
  std::vector<std::size_t> seen(turns);
  run_with_ready(*poller, count, [&](Op&) {
    ++seen.at(poller->turns() - 1);
    if (poller->turns() == turns) poller->stop();  // after this turn
  });
  return seen;
}

// Broken variant: the room for events does not grow.
TEST(TurnEvents, TheirRoomDoublesAfterATurnThatHasFilledIt) {
  EXPECT_EQ(events_of(3, 300), (std::vector<std::size_t>{128, 256, 300}));
}

}  // namespace
}  // namespace netpoll
