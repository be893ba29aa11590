// SPDX-License-Identifier: Apache-2.0
// Some lives of a connection: how many close callbacks, how many bytes nobody
// has read, how long the answer is, and whether the close has to wait for the
// peer, all that as the seed has it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "connection/support.h"
#include "labs/seed.h"
#include "netpoll/connection/connection.h"
#include "support/tcp.h"

namespace netpoll {
namespace {

using test::Seeded;
using test::Served;

// What a close callback found.
struct Seen {
  std::size_t number;
  bool open;
  bool established;  // the peer has not seen our end
  int finished;
};

bool is_established(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
         info.tcpi_state == TCP_ESTABLISHED;
}

class ClosedFirstHidden : public testing::Test {
 protected:
  void add_callbacks(Served& served, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      served.conn().add_close_callback([&, i](Connection& conn) {
        seen_.push_back({.number = i,
                         .open = ::fcntl(conn.fd(), F_GETFD) != -1,
                         .established = is_established(conn.fd()),
                         .finished = served.torn_down()});
      });
    }
  }
  void expect_all(std::size_t count) {
    ASSERT_EQ(seen_.size(), count) << "so many close callbacks have run";
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(seen_[i].number, count - 1 - i) << "the newest comes first";
      EXPECT_TRUE(seen_[i].open) << "the descriptor was closed first, and the "
                                    "user was told afterwards";
      EXPECT_TRUE(seen_[i].established)
          << "the peer has been told of the end before the user";
      EXPECT_EQ(seen_[i].finished, 0) << "`last` has run before a callback";
    }
  }

  std::vector<Seen> seen_;
};

TEST_F(ClosedFirstHidden, ACloseAtOnceTellsTheUserFirst) {
  Seeded numbers("ClosedFirstHidden.AtOnce");
  const std::size_t callbacks = numbers.between(1, 6);
  Served served{{}, {.pollers = 1}, test::tcp_pair};
  add_callbacks(served, callbacks);
  ASSERT_FALSE(served.start());
  served.conn().close();
  expect_all(callbacks);
  EXPECT_EQ(served.torn_down(), 1) << "close() has returned, and nobody else "
                                      "is busy: the descriptor is closed";
}

TEST_F(ClosedFirstHidden, ACloseThatWaitsTellsTheUserFirst) {
  Seeded numbers("ClosedFirstHidden.Waits");
  const std::size_t callbacks = numbers.between(1, 6);
  const std::string unread = numbers.text(numbers.between(1, 3000));
  const std::string answer = numbers.text(numbers.between(1, 3000));
  Served served{{}, {.pollers = 1}, test::tcp_pair};
  add_callbacks(served, callbacks);
  served.conn().set_linger(std::chrono::hours(1));
  ASSERT_FALSE(served.start());
  ASSERT_TRUE(served.send(unread));
  ASSERT_TRUE(test::eventually(
      [&] { return served.conn().reader().size() == unread.size(); }));
  served.conn().writer().write_string(answer);
  ASSERT_FALSE(served.conn().writer().flush());
  served.conn().close();
  expect_all(callbacks);
  EXPECT_EQ(served.torn_down(), 0) << "the answer may still be on its way";
  EXPECT_EQ(served.receive(answer.size()), answer);
  served.close_far();
  ASSERT_TRUE(served.wait_torn_down());
  EXPECT_EQ(seen_.size(), callbacks) << "each callback runs once";
}

}  // namespace
}  // namespace netpoll
