// SPDX-License-Identifier: Apache-2.0
//
// What a connection tells its socket, and what it starts with.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <atomic>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "support/net.h"
#include "support/tcp.h"

namespace netpoll {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::eventually;
using test::Served;

// What the kernel says of the near end.
int option_of(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0);
  return value;
}

class KeepaliveTest : public testing::Test {
 protected:
  int is_on() const {
    return option_of(served.conn().fd(), SOL_SOCKET, SO_KEEPALIVE);
  }
  int after() const {
    return option_of(served.conn().fd(), IPPROTO_TCP, TCP_KEEPIDLE);
  }
  int between() const {
    return option_of(served.conn().fd(), IPPROTO_TCP, TCP_KEEPINTVL);
  }

  Served served{{}, RuntimeOptions{.pollers = 1}, test::tcp_pair};
};

TEST_F(KeepaliveTest, IsOffAtFirst) {
  EXPECT_EQ(is_on(), 0);
}

TEST_F(KeepaliveTest, SetsTheSocketsOptions) {
  served.conn().set_keepalive(seconds(7));
  EXPECT_EQ(is_on(), 1);
  EXPECT_EQ(after(), 7);
  EXPECT_EQ(between(), 7 / 3);  // three questions in as long again
}

TEST_F(KeepaliveTest, ZeroTurnsItOff) {
  served.conn().set_keepalive(seconds(7));
  served.conn().set_keepalive(seconds(0));
  EXPECT_EQ(is_on(), 0);
}

TEST_F(KeepaliveTest, LongerThanTheKernelTakesIsItsLongest) {
  served.conn().set_keepalive(seconds::max());
  EXPECT_EQ(is_on(), 1);
  EXPECT_EQ(after(), os::kKeepaliveMax.count());
}

TEST_F(KeepaliveTest, LeavesADescriptorThatIsNoLongerOursAlone) {
  ASSERT_FALSE(served.start());
  const Result<UniqueFd> fd = served.conn().detach();
  ASSERT_TRUE(fd);
  served.conn().set_keepalive(seconds(7));
  EXPECT_EQ(option_of(fd->get(), SOL_SOCKET, SO_KEEPALIVE), 0);
}

TEST(Keepalive, DoesNothingOnAUnixSocket) {
  Served served({});
  served.conn().set_keepalive(seconds(7));
  EXPECT_EQ(option_of(served.conn().fd(), SOL_SOCKET, SO_KEEPALIVE), 0);
}

TEST(ConnectionOptions, AreWhatAConnectionStartsWith) {
  const test::FdsBalance balance;
  const auto runtime = *Runtime::start({.pollers = 1});
  test::Pair pair = test::tcp_pair();
  const Handlers none;
  std::atomic<bool> over{false};
  const auto conn =
      make_ref<Connection>(*runtime, std::move(pair.near), Address(), none,
                           ConnectionOptions{.read_timeout = milliseconds(1),
                                             .write_timeout = milliseconds(2),
                                             .idle_timeout = hours(1),
                                             .keepalive = seconds(7),
                                             .max_input = 3,
                                             .read_size = 0});
  ASSERT_FALSE(conn->start([&](Connection&) { over = true; }));
  EXPECT_EQ(option_of(conn->fd(), IPPROTO_TCP, TCP_KEEPIDLE), 7);
  EXPECT_EQ(conn->reader().next(1).error(), Errc::read_timeout);
  EXPECT_NE(conn->writer().limit().from_now(), kNever);
  test::send_all(pair.far.get(), "four");
  EXPECT_TRUE(eventually([&] { return conn->reader().is_full(); }));
  EXPECT_EQ(conn->reader().size(), 3u);
  conn->close();
  EXPECT_TRUE(eventually([&] { return over.load(); }));
}

}  // namespace
}  // namespace netpoll
