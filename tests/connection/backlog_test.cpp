// SPDX-License-Identifier: Apache-2.0
//
// A backlog: what a flush on the poller's thread leaves to later turns of the
// poller, and how it ends.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "poller/support.h"
#include "support/net.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using test::echo;
using test::eventually;
using test::kInline;
using test::Served;
using test::swallow;

// More than a socket takes.
const std::string& much() {
  static const std::string text(4 << 20, 'x');
  return text;
}

void send_much(Connection& conn) {
  swallow(conn);
  conn.writer().write_string(much());
  EXPECT_FALSE(conn.writer().flush());
}

TEST(Inline, PollerTurnsWhileABacklogWaits) {
  Trigger turned;
  Served served({.on_request = send_much}, kInline);
  ASSERT_FALSE(served.start());
  served.send("x");
  ASSERT_TRUE(
      eventually([&] { return served.conn().writer().is_unattended(); }));
  served.runtime().pollers().next().go([&] { turned.pull(); });
  EXPECT_TRUE(turned.wait_until(test::soon()));
  EXPECT_TRUE(served.conn().writer().is_unattended());
}

TEST(Inline, CloseAfterABacklogStillDeliversIt) {
  Served served({.on_request =
                     [](Connection& conn) {
                       send_much(conn);
                       conn.close();
                     }},
                kInline);
  ASSERT_FALSE(served.start());
  served.send("x");
  EXPECT_EQ(served.receive(much().size()), much());
  EXPECT_TRUE(test::at_eof(served.far()));
  EXPECT_TRUE(served.wait_torn_down());
}

TEST(Inline, CloseFromAnotherThreadDeliversABacklogToo) {
  Served served({.on_request = send_much}, kInline);
  ASSERT_FALSE(served.start());
  served.send("x");
  ASSERT_TRUE(
      eventually([&] { return served.conn().writer().is_unattended(); }));
  served.conn().close();
  EXPECT_EQ(served.receive(much().size()), much());
  EXPECT_TRUE(test::at_eof(served.far()));
  EXPECT_TRUE(served.wait_torn_down());
}

TEST(Inline, PeerThatNeverReadsIsGivenUpAfterTheWriteTimeout) {
  std::atomic<int> told{0};
  Served served(
      {.on_request = send_much, .on_disconnect = [&](Connection&) { ++told; }},
      kInline);
  served.conn().set_write_timeout(std::chrono::milliseconds(1));
  ASSERT_FALSE(served.start());
  served.send("x");
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(told, 1);
}

// Two moments, and the later one is set last. Broken variant: the flush sets
// the timer to its own moment; then the connection is idle for an hour.
TEST(Inline, PeerThatNeverReadsIsGivenUpWhenItIsIdleBeforeTheWriteTimeout) {
  Served served({.on_request = send_much}, kInline);
  served.conn().set_write_timeout(std::chrono::hours(1));
  served.conn().set_idle_timeout(std::chrono::milliseconds(20));
  served.conn().set_linger(std::chrono::milliseconds(1));
  ASSERT_FALSE(served.start());
  served.send("x");
  EXPECT_TRUE(served.wait_torn_down());
}

TEST(Inline, PeerThatNeverReadsIsGivenUpSomeTimeAfterAClose) {
  Served served({.on_request =
                     [](Connection& conn) {
                       send_much(conn);
                       conn.close();
                     }},
                kInline);
  served.conn().set_linger(std::chrono::milliseconds(1));
  ASSERT_FALSE(served.start());
  served.send("x");
  EXPECT_TRUE(served.wait_torn_down());
}

// The timer that the flush may have set is behind us when another thread
// closes. Broken variant: Output::give_up_by() sets no timer.
TEST(Inline, PeerThatNeverReadsIsGivenUpAlsoWhenAnotherThreadClosesLater) {
  Served served({.on_request = send_much}, kInline);
  served.conn().set_linger(std::chrono::milliseconds(1));
  ASSERT_FALSE(served.start());
  served.send("x");
  ASSERT_TRUE(
      eventually([&] { return served.conn().writer().is_unattended(); }));
  test::turn_over(served.runtime().pollers().next());
  served.conn().close();
  EXPECT_TRUE(served.wait_torn_down());
}

// Broken variant: Output::set_state() keeps give_up_at_; then the write timeout
// of a backlog that was sent in time ends a healthy connection.
TEST(Inline, BacklogThatWasSentIsNotGivenUp) {
  Served served({.on_request =
                     [calls = 0](Connection& conn) mutable {
                       if (++calls == 1) return send_much(conn);
                       echo(conn);
                     }},
                kInline);
  served.conn().set_write_timeout(std::chrono::hours(1));
  ASSERT_FALSE(served.start());
  served.send("x");
  Output& writer = served.conn().writer();
  ASSERT_TRUE(eventually([&] { return writer.is_unattended(); }));
  EXPECT_NE(writer.give_up_at(), kNever);
  EXPECT_EQ(served.receive(much().size()), much());
  EXPECT_TRUE(eventually([&] { return !writer.is_unattended(); }));
  EXPECT_EQ(writer.give_up_at(), kNever);
  served.send("next");
  EXPECT_EQ(served.receive(4), "next");
}

