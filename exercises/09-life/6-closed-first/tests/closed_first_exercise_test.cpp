// SPDX-License-Identifier: Apache-2.0
// What a close callback finds: is the descriptor still ours, has the peer seen
// our end? And what comes after it. The test's own thread closes and tears
// down, so all is in order when close() has returned.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "support/tcp.h"

namespace netpoll {
namespace {

using test::eventually;
using test::Served;

const RuntimeOptions kOnePoller{.pollers = 1};

bool is_established(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
         info.tcpi_state == TCP_ESTABLISHED;
}

class ClosedFirst : public testing::Test {
 protected:
  // A close that has nothing to wait for.
  void close_at_once() {
    ASSERT_FALSE(served.start());
    served.conn().close();
  }
  // We have answered, and the peer has sent what we do not read: the close has
  // to linger, or the kernel may destroy the answer.
  void close_that_lingers() {
    served.conn().set_linger(std::chrono::hours(1));
    ASSERT_FALSE(served.start());
    served.send("unread");
    ASSERT_TRUE(eventually([&] { return served.conn().reader().size() == 6; }));
    served.conn().writer().write_string("answer");
    ASSERT_FALSE(served.conn().writer().flush());
    served.conn().close();
  }
  void in_a_callback(const Handler& look) {
    served.conn().add_close_callback([this, look](Connection& conn) {
      ++callbacks;
      look(conn);
    });
  }

  std::atomic<int> callbacks{0};
  Served served{{}, kOnePoller, test::tcp_pair};
};

TEST_F(ClosedFirst, InTheCallbackTheDescriptorIsStillOpen) {
  bool open = false;
  in_a_callback([&](const Connection& conn) {
    open = ::fcntl(conn.fd(), F_GETFD) != -1;
  });
  close_at_once();
  EXPECT_TRUE(open) << "the descriptor was closed first, and the user was told "
                       "afterwards";
}

TEST_F(ClosedFirst, InTheCallbackTheNumberIsNoStrangers) {
  bool taken = false;
  in_a_callback([&](const Connection& conn) {
    // A new file that finds all smaller numbers taken.
    const UniqueFd file(::eventfd(0, EFD_CLOEXEC));
    const UniqueFd stranger(::fcntl(file.get(), F_DUPFD_CLOEXEC, conn.fd()));
    taken = stranger.get() == conn.fd();
  });
  close_at_once();
  EXPECT_FALSE(taken)
      << "a file that the callback opened has got the number of "
         "the connection; whoever cleans up by that number now "
         "hits the wrong file";
}

TEST_F(ClosedFirst, TheOwnerHearsOfTheEndAfterTheCallback) {
  int finished = -1;
  in_a_callback([&](const Connection&) { finished = served.torn_down(); });
  close_at_once();
  EXPECT_EQ(finished, 0) << "`last` has run before the close callback";
  EXPECT_EQ(callbacks, 1);
}

TEST_F(ClosedFirst, WhenCloseHasReturnedAllIsDone) {
  in_a_callback([](const Connection&) {});
  close_at_once();
  EXPECT_EQ(callbacks, 1) << "nobody else is busy with the connection, so "
                             "close() itself tears it down";
  EXPECT_EQ(served.torn_down(), 1) << "the descriptor is still open";
}

TEST_F(ClosedFirst, ThePeerSeesOurEndAfterTheCallback) {
  bool established = false;
  in_a_callback(
      [&](const Connection& conn) { established = is_established(conn.fd()); });
  close_that_lingers();
  EXPECT_TRUE(established || callbacks == 0)
      << "a FIN has gone out before the callback: the peer may end the linger, "
         "and the poller close the descriptor, while the callback runs";
}

TEST_F(ClosedFirst, ACallbackDoesNotWaitForThePeer) {
  in_a_callback([](const Connection&) {});
  close_that_lingers();
  EXPECT_EQ(callbacks, 1) << "the close lingers until the peer ends, for an "
                             "hour perhaps; the callback should not";
}

TEST_F(ClosedFirst, AnUnreadAnswerIsWaitedFor) {
  close_that_lingers();
  EXPECT_EQ(served.torn_down(), 0) << "the descriptor is closed with input "
                                      "unread: the kernel sends a reset, "
                                      "which may overtake the answer";
  EXPECT_EQ(served.receive(6), "answer");
}

TEST_F(ClosedFirst, AfterALingerTheCallbackHasRunOnce) {
  in_a_callback([](const Connection&) {});
  close_that_lingers();
  served.close_far();
  ASSERT_TRUE(served.wait_torn_down());
  EXPECT_EQ(callbacks, 1)
      << "the descriptor is closed, the connection is gone, "
         "and this is how often the callback ran";
}

}  // namespace
}  // namespace netpoll
