// SPDX-License-Identifier: Apache-2.0
//
// The book of what is alive in proxy_server and mux_server.
#include "alive.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "netpoll/base/deadline.h"

namespace netpoll::programs {
namespace {

struct Thing : RefCounted<Thing> {};

TEST(Alive, HoldsWhatWasAddedUntilItIsRemoved) {
  Alive<Thing> alive;
  const auto one = make_ref<Thing>();
  const auto two = make_ref<Thing>();
  ASSERT_TRUE(alive.add(one));
  ASSERT_TRUE(alive.add(two));
  EXPECT_EQ(one->holders(), 2);
  EXPECT_EQ(alive.all().size(), 2);

  EXPECT_EQ(alive.remove(*one), one);
  EXPECT_EQ(one->holders(), 1);
  EXPECT_EQ(alive.all(), std::vector{two});
}

TEST(Alive, TakesNothingAfterStopAndKeepsTheOthers) {
  Alive<Thing> alive;
  const auto before = make_ref<Thing>();
  const auto after = make_ref<Thing>();
  ASSERT_TRUE(alive.add(before));
  EXPECT_FALSE(alive.is_stopping());
  alive.stop();
  EXPECT_TRUE(alive.is_stopping());
  EXPECT_FALSE(alive.add(after));
  EXPECT_EQ(after->holders(), 1);
  EXPECT_EQ(alive.all(), std::vector{before});
}

TEST(Alive, WaitsForTheLastOneAndNoLongerThanItsMoment) {
  Alive<Thing> alive;
  EXPECT_TRUE(alive.wait_empty(Deadline::min()));
  const auto one = make_ref<Thing>();
  const auto two = make_ref<Thing>();
  ASSERT_TRUE(alive.add(one));
  ASSERT_TRUE(alive.add(two));
  EXPECT_FALSE(alive.wait_empty(Deadline::min()));

  std::atomic<bool> removed = false;
  const std::jthread remover([&] {
    static_cast<void>(alive.remove(*one));
    removed = true;
    static_cast<void>(alive.remove(*two));
  });
  // Without a wake it never returns, and ctest ends the test.
  EXPECT_TRUE(alive.wait_empty(kNever));
  EXPECT_TRUE(removed);
  EXPECT_TRUE(alive.all().empty());
}

// Either the caller of stop() finds a thing in all(), or add() has refused it.
TEST(Alive, NothingSlipsInBetweenStopAndAll) {
  for (int run = 0; run < 200; ++run) {
    Alive<Thing> alive;
    std::vector<Ref<Thing>> added;
    std::jthread adder([&] {
      for (int i = 0; i < 50; ++i) {
        auto it = make_ref<Thing>();
        if (alive.add(it)) added.push_back(std::move(it));
      }
    });
    alive.stop();
    std::vector<Ref<Thing>> found = alive.all();
    adder.join();
    EXPECT_TRUE(std::ranges::is_permutation(found, added));
  }
}

}  // namespace
}  // namespace netpoll::programs
