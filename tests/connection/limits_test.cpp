// SPDX-License-Identifier: Apache-2.0
//
// How long a connection waits, and how long it may be idle. No moment here is
// near: a deadline has passed long ago or does not come.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <string>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "support/net.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::echo;
using test::eventually;
using test::Served;
using test::swallow;

const Deadline kLongAgo = Deadline() + seconds(1);

TEST(WaitLimit, WithoutAnyItIsNever) {
  EXPECT_EQ(WaitLimit().from_now(), kNever);
}

TEST(WaitLimit, TimeoutCountsFromEachCall) {
  WaitLimit limit;
  limit.set_timeout(hours(1));
  const Deadline before = Deadline::clock::now();
  const Deadline at = limit.from_now();
  EXPECT_GE(at, before + hours(1));
  EXPECT_LE(at, Deadline::clock::now() + hours(1));
}

TEST(WaitLimit, DeadlineGoesBeforeATimeout) {
  WaitLimit limit;
  limit.set_timeout(hours(1));
  limit.set_deadline(kLongAgo);
  EXPECT_EQ(limit.from_now(), kLongAgo);
}

TEST(WaitLimit, DeadlineOfNeverBringsTheTimeoutBack) {
  WaitLimit limit;
  limit.set_timeout(hours(1));
  limit.set_deadline(kLongAgo);
  limit.set_deadline(kNever);
  EXPECT_NE(limit.from_now(), kNever);
  EXPECT_GT(limit.from_now(), Deadline::clock::now());
}

TEST(WaitLimit, TimeoutSetLaterCancelsTheDeadline) {
  WaitLimit limit;
  limit.set_deadline(kLongAgo);
  limit.set_timeout(milliseconds(0));
  EXPECT_EQ(limit.from_now(), kNever);
}

TEST(WaitLimit, NegativeTimeoutCancelsTheDeadlineAndKeepsTheTimeout) {
  WaitLimit limit;
  limit.set_timeout(hours(1));
  limit.set_deadline(kLongAgo);
  limit.set_timeout(milliseconds(-1));
  EXPECT_NE(limit.from_now(), kNever);
  EXPECT_GT(limit.from_now(), Deadline::clock::now());
}

TEST(Deadlines, ReadAfterADeadlineFailsAtOnce) {
  Served served({});
  ASSERT_FALSE(served.start());
  for (const Deadline past : {kLongAgo, Deadline::min()}) {
    served.conn().set_read_deadline(past);
    EXPECT_EQ(served.conn().reader().next(1).error(), Errc::read_timeout);
  }
}

TEST(Deadlines, WhatIsThereIsReadWhateverTheDeadline) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.send("hello");
  ASSERT_TRUE(eventually([&] { return served.conn().reader().size() == 5; }));
  served.conn().set_read_deadline(kLongAgo);
  EXPECT_EQ(served.conn().reader().read_string(5), "hello");
}

TEST(Deadlines, ReadDeadlineHoldsForUntil) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().set_read_deadline(kLongAgo);
  EXPECT_EQ(served.conn().reader().until(std::byte{'\n'}).error(),
            Errc::read_timeout);
}

TEST(Deadlines, FlushAfterADeadlineFailsWhenItWouldWait) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().set_write_deadline(kLongAgo);
  served.conn().writer().write_string("fits");
  EXPECT_FALSE(served.conn().writer().flush());
  served.conn().writer().write_string(std::string(4 << 20, 'x'));
  EXPECT_EQ(served.conn().writer().flush(), Errc::write_timeout);
}

TEST(Deadlines, SetDeadlineIsForBothWays) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().set_deadline(kLongAgo);
  EXPECT_EQ(served.conn().reader().next(1).error(), Errc::read_timeout);
  served.conn().writer().write_string(std::string(4 << 20, 'x'));
  EXPECT_EQ(served.conn().writer().flush(), Errc::write_timeout);
}

