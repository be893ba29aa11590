// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the poller's tests share: access to the private parts of FdOperator, an
// operator whose functions the test sets, and a poller on a thread of its own.

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "netpoll/gopool/gopool.h"
#include "netpoll/os/eventfd.h"
#include "netpoll/poller/fd_operator.h"
#include "netpoll/poller/poller.h"
#include "support/net.h"

namespace netpoll {

// A friend of FdOperator: gives its private parts to the tests.
class FdOperatorTest {
 public:
  static Mutex& control(FdOperator& op) { return op.watch().control; }
  static FdStage stage(FdOperator& op) { return op.watch().state.stage(); }
};

// Each on_… function calls the action that the test has set for it.
class Op final : public FdOperator {
 public:
  using Action = std::function<void(Op&)>;
  explicit Op(int fd) : FdOperator(fd) {}
  void on_readable() override { readable(*this); }
  void on_writable() override { writable(*this); }
  void on_hangup() override { hangup(*this); }
  void on_timer() override { timer(*this); }

  Action readable = [](Op&) {};
  Action writable = [](Op&) {};
  Action hangup = [](Op&) {};
  Action timer = [](Op&) {};
};

class PollerTest : public testing::Test {
 protected:
  ~PollerTest() override { stop(); }

  void stop() {
    if (thread.joinable()) {
      poller->stop();
      thread.join();
    }
  }
  // Runs `step` on the poller's thread, inside a turn, and waits for its end.
  void on_poller(const std::function<void()>& step) {
    const UniqueFd event = *os::open_eventfd();
    const Ref<Op> once = make_ref<Op>(event.get());
    Trigger over;
    once->timer = [&](Op&) {
      step();
      over.pull();
    };
    ASSERT_FALSE(poller->add(*once));
    poller->set_timer(*once, Deadline());
    EXPECT_TRUE(over.wait_until(test::soon()));
    poller->detach(*once);
  }
  // Input that is not read would be reported in every turn.
  static void take_input(Op& op) {
    std::array<char, 64> room;
    static_cast<void>(::recv(op.fd(), room.data(), room.size(), 0));
  }

  const test::FdsBalance balance;
  GoPool pool;
  PoolRunner runner{pool};
  std::unique_ptr<Poller> poller = *Poller::open(runner);
  test::Pair pair = test::socket_pair();
  Ref<Op> op = make_ref<Op>(pair.near.get());
  std::thread thread{[this] { poller->run(); }};
};

// Runs a poller of this thread with `count` operators that are ready in every
// turn, until somebody stops it. Each event calls `readable`.
inline void run_with_ready(Poller& poller, std::size_t count,
                           const std::function<void(Op&)>& readable) {
  std::vector<UniqueFd> events;
  std::vector<Ref<Op>> ops;
  for (std::size_t i = 0; i < count; ++i) {
    events.push_back(*os::open_eventfd());
    ops.push_back(make_ref<Op>(events.back().get()));
    ops.back()->readable = readable;
    EXPECT_FALSE(poller.add(*ops.back()));
    EXPECT_EQ(::eventfd_write(events.back().get(), 1), 0);
  }
  poller.run();
  for (const Ref<Op>& op : ops)
    poller.detach(*op);
}

}  // namespace netpoll
