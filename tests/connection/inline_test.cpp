// SPDX-License-Identifier: Apache-2.0
//
// Handlers on the poller's own thread: what would wait does not.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <span>
#include <string>
#include <thread>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "support/net.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using test::echo;
using test::eventually;
using test::kInline;
using test::Served;
using test::swallow;

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

// The poller pauses the input while nobody waits for the output. Broken variant:
// a flush that takes the output over does not set the timer; then the poller
// never reads the second request.
TEST(Inline, ReadsOnWhenAnotherThreadsFlushTakesTheOutputOver) {
  const std::string text = test::numbers(16 << 20);
  std::atomic<int> asked{0};
  Served served({.on_request =
                     [&](Connection& conn) {
                       swallow(conn);
                       if (++asked > 1) return;
                       conn.writer().write_string(text);
                       EXPECT_FALSE(conn.writer().flush());
                     }},
                kInline);
  ASSERT_FALSE(served.start());
  served.send("1");
  ASSERT_TRUE(
      eventually([&] { return served.conn().writer().is_unattended(); }));
  served.send("2");
  test::turn_over(served.runtime().pollers().next());  // it has paused
  auto pushed = std::async(std::launch::async, [&] {
    return served.conn().writer().write(std::as_bytes(std::span("pushed", 6)));
  });
  EXPECT_TRUE(eventually([&] { return asked == 2; }));
  EXPECT_TRUE(served.receive(text.size()) == text);
  EXPECT_EQ(served.receive(6), "pushed");
  EXPECT_FALSE(pushed.get());
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

// The pool is gone before the pollers: what is left runs on these.
TEST(Runtime, TearsDownAConnectionWhoseTaskComesLast) {
  for (const RunBy runner :
       {RunBy::pool, RunBy::inline_on_poller, RunBy::adaptive}) {
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