TEST(Inline, PeerThatGoesEndsABacklog) {
  Served served({.on_request = send_much}, kInline);
  ASSERT_FALSE(served.start());
  served.send("x");
  ASSERT_TRUE(
      eventually([&] { return served.conn().writer().is_unattended(); }));
  served.close_far();
  EXPECT_TRUE(served.wait_torn_down());
}

TEST(Inline, PeerThatGoesAfterACloseEndsABacklog) {
  Served served({.on_request =
                     [](Connection& conn) {
                       send_much(conn);
                       conn.close();
                     }},
                kInline);
  ASSERT_FALSE(served.start());
  served.send("x");
  ASSERT_TRUE(
      eventually([&] { return served.conn().writer().is_unattended(); }));
  served.close_far();
  EXPECT_TRUE(served.wait_torn_down());
}

TEST(Inline, BacklogPausesReading) {
  std::atomic<int> calls{0};
  Served served({.on_request =
                     [&](Connection& conn) {
                       if (++calls == 1) return send_much(conn);
                       echo(conn);
                     }},
                kInline);
  ASSERT_FALSE(served.start());
  served.send("x");
  ASSERT_TRUE(
      eventually([&] { return served.conn().writer().is_unattended(); }));
  served.send("next");
  test::turn_over(served.runtime().pollers().next());
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(served.conn().reader().committed(), 1u);
  EXPECT_EQ(served.receive(much().size()), much());
  EXPECT_EQ(served.receive(4), "next");
}

TEST(Inline, FlushOfAnotherThreadWaitsForABacklog) {
  Served served({.on_request = send_much}, kInline);
  ASSERT_FALSE(served.start());
  served.send("x");
  ASSERT_TRUE(
      eventually([&] { return served.conn().writer().is_unattended(); }));
  auto flush = std::async(std::launch::async, [&] {
    served.conn().writer().write_string("after it");
    return served.conn().writer().flush();
  });
  EXPECT_EQ(served.receive(much().size() + 8), much() + "after it");
  EXPECT_FALSE(flush.get());
}

TEST(Inline, DetachDropsABacklog) {
  Served served({.on_request = send_much}, kInline);
  ASSERT_FALSE(served.start());
  served.send("x");
  ASSERT_TRUE(
      eventually([&] { return served.conn().writer().is_unattended(); }));
  const Result<UniqueFd> fd = served.conn().detach();
  EXPECT_TRUE(fd);
  EXPECT_FALSE(served.conn().writer().is_unattended());
  EXPECT_TRUE(served.wait_torn_down());
}

// The end that close() sets is also the end of a backlog that a flush, already
// under way, makes afterwards.
TEST(Backlog, OneThatComesAfterTheLimitHasIt) {
  InlineRunner runner;
  const test::FdsBalance balance;
  const test::Pair pair = test::socket_pair();
  const auto poller = *Poller::open(runner);
  const auto op = make_ref<Op>(pair.near.get());
  Lifecycle life(false);
  Activity activity;
  Mutex mutex;
  Output output(life, *poller, *op, activity, mutex, [](FdOperator&) {});
  ASSERT_FALSE(poller->add(*op));
  const Deadline end = Deadline::clock::now() + std::chrono::hours(1);
  output.give_up_by(end);
  EXPECT_EQ(output.give_up_at(), kNever);
  poller->go([&] {
    output.write_string(much());
    EXPECT_FALSE(output.flush());
    EXPECT_TRUE(output.is_unattended());
    poller->stop();
  });
  poller->run();
  EXPECT_EQ(output.give_up_at(), end);
  poller->detach(*op);
}

// The connection was detached while a flush that must not wait was sending.
// Broken variant: Output::hand_over() leaves the rest to a poller that watches
// the descriptor no more; then it is unsent for ever, and nothing is torn down.
TEST(Backlog, NothingIsLeftToAPollerThatHasLeft) {
  InlineRunner runner;
  const test::Pair pair = test::socket_pair();
  const auto poller = *Poller::open(runner);
  const auto op = make_ref<Op>(pair.near.get());
  Lifecycle life(false);
  Activity activity;
  Mutex mutex;
  Output output(life, *poller, *op, activity, mutex, [](FdOperator&) {});
  ASSERT_FALSE(poller->add(*op));
  poller->detach(*op);
  poller->go([&] {
    output.write_string(much());
    EXPECT_EQ(output.flush(), Errc::conn_closed);
    EXPECT_FALSE(output.is_unattended());
    poller->stop();
  });
  poller->run();
}

}  // namespace
}  // namespace netpoll
