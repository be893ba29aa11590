// SPDX-License-Identifier: Apache-2.0
//
// Handlers on the poller's own thread: what would wait does not.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>

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

TEST(Inline, HandlersRunOnThePollersThread) {
  std::atomic<std::thread::id> connected{};
  std::atomic<std::thread::id> asked{};
  Served served(
      {.on_connect =
           [&](Connection&) { connected = std::this_thread::get_id(); },
       .on_request =
           [&](Connection& conn) {
             asked = std::this_thread::get_id();
             echo(conn);
           }},
      kInline);
  ASSERT_FALSE(served.start());
  served.send("hello");
  EXPECT_EQ(served.receive(5), "hello");
  EXPECT_EQ(connected.load(), asked.load());
  EXPECT_EQ(served.runtime().workers().worker_count(), 0u);
}

TEST(Inline, EchoToASlowReaderLosesNothing) {
  std::string text;
  while (text.size() < (16u << 20))
    text += std::to_string(text.size()) + ' ';
  Served served({.on_request = echo}, kInline);
  ASSERT_FALSE(served.start());
  auto sent = std::async(std::launch::async, [&] { return served.send(text); });
  // The first answers lie there until the socket is full, and then the input.
  ASSERT_TRUE(
      eventually([&] { return served.conn().writer().is_unattended(); }));
  EXPECT_EQ(served.receive(text.size()), text);
  EXPECT_TRUE(sent.get());
}

TEST(Inline, PollerTurnsWhileABacklogWaits) {
  Served served({.on_request = send_much}, kInline);
  ASSERT_FALSE(served.start());
  served.send("x");
  ASSERT_TRUE(
      eventually([&] { return served.conn().writer().is_unattended(); }));
  Trigger turned;
  served.runtime().pollers().next().go([&] { turned.pull(); });
  EXPECT_TRUE(turned.wait_until(test::soon()));
  EXPECT_TRUE(served.conn().writer().is_unattended());
}

TEST(Inline, NextThatWouldWaitSaysSoAndTheNextByteCallsAgain) {
  std::atomic<int> refused{0};
  Served served({.on_request =
                     [&](Connection& conn) {
                       const auto bytes = conn.reader().next(5);
                       if (bytes) return swallow(conn);
                       EXPECT_EQ(bytes.error(), Errc::would_block);
                       ++refused;
                     }},
                kInline);
  ASSERT_FALSE(served.start());
  served.send("he");
  ASSERT_TRUE(eventually([&] { return refused == 1; }));
  served.send("llo");
  EXPECT_TRUE(eventually([&] {
    return served.conn().reader().committed() == 5 &&
           served.conn().reader().size() == 0;
  }));
}

TEST(Inline, AnotherThreadMayWait) {
  Served served({}, kInline);
  ASSERT_FALSE(served.start());
  auto read = std::async(std::launch::async,
                         [&] { return served.conn().reader().read_string(5); });
  served.send("hello");
  EXPECT_EQ(read.get(), "hello");
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

// Each connection has another poller. Broken variant: Poller::may_wait() is
// true on the thread of another poller; then two pollers can wait for each
// other. The timeout is a rescue.
TEST(Inline, NextOnAConnectionOfAnotherPollerWouldBlockToo) {
  const test::FdsBalance balance;
  const auto runtime =
      *Runtime::start({.pollers = 2, .runner = RunBy::inline_on_poller});
  test::Pair one = test::socket_pair();
  test::Pair two = test::socket_pair();
  const Handlers none;
  const auto other =
      make_ref<Connection>(*runtime, std::move(one.near), Address(), none);
  other->set_read_timeout(test::kPatience);
  ASSERT_FALSE(other->start());
  std::error_code error;
  Trigger asked;
  const Handlers asks{.on_request = [&](Connection& conn) {
    error = other->reader().next(1).error();
    swallow(conn);
    asked.pull();
  }};
  const auto conn =
      make_ref<Connection>(*runtime, std::move(two.near), Address(), asks);
  ASSERT_FALSE(conn->start());
  test::send_all(two.far.get(), "x");
  asked.wait();
  EXPECT_EQ(error, Errc::would_block);
  conn->close();
  other->close();
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

TEST(Inline, DetachInsideOnRequest) {
  Trigger over;
  Result<UniqueFd> fd;
  Served served({.on_request =
                     [&](Connection& conn) {
                       fd = conn.detach();
                       over.pull();
                     }},
                kInline);
  ASSERT_FALSE(served.start());
  served.send("x");
  over.wait();
  EXPECT_TRUE(served.wait_torn_down());
  ASSERT_TRUE(fd);
  EXPECT_TRUE(test::send_all(fd->get(), "out"));
  EXPECT_EQ(served.receive(3), "out");
  fd->reset();  // before the descriptors are counted
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

// The pool is gone before the pollers: what is left runs on these.
TEST(Runtime, TearsDownAConnectionWhoseTaskComesLast) {
  for (const RunBy runner : {RunBy::pool, RunBy::inline_on_poller}) {
    std::atomic<int> over{0};
    const test::FdsBalance balance;
    auto runtime = *Runtime::start({.pollers = 1, .runner = runner});
    test::Pair pair = test::socket_pair();
    const Handlers handlers{.on_request = swallow};
    auto conn = make_ref<Connection>(*runtime, std::move(pair.near), Address(),
                                     handlers);
    ASSERT_FALSE(conn->start([&](Connection&) { ++over; }));
    test::send_all(pair.far.get(), "x");
    conn->close();
    runtime.reset();
    EXPECT_EQ(over, 1);
  }
}

}  // namespace
}  // namespace netpoll
