// SPDX-License-Identifier: Apache-2.0
//
// How a connection ends, whoever ends it and whenever.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <string>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "support/net.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using test::eventually;
using test::Served;
using test::swallow;

void close(Connection& conn) {
  conn.close();
}

TEST(ConnectionEnd, CloseInOnPrepareStartsNothing) {
  std::atomic<int> calls{0};
  Served served({.on_prepare = close,
                 .on_connect = [&](Connection&) { ++calls; },
                 .on_request = [&](Connection&) { ++calls; }});
  served.send("x");
  EXPECT_EQ(served.start(), Errc::conn_closed);
  EXPECT_TRUE(served.end());
  EXPECT_EQ(calls, 0);
}

TEST(ConnectionEnd, CloseInOnConnectIsSeenByThePeer) {
  std::atomic<int> calls{0};
  Served served({.on_connect = close,
                 .on_request = [&](Connection&) { ++calls; },
                 .on_disconnect = [&](Connection&) { ++calls; }});
  ASSERT_FALSE(served.start());
  EXPECT_TRUE(test::at_eof(served.far()));
  EXPECT_TRUE(served.end());
  EXPECT_EQ(calls, 0);
}

TEST(ConnectionEnd, CloseInOnRequestIsItsLastCall) {
  std::atomic<int> calls{0};
  Served served({.on_request = [&](Connection& conn) {
    ++calls;
    static_cast<void>(conn.reader().skip(1));
    conn.close();
  }});
  served.send("ab");
  ASSERT_FALSE(served.start());
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(calls, 1);
}

TEST(ConnectionEnd, CloseInOnRequestIsItsLastCallAlsoAfterThePeersEnd) {
  std::atomic<int> calls{0};
  Served served({.on_request = [&](Connection& conn) {
    ++calls;
    EXPECT_TRUE(eventually([&] { return !conn.is_active(); }));
    static_cast<void>(conn.reader().skip(1));
    conn.close();
  }});
  served.send("ab");
  ASSERT_FALSE(served.start());
  served.half_close();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(calls, 1);
}

TEST(ConnectionEnd, CloseInOnDisconnectIsHarmless) {
  Served served({.on_request = swallow, .on_disconnect = close});
  ASSERT_FALSE(served.start());
  served.close_far();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_TRUE(served.end());
  EXPECT_EQ(served.torn_down(), 1);
}

TEST(ConnectionEnd, CloseInACloseCallbackIsHarmless) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().add_close_callback(close);
  served.conn().close();
  EXPECT_TRUE(served.end());
  EXPECT_EQ(served.torn_down(), 1);
}

TEST(ConnectionEnd, CloseWaitsForTheHandlerToReturn) {
  std::latch entered(1);
  std::latch leave(1);
  std::atomic<bool> left{false};
  std::atomic<bool> torn_down_under_it{false};
  Served served({.on_request = [&](Connection& conn) {
    entered.count_down();
    leave.wait();
    swallow(conn);
    left = true;
  }});
  served.conn().add_close_callback(
      [&](Connection&) { torn_down_under_it = !left; });
  ASSERT_FALSE(served.start());
  served.send("x");
  entered.wait();
  served.conn().close();
  test::turn_over(served.runtime().pollers().next());
  leave.count_down();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_FALSE(torn_down_under_it);
}

TEST(ConnectionEnd, CloseWakesAHandlerThatReads) {
  std::latch entered(1);
  std::error_code error;
  Served served({.on_connect = [&](Connection& conn) {
    entered.count_down();
    error = conn.reader().next(1).error();
  }});
  ASSERT_FALSE(served.start());
  entered.wait();
  served.conn().close();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(error, Errc::conn_closed);
}

TEST(ConnectionEnd, OnDisconnectComesOnceWhenThePeerCloses) {
  std::atomic<int> calls{0};
  std::atomic<bool> was_active{true};
  Served served({.on_request = swallow, .on_disconnect = [&](Connection& conn) {
                   ++calls;
                   was_active = conn.is_active();
                 }});
  ASSERT_FALSE(served.start());
  served.half_close();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_TRUE(served.end());
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(was_active);
}

TEST(ConnectionEnd, OnDisconnectDoesNotComeWhenWeClose) {
  std::atomic<int> calls{0};
  Served served(
      {.on_request = swallow, .on_disconnect = [&](Connection&) { ++calls; }});
  ASSERT_FALSE(served.start());
  served.conn().close();
  EXPECT_TRUE(served.end());
  EXPECT_EQ(calls, 0);
}