TEST(Deadlines, CallWaitsTillItComesAndNoneAfterIt) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().set_deadline(kLongAgo);
  served.conn().set_deadline(kNever);
  served.conn().set_max_input(1);  // more comes in only while a call waits
  auto read = std::async(std::launch::async,
                         [&] { return served.conn().reader().read_string(5); });
  served.send("hello");
  EXPECT_EQ(read.get(), "hello");

  const Deadline at = Deadline::clock::now() + milliseconds(5);
  served.conn().set_deadline(at);
  served.conn().writer().write_string(std::string(4 << 20, 'x'));
  EXPECT_EQ(served.conn().writer().flush(), Errc::write_timeout);
  EXPECT_EQ(served.conn().reader().next(1).error(), Errc::read_timeout);
  EXPECT_GE(Deadline::clock::now(), at);
  EXPECT_EQ(served.conn().reader().next(1).error(), Errc::read_timeout);
}

// More than the limit of one byte is let in only while somebody waits for it.
TEST(Deadlines, CallThatAlreadyWaitsIsNotDisturbed) {
  Served served({});
  served.conn().set_max_input(1);
  ASSERT_FALSE(served.start());
  Input& reader = served.conn().reader();
  auto read =
      std::async(std::launch::async, [&] { return reader.read_string(5); });
  served.send("hell");
  ASSERT_TRUE(eventually([&] { return reader.size() == 4; }));
  served.conn().set_read_deadline(kLongAgo);
  reader.wake();  // looks again, and goes on waiting
  test::turn_over(served.runtime().pollers().next());
  served.send("o");
  EXPECT_EQ(read.get(), "hello");
}

TEST(IdleTimeout, ClosesAConnectionOnWhichNothingHappens) {
  Served served({.on_request = echo});
  served.conn().set_idle_timeout(milliseconds(1));
  ASSERT_FALSE(served.start());
  EXPECT_TRUE(served.wait_torn_down());
}

TEST(IdleTimeout, MayBeSetWhileItLives) {
  Served served({.on_request = echo});
  ASSERT_FALSE(served.start());
  served.conn().set_idle_timeout(hours(1));
  served.conn().set_idle_timeout(milliseconds(1));
  EXPECT_TRUE(served.wait_torn_down());
}

TEST(IdleTimeout, WakesAReaderThatWaits) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().set_idle_timeout(milliseconds(1));
  EXPECT_EQ(served.conn().reader().next(1).error(), Errc::conn_closed);
}

TEST(IdleTimeout, DoesNotCloseWhileAHandlerWorks) {
  std::latch let_go(1);
  Trigger inside;
  Served served({.on_request = [&](Connection& conn) {
    inside.pull();
    let_go.wait();
    echo(conn);
  }});
  ASSERT_FALSE(served.start());
  served.send("hello");
  inside.wait();
  const Poller& poller = served.runtime().pollers().next();
  const std::uint64_t before = poller.turns();
  served.conn().set_idle_timeout(milliseconds(1));
  // Each time the moment comes, the poller looks, in a turn of its own.
  EXPECT_TRUE(eventually([&] { return poller.turns() >= before + 5; }));
  EXPECT_TRUE(served.conn().is_active());
  served.conn().set_idle_timeout(milliseconds(0));
  let_go.count_down();
  EXPECT_EQ(served.receive(5), "hello");
}

TEST(IdleTimeout, TimeoutOfZeroIsNone) {
  Served served({.on_request = echo});
  ASSERT_FALSE(served.start());
  served.conn().set_idle_timeout(hours(1));
  served.conn().set_idle_timeout(milliseconds(0));
  served.send("hello");
  EXPECT_EQ(served.receive(5), "hello");
  EXPECT_TRUE(served.conn().is_active());
}

// More milliseconds than the clock has nanoseconds.
TEST(IdleTimeout, LongestTimeoutIsNever) {
  Activity activity;
  activity.set_timeout(milliseconds::max());
  EXPECT_EQ(activity.idle_at(), kNever);
}

TEST(Activity, IsIdleOneTimeoutAfterTheLastByte) {
  Activity activity;
  EXPECT_EQ(activity.idle_at(), kNever);
  activity.set_timeout(hours(1));
  const Deadline first = activity.idle_at();
  EXPECT_NE(first, kNever);
  while (Deadline::clock::now() + hours(1) <= first) {
  }
  activity.touch();
  EXPECT_GT(activity.idle_at(), first);
}

TEST(Activity, WithoutATimeoutATouchKeepsNothing) {
  Activity activity;
  activity.touch();
  EXPECT_EQ(activity.idle_at(), kNever);
}

}  // namespace
}  // namespace netpoll
