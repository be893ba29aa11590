// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the race tests share: a partner on a thread of its own, and connections
// one after the other.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <thread>
#include <utility>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "support/jolts.h"
#include "support/net.h"

namespace netpoll::test {

/// Looks for a while before it lets others run, so as not to come late.
inline void wait_for(auto condition) {
  for (int look = 1; !condition(); ++look) {
    if (look % 1000 == 0) std::this_thread::yield();
  }
}

// A thread that does `act` once for each call of start(), at the same time as
// the caller goes on.
class Partner {
 public:
  explicit Partner(std::function<void(int)> act) : act_(std::move(act)) {}
  ~Partner() {
    turn_ = -1;
    thread_.join();
  }
  Partner(const Partner&) = delete;
  Partner& operator=(const Partner&) = delete;

  void start(int turn) { turn_ = turn; }
  bool is_done(int turn) const { return done_ == turn; }
  void wait(int turn) const {
    while (!is_done(turn))
      std::this_thread::yield();
  }
  pthread_t handle() { return thread_.native_handle(); }

 private:
  void run() {
    for (int last = 0;;) {
      wait_for([&] { return turn_ != last; });
      last = turn_;
      if (last < 0) return;
      act_(last);
      done_ = last;
    }
  }

  const std::function<void(int)> act_;
  std::atomic<int> turn_{0};
  std::atomic<int> done_{0};
  std::thread thread_{[this] { run(); }};
};

// One connection after the other, on threads that stay.
class Rounds {
 public:
  explicit Rounds(Handlers handlers) : handlers_(std::move(handlers)) {}

  // `act(connection, far end)` while it runs; false when it never ends.
  bool round(auto act) {
    Pair pair = socket_pair();
    std::atomic<int> torn_down{0};
    auto user = make_ref<Connection>(*runtime_, std::move(pair.near), Address(),
                                     handlers_);
    Connection* const conn = user.get();
    // As a server's registry holds it, which is no user.
    const Ref<FdOperator> held = user;
    user = nullptr;
    EXPECT_FALSE(conn->start([&](Connection&) { ++torn_down; }));
    act(*conn, pair.far);
    pair.far.reset();
    const bool ended = eventually([&] { return torn_down > 0; }) &&
                       eventually([&] { return conn->holders() == 1; });
    EXPECT_EQ(torn_down, 1);
    return ended;
  }
  Poller& poller() { return runtime_->pollers().next(); }

 private:
  const test::FdsBalance balance_;
  const Handlers handlers_;
  const std::unique_ptr<Runtime> runtime_ = *Runtime::start({.pollers = 1});
};

// Runs both at the same time, one of them `turns` later.
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