TEST(ConnectionEnd, OnDisconnectWaitsForOnConnect) {
  std::latch entered(1);
  std::latch peer_gone(1);
  std::string order;
  Served served({.on_connect =
                     [&](Connection&) {
                       entered.count_down();
                       peer_gone.wait();
                       order += "connected ";
                     },
                 .on_disconnect = [&](Connection&) { order += "gone"; }});
  ASSERT_FALSE(served.start());
  entered.wait();
  served.close_far();
  EXPECT_TRUE(eventually([&] { return !served.conn().is_active(); }));
  test::turn_over(served.runtime().pollers().next());
  peer_gone.count_down();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(order, "connected gone");
}

TEST(ConnectionEnd, OnDisconnectComesWhileARequestIsHandled) {
  std::latch entered(1);
  std::latch gone(1);
  Served served({.on_request =
                     [&](Connection& conn) {
                       entered.count_down();
                       gone.wait();
                       swallow(conn);
                     },
                 .on_disconnect = [&](Connection&) { gone.count_down(); }});
  ASSERT_FALSE(served.start());
  served.send("x");
  entered.wait();
  served.close_far();
  EXPECT_TRUE(served.wait_torn_down());
}

TEST(ConnectionEnd, CloseCallbacksRunOnceTheNewestFirst) {
  std::string order;
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().add_close_callback([&](Connection&) { order += '1'; });
  served.conn().add_close_callback([&](Connection&) { order += '2'; });
  served.conn().add_close_callback([&](Connection&) { order += '3'; });
  served.conn().close();
  served.conn().close();
  EXPECT_TRUE(served.end());
  EXPECT_EQ(order, "321");
}

TEST(ConnectionEnd, LateCloseCallbackRunsAtOnce) {
  int calls = 0;
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().close();
  EXPECT_TRUE(served.wait_torn_down());
  served.conn().add_close_callback([&](Connection&) { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(ConnectionEnd, OneThatAUserHoldsWaitsForItAfterThePeersEnd) {
  Served served({});
  ASSERT_FALSE(served.start());
  const auto user = Ref<Connection>::share(served.conn());
  served.send("last words");
  served.half_close();
  EXPECT_TRUE(eventually([&] { return !served.conn().is_active(); }));
  EXPECT_EQ(served.conn().reader().read_string(10), "last words");
  EXPECT_EQ(served.conn().reader().next(1).error(), Errc::eof);
  EXPECT_EQ(served.torn_down(), 0);
  served.conn().close();
  EXPECT_TRUE(served.wait_torn_down());
}

TEST(ConnectionEnd, FlushAfterItIsRefused) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().close();
  served.conn().writer().write_string("too late");
  EXPECT_EQ(served.conn().writer().flush(), Errc::conn_closed);
}

TEST(ConnectionEnd, CloseEndsAFlushThatSleeps) {
  Served served({});
  ASSERT_FALSE(served.start());
  Output& writer = served.conn().writer();
  writer.write_string(std::string(4 << 20, 'x'));
  auto flushed = std::async(std::launch::async, [&] { return writer.flush(); });
  EXPECT_TRUE(eventually([&] { return !writer.is_empty(); }));
  served.conn().close();
  EXPECT_EQ(flushed.get(), Errc::conn_closed);
}

// A pusher that is no handler, and a peer that finishes sending and reads
// nothing. The timeout is a rescue: the flush must not need it.
TEST(ConnectionEnd, TearDownAfterTheHandlerEndsAPushersFlush) {
  std::latch entered(1);
  std::latch leave(1);
  Served served({.on_request = [&](Connection& conn) {
    entered.count_down();
    leave.wait();
    swallow(conn);
  }});
  served.conn().set_write_timeout(test::kPatience);
  ASSERT_FALSE(served.start());
  served.send("x");
  entered.wait();
  Output& writer = served.conn().writer();
  writer.write_string(std::string(4 << 20, 'x'));
  auto flushed = std::async(std::launch::async, [&] { return writer.flush(); });
  EXPECT_TRUE(eventually([&] { return !writer.is_empty(); }));
  served.half_close();
  EXPECT_TRUE(eventually([&] { return !served.conn().is_active(); }));
  leave.count_down();
  EXPECT_EQ(flushed.get(), Errc::conn_closed);
}

// The registry's is the test's own here; the poller's and the task's go.
TEST(ConnectionEnd, AllReferencesAreGone) {
  Served served({.on_connect = [](Connection&) {}, .on_request = test::echo});
  EXPECT_EQ(served.conn().holders(), 1u);
  ASSERT_FALSE(served.start());
  EXPECT_GE(served.conn().holders(), 2u);
  served.send("hello");
  EXPECT_EQ(served.receive(5), "hello");
  EXPECT_TRUE(eventually([&] { return served.conn().holders() == 2; }));
  served.close_far();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_TRUE(eventually([&] { return served.conn().holders() == 1; }));
}

}  // namespace
}  // namespace netpoll
