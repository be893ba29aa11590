// SPDX-License-Identifier: Apache-2.0
//
// Connections over sockets that somebody else connected.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <latch>
#include <memory>
#include <string>

#include "client/support.h"
#include "netpoll/client/dialer.h"
#include "netpoll/link_buffer/slice.h"
#include "netpoll/os/socket.h"
#include "support/echo.h"
#include "support/error_of.h"
#include "support/fds.h"
#include "support/net.h"

namespace netpoll {
namespace {

using std::chrono::milliseconds;
using test::error_of;

class AdoptTest : public testing::Test {
 protected:
  // As socketpair(2) makes them: blocking, and inherited by children.
  AdoptTest() {
    int fds[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    near.reset(fds[0]);
    far.reset(fds[1]);
  }

  const test::FdsBalance balance;
  std::unique_ptr<Runtime> runtime = *Runtime::start({.pollers = 1});
  UniqueFd near;
  UniqueFd far;
};

// Upstream: TestNewFDConnection.
TEST_F(AdoptTest, BothEndsOfAPairTalk) {
  const auto left = adopt(*runtime, std::move(near));
  const auto right = adopt(*runtime, std::move(far));
  ASSERT_TRUE(left && right);
  (*left)->writer().write_string("hello");
  EXPECT_FALSE((*left)->writer().flush());
  EXPECT_EQ((*right)->reader().read_string(5), "hello");
}

TEST_F(AdoptTest, MakesItNonBlockingAndCloexec) {
  const auto conn = adopt(*runtime, std::move(near));
  EXPECT_TRUE(test::is_non_blocking((*conn)->fd()));
  EXPECT_TRUE(test::is_cloexec((*conn)->fd()));
}

// From one connection to another, with one byte of the request taken. Broken
// variant: start() does not look for input; then on_request waits for more.
TEST_F(AdoptTest, UnreadBytesComeAlongAndAreHandledFirst) {
  Handlers echo{.on_request = test::echo};
  const auto old = adopt(*runtime, std::move(near));
  ASSERT_TRUE(old);
  test::send_all(far.get(), "?hello");
  ASSERT_EQ((*old)->reader().read_string(1), "?");
  ASSERT_TRUE(test::eventually([&] { return (*old)->reader().size() == 5; }));
  auto fd = (*old)->detach();
  ASSERT_TRUE(fd);
  auto unread = (*old)->reader().slice((*old)->reader().size());
  const auto conn =
      adopt(*runtime, *std::move(fd), *std::move(unread), std::move(echo));
  ASSERT_TRUE(conn);
  EXPECT_EQ(test::receive(far.get(), 5), "hello");
  test::send_all(far.get(), " again");
  EXPECT_EQ(test::receive(far.get(), 6), " again");
}

TEST_F(AdoptTest, UnreadBytesAreReadBeforeWhatTheSocketBrings) {
  LinkBuffer first;
  first.write_string("one ");
  static_cast<void>(first.flush());
  const auto conn = adopt(*runtime, std::move(near), *first.slice(4));
  ASSERT_TRUE(conn);
  test::send_all(far.get(), "two");
  EXPECT_EQ((*conn)->reader().read_string(7), "one two");
}

// Upstream panics: it asks the address that is not there for its text.
TEST_F(AdoptTest, E2Row10TimeoutsWorkWithoutAddresses) {
  const auto conn = adopt(*runtime, std::move(near));
  ASSERT_TRUE(conn);
  EXPECT_EQ((*conn)->local_addr().to_string(), "");
  EXPECT_EQ((*conn)->remote_addr().to_string(), "");
  (*conn)->set_read_timeout(milliseconds(5));
  EXPECT_EQ(error_of((*conn)->reader().next(1)), Errc::read_timeout);
  (*conn)->set_write_timeout(milliseconds(5));
  (*conn)->writer().write_string(std::string(std::size_t{1} << 23, 'x'));
  EXPECT_EQ((*conn)->writer().flush(), Errc::write_timeout);
}

TEST_F(AdoptTest, OptionsAndHandlersAreItsOwn) {
  std::latch answered(1);
  std::error_code error;
  const auto conn = adopt(*runtime, std::move(near),
                          {.on_request =
                               [&](Connection& it) {
                                 error = it.reader().next(100).error();
                                 answered.count_down();
                               }},
                          {.read_timeout = milliseconds(5)});
  ASSERT_TRUE(conn);
  test::send_all(far.get(), "x");
  answered.wait();
  EXPECT_EQ(error, Errc::read_timeout);
}

TEST_F(AdoptTest, KnowsItsTcpPeer) {
  const UniqueFd server = *os::listen_on(test::tcp("127.0.0.1:0"));
  const Address there = *Address::local_of(server.get());
  const auto conn = adopt(*runtime, *os::connect_to(there, test::soon()));
  ASSERT_TRUE(conn);
  EXPECT_EQ((*conn)->remote_addr().to_string(), there.to_string());
}

TEST_F(AdoptTest, RefusesAndClosesWhatIsNoConnectedStream) {
  EXPECT_EQ(error_of(adopt(*runtime, *os::listen_on(test::tcp("127.0.0.1:0")))),
            Errc::invalid_argument);
  EXPECT_EQ(
      error_of(adopt(*runtime, UniqueFd(::socket(AF_INET, SOCK_DGRAM, 0)))),
      Errc::unsupported);
  EXPECT_EQ(error_of(adopt(*runtime, UniqueFd(::dup(0)))),
            std::errc::not_a_socket);
  EXPECT_EQ(error_of(adopt(*runtime, UniqueFd())),
            std::errc::bad_file_descriptor);
}

TEST_F(AdoptTest, NeedsNoFurtherDescriptor) {
  const test::NoMoreFds limit;
  EXPECT_TRUE(adopt(*runtime, std::move(near)));
}

}  // namespace
}  // namespace netpoll
