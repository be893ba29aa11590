// SPDX-License-Identifier: Apache-2.0
//
// A shutdown while bytes are between the kernel and the input: recv(2) has
// taken them, and they are not committed yet. A program of its own: its recv()
// takes the place of the C library's, and can keep the thread that called it.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>

#include "netpoll/server/event_loop.h"
#include "server/support.h"
#include "support/echo.h"
#include "support/net.h"

namespace {

std::atomic<bool> keeps_next{false};  // the next recv() that gets bytes
std::latch kept(1);
std::latch leave(1);

}  // namespace

extern "C" ssize_t recv(int fd, void* room, size_t size, int flags) {
  const ssize_t got = ::recvfrom(fd, room, size, flags, nullptr, nullptr);
  if (got > 0 && keeps_next.exchange(false)) {
    kept.count_down();
    leave.wait();
  }
  return got;
}

namespace netpoll {
namespace {

using test::eventually;
using test::send_all;

// How long a shutdown gets to close what it must not close: some sweeps.
constexpr std::chrono::milliseconds kSomeSweeps(200);

bool has_ended(int fd) {
  pollfd end{.fd = fd, .events = POLLRDHUP, .revents = 0};
  return ::poll(&end, 1, 0) == 1;
}

// Nobody can connect any more.
bool refuses(const Address& server) {
  return !os::connect_to(server, test::kPatience);
}

// The request came before its connection was idle, so it is answered. Broken
// variants: Connection::look() or close_if_quiet() asks the kernel for its
// bytes after it has asked the input, or does not ask is_entered().
TEST(LateCommit, ARequestBetweenTheKernelAndTheInputIsUnderWay) {
  std::latch entered(1);
  std::latch answer(1);
  const test::Serving serving({.on_request = [&](Connection& conn) {
    entered.count_down();
    answer.wait();
    test::echo(conn);
  }});
  const UniqueFd client = serving.client();
  send_all(client.get(), "first");
  entered.wait();
  auto over = std::async(std::launch::async,
                         [&] { return serving->shutdown(test::kPatience); });
  ASSERT_TRUE(eventually([&] { return refuses(serving.address()); }));

  keeps_next = true;
  send_all(client.get(), "second");
  kept.wait();          // the poller has the second request
  answer.count_down();  // and the first one is answered
  EXPECT_EQ(test::receive(client.get(), 5), "first");
  EXPECT_FALSE(
      test::within(kSomeSweeps, [&] { return has_ended(client.get()); }));
  leave.count_down();
  EXPECT_EQ(test::receive(client.get(), 6), "second");
  EXPECT_TRUE(test::at_eof(client.get()));
  EXPECT_FALSE(over.get());
}

}  // namespace
}  // namespace netpoll
