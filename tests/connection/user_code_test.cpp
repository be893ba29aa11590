// SPDX-License-Identifier: Apache-2.0
//
// Code of the user that the library calls holds no lock of the connection and
// does not hold up the poller: done() of a lent block, close callbacks, and
// destructors of handlers may call back into the connection.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "connection/support.h"
#include "netpoll/base/log.h"
#include "netpoll/connection/connection.h"
#include "support/net.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using test::at_eof;
using test::echo;
using test::eventually;
using test::Served;
using test::swallow;

// A block of 4 bytes, "lent".
Ref<Block> lend(std::move_only_function<void()> done) {
  static std::string text = "lent";
  return Block::lent(std::as_writable_bytes(std::span(text)), std::move(done));
}

// Calls `act` when it is destroyed; an empty handler otherwise.
Handler calls_when_destroyed(std::function<void()> act) {
  const std::shared_ptr<void> guard(nullptr,
                                    [act = std::move(act)](void*) { act(); });
  return [guard](Connection& conn) { swallow(conn); };
}

// Broken variant: Output::send_turn() destroys the sent blocks under mutex_;
// then close() waits for its own thread.
TEST(UserCode, DoneOfABlockThatAFlushHasSentMayClose) {
  Served served({});
  ASSERT_FALSE(served.start());
  Connection& conn = served.conn();
  ASSERT_FALSE(conn.writer().write_direct(lend([&] { conn.close(); })));
  EXPECT_FALSE(conn.writer().flush());
  EXPECT_EQ(served.receive(4), "lent");
  EXPECT_TRUE(at_eof(served.far()));
  EXPECT_TRUE(served.wait_torn_down());
}

// Broken variant: Connection::on_writable() destroys the sent blocks itself.
TEST(UserCode, DoneOfABlockThatThePollerHasSentHoldsUpNoOtherConnection) {
  Trigger entered;
  Trigger other_served;
  Trigger left;
  bool in_time = false;
  Served served({});
  ASSERT_FALSE(served.start());
  Output& writer = served.conn().writer();
  const std::string much(4 << 20, 'x');
  writer.write_string(much);
  ASSERT_FALSE(writer.write_direct(lend([&] {
    entered.pull();
    in_time = other_served.wait_until(test::soon());
    left.pull();
  })));
  writer.write_string("behind it");
  auto flushed = std::async(std::launch::async, [&] { return writer.flush(); });
  auto received = std::async(std::launch::async,
                             [&] { return served.receive(much.size() + 13); });
  ASSERT_TRUE(entered.wait_until(test::soon()));

  test::turn_over(served.runtime().pollers().next());
  other_served.pull();
  EXPECT_EQ(received.get(), much + "lent" + "behind it");
  EXPECT_FALSE(flushed.get());
  left.wait();
  EXPECT_TRUE(in_time);
}

// The peer has ended, so the Ref that done() drops is all that keeps the
// connection open. Broken variant: Lifecycle::user_gone() never answers `hold`.
TEST(UserCode, DoneMayDropTheLastRefOfAUser) {
  Served served({});
  ASSERT_FALSE(served.start());
  auto user = Ref<Connection>::share(served.conn());
  served.half_close();
  EXPECT_EQ(user->reader().next(1).error(), Errc::eof);
  Output& writer = user->writer();
  ASSERT_FALSE(writer.write_direct(
      lend([user = std::move(user)]() mutable { user = nullptr; })));
  EXPECT_FALSE(writer.flush());
  EXPECT_EQ(served.receive(4), "lent");
  EXPECT_TRUE(at_eof(served.far()));
  EXPECT_TRUE(served.wait_torn_down());
}

// Inside done() a flush is under way and holds no lock. Broken variant:
// Output::send_turn() holds mutex_ while done() runs.
TEST(UserCode, CloseDoesNotWaitForAFlushThatIsHeld) {
  std::latch entered(1);
  std::latch leave(1);
  Served served({});
  ASSERT_FALSE(served.start());
  Connection& conn = served.conn();
  ASSERT_FALSE(conn.writer().write_direct(lend([&] {
    entered.count_down();
    leave.wait();
  })));
  auto flushed =
      std::async(std::launch::async, [&] { return conn.writer().flush(); });
  entered.wait();
  conn.close();
  leave.count_down();
  EXPECT_FALSE(flushed.get());
  EXPECT_TRUE(served.wait_torn_down());
}

