// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the stress tests of connections share: one short life after the other,
// and two threads at the same corner of it.

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <utility>

#include "connection/connection.h"
#include "support/jolts.h"
#include "support/net.h"

namespace netpoll::test {

/// Looks for a while before it lets others run, so as not to come late.
inline void wait_for(auto condition) {
  for (int look = 1; !condition(); ++look) {
    if (look % 1000 == 0) std::this_thread::yield();
  }
}

/// One connection after the other, on threads that stay.
class Rounds {
 public:
  explicit Rounds(Handlers handlers) : handlers_(std::move(handlers)) {}

  /// `act(connection, far end)` while it runs; false when it never ends.
  bool round(auto act) {
    Pair pair = socket_pair();
    std::atomic<int> torn_down{0};
    const auto conn = make_ref<Connection>(*runtime_, std::move(pair.near),
                                           Address(), handlers_);
    const auto count = [&](Connection&) { ++torn_down; };
    EXPECT_FALSE(conn->start(count));
    act(*conn, pair.far);
    pair.far.reset();
    const bool ended = eventually([&] { return torn_down > 0; }) &&
                       eventually([&] { return conn->holders() == 1; });
    EXPECT_EQ(torn_down, 1);
    return ended;
  }

 private:
  const test::FdsBalance balance_;
  const Handlers handlers_;
  const std::unique_ptr<Runtime> runtime_ = *Runtime::start({.pollers = 1});
};

/// Runs both at the same time, one of them `turns` later.
inline void at_once(int turns, auto first, auto second) {
  std::latch start(2);
  std::jthread other([&] {
    start.arrive_and_wait();
    second();
  });
  start.arrive_and_wait();
  spin(turns);
  first();
}

}  // namespace netpoll::test
