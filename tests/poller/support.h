// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the poller's tests share: a way into FdOperator, an operator that does
// what the test says, and a poller on a thread of its own.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <memory>
#include <thread>

#include "netpoll/gopool/gopool.h"
#include "netpoll/poller/fd_operator.h"
#include "netpoll/poller/poller.h"
#include "support/net.h"

namespace netpoll {

// A friend of FdOperator: passes its private parts on to the tests.
class FdOperatorTest {
 public:
  static Mutex& control(FdOperator& op) { return op.control_; }
  static FdStage stage(const FdOperator& op) { return op.state_.stage(); }
};

// Does what the test says, each time it is called.
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
  // An input that is there is reported again and again; take it.
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

}  // namespace netpoll