// Broken variant: Connection::tear_down() goes on although a thread is sending;
// then that thread may send to a descriptor that is another connection's.
TEST(UserCode, TheDescriptorIsOpenUntilTheFlushHasLeft) {
  std::latch entered(1);
  std::latch leave(1);
  Served served({});
  ASSERT_FALSE(served.start());
  Connection& conn = served.conn();
  ASSERT_FALSE(conn.writer().write_direct(lend([&] {
    entered.count_down();
    leave.wait();
  })));
  auto flushed =
      std::async(std::launch::async, [&] { return conn.writer().flush(); });
  entered.wait();
  conn.close();
  test::turn_over(served.runtime().pollers().next());
  EXPECT_EQ(served.torn_down(), 0);
  EXPECT_EQ(conn.local_addr().family(), AF_UNIX);  // not closed
  char byte = 0;
  EXPECT_EQ(served.receive(4), "lent");
  EXPECT_LT(::recv(served.far(), &byte, 1, MSG_DONTWAIT), 0);  // no end yet
  leave.count_down();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_FALSE(flushed.get());
}

// Broken variant: Connection::run_close_callbacks() calls them under mutex_.
TEST(UserCode, ACloseCallbackMayCallTheConnection) {
  int late = 0;
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().add_close_callback([&](Connection& conn) {
    conn.close();
    conn.set_on_request(swallow);
    conn.add_close_callback([&](Connection&) { ++late; });
    EXPECT_EQ(conn.local_addr().family(), AF_UNIX);
  });
  served.conn().close();
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(late, 1);
}

// Broken variant: Connection::replace() destroys the replaced handler under
// mutex_.
TEST(UserCode, TheDestructorOfAnUnusedHandlerMayCallTheConnection) {
  int destroyed = 0;
  Served served({});
  ASSERT_FALSE(served.start());
  Connection& conn = served.conn();
  conn.set_on_request(calls_when_destroyed([&] {
    static_cast<void>(conn.local_addr());
    ++destroyed;
  }));
  conn.set_on_request(nullptr);
  EXPECT_EQ(destroyed, 1);
}

// Broken variant: Connection::newest() destroys the replaced handler under
// mutex_.
TEST(UserCode, TheDestructorOfAUsedHandlerMayCallTheConnection) {
  Trigger destroyed;
  Served served({});
  ASSERT_FALSE(served.start());
  Connection& conn = served.conn();
  conn.set_on_request(calls_when_destroyed([&] {
    static_cast<void>(conn.local_addr());
    destroyed.pull();
  }));
  served.send("x");
  EXPECT_TRUE(eventually([&] {
    return conn.reader().committed() == 1 && conn.reader().size() == 0;
  }));
  conn.set_on_request(echo);
  served.send("hello");
  EXPECT_EQ(served.receive(5), "hello");
  EXPECT_TRUE(destroyed.wait_until(test::soon()));
}

// Broken variant: Connection::call() warns under mutex_.
TEST(UserCode, TheLogsSinkMayCallAndCloseTheConnectionOfAHandlerThatThrew) {
  Connection* conn = nullptr;
  int lines = 0;
  log::Sink old = log::set_sink([&](std::string_view) {
    ++lines;
    EXPECT_EQ(conn->local_addr().family(), AF_UNIX);
    conn->close();
  });
  {
    Served served({.on_request = [](Connection&) {
      throw std::runtime_error("no such key");
    }});
    conn = &served.conn();
    ASSERT_FALSE(served.start());
    served.send("x");
    EXPECT_TRUE(served.wait_torn_down());
  }
  log::set_sink(std::move(old));
  EXPECT_EQ(lines, 1);
}

}  // namespace
}  // namespace netpoll
