// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <future>
#include <latch>
#include <string>
#include <utility>

#include "netpoll/connection/connection.h"
#include "netpoll/os/socket.h"
#include "support/net.h"
#include "support/tcp.h"

namespace netpoll {
namespace {

// Keeps its poller busy from the first byte until the test opens the gate, so
// that whatever comes meanwhile is reported as one event.
class Stopper final : public FdOperator {
 public:
  explicit Stopper(UniqueFd fd) : FdOperator(fd.get()), fd_(std::move(fd)) {}
  void on_readable() override {
    char byte = 0;
    static_cast<void>(::recv(fd(), &byte, 1, 0));
    entered.count_down();
    gate.wait();
  }
  void on_writable() override {}
  void on_hangup() override {}

  std::latch entered{1};
  std::latch gate{1};

 private:
  UniqueFd fd_;
};

bool has_room(int fd) {
  pollfd wanted{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&wanted, 1, 0) > 0;
}

// A peer sends its last words and resets, while a flush waits for room.
void reset_during_a_flush() {
  const test::FdsBalance balance;
  const Handlers none;
  auto runtime = *Runtime::start({.pollers = 1});
  Poller& poller = runtime->pollers().next();
  test::Pair stop = test::socket_pair();
  auto stopper = make_ref<Stopper>(std::move(stop.near));
  ASSERT_FALSE(poller.add(*stopper));

  test::Pair pair = test::tcp_pair();
  auto conn =
      make_ref<Connection>(*runtime, std::move(pair.near), Address(), none);
  ASSERT_FALSE(conn->start());
  conn->writer().write_string(std::string(16 << 20, 'x'));
  auto flushed =
      std::async(std::launch::async, [&] { return conn->writer().flush(); });
  EXPECT_TRUE(test::eventually(
      [&] { return !conn->writer().is_empty() && !has_room(conn->fd()); }));

  test::send_all(stop.far.get(), "x");
  stopper->entered.wait();
  const std::string last_words(30'000, 'w');
  EXPECT_TRUE(test::send_all(pair.far.get(), last_words));
  EXPECT_TRUE(test::eventually(
      [&] { return os::bytes_waiting(conn->fd()) == last_words.size(); }));
  test::reset(pair.far);
  stopper->gate.count_down();

  EXPECT_TRUE(conn->reader().read_string(last_words.size()) == last_words);
  EXPECT_EQ(conn->reader().next(1).error(), Errc::eof);
  EXPECT_TRUE(flushed.get());
  conn->close();
  poller.detach(*stopper);
}

// The event that brings the reset brings input and room for output as well; the
// failure to send must not keep the poller from reading the rest. A variant in
// which on_writable() hangs up on an error of drain() failed 8 rounds of 20.
TEST(ConnectionReset, WhatThePeerSentBeforeIsDeliveredThoughAFlushFails) {
  for (int round = 0; round < 12; ++round)
    reset_during_a_flush();
}

}  // namespace
}  // namespace netpoll
