// SPDX-License-Identifier: Apache-2.0
//
// After the end of one direction the other one still works: the peer has sent
// its FIN and gets answers, or shutdown_write() has sent ours and input comes.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <utility>

#include "connection/support.h"
#include "netpoll/connection/connection.h"
#include "support/net.h"

namespace netpoll {
namespace {

using test::at_eof;
using test::echo;
using test::eventually;
using test::Served;
using test::swallow;

// More than a socket takes.
const std::string& much() {
  static const std::string text(4 << 20, 'x');
  return text;
}

// A connection whose peer has sent "x" and a FIN, and whose handlers have
// returned. The test holds a Ref<Connection>.
class HalfClosed : public testing::Test {
 protected:
  void start() {
    ASSERT_FALSE(served.start());
    served.send("x");
    asked.wait();
    served.half_close();
    told.wait();
    // The task of on_disconnect holds a reference until it has returned. Then
    // the registry, the poller and `kept` are left.
    ASSERT_TRUE(eventually([&] { return served.conn().holders() <= 3; }));
    EXPECT_EQ(served.torn_down(), 0);
  }

  Trigger asked;
  Trigger told;
  Ref<Connection> kept;
  Served served{{.on_request =
                     [this](Connection& conn) {
                       kept = Ref<Connection>::share(conn);
                       swallow(conn);
                       asked.pull();
                     },
                 .on_disconnect = [this](Connection&) { told.pull(); }}};
};

// Broken variant: Lifecycle::may_end() does not ask whether a user holds a Ref.
TEST_F(HalfClosed, AThreadThatHoldsARefAnswersAfterTheHandlerHasReturned) {
  start();
  auto answered = std::async(std::launch::async, [&] {
    kept->writer().write_string("later");
    return kept->writer().flush();
  });
  EXPECT_FALSE(answered.get());
  EXPECT_EQ(served.receive(5), "later");
  kept->close();
  EXPECT_TRUE(at_eof(served.far()));
  EXPECT_TRUE(served.wait_torn_down());
  kept = nullptr;
}

// Broken variant: Lifecycle::user_gone() never answers `hold`.
TEST_F(HalfClosed, TheLastRefThatGoesTearsItDown) {
  start();
  kept = nullptr;
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_TRUE(at_eof(served.far()));
}

// Broken variant: Lifecycle::may_end() ends nothing for a peer's FIN.
TEST(HalfClose, WithoutARefOfAUserItIsClosedAfterTheAnswer) {
  Served served({.on_request = echo});
  ASSERT_FALSE(served.start());
  served.send("question");
  served.half_close();
  EXPECT_EQ(served.receive(8), "question");
  EXPECT_TRUE(at_eof(served.far()));
  EXPECT_TRUE(served.wait_torn_down());
}

// As a dialled connection: no handlers, and a user that holds it. Broken
// variant: Lifecycle::can_write() is false after the peer's FIN.
TEST(HalfClose, AConnectionWithoutHandlersWritesAfterThePeersEnd) {
  Served served({});
  ASSERT_FALSE(served.start());
  auto user = Ref<Connection>::share(served.conn());
  served.half_close();
  EXPECT_EQ(user->reader().next(1).error(), Errc::eof);
  user->writer().write_string("still here");
  EXPECT_FALSE(user->writer().flush());
  EXPECT_EQ(served.receive(10), "still here");
  user->close();
  EXPECT_TRUE(at_eof(served.far()));
}

// Broken variant: Output::shut() sends no FIN when nothing is under way.
TEST(HalfClose, AfterShutdownWriteThePeerSeesTheEndAndWeReadOn) {
  Served served({});
  ASSERT_FALSE(served.start());
  served.conn().writer().write_string("question");
  EXPECT_FALSE(served.conn().writer().flush());
  EXPECT_FALSE(served.conn().shutdown_write());
  EXPECT_EQ(served.receive(8), "question");
  EXPECT_TRUE(at_eof(served.far()));
  served.send("answer");
  EXPECT_EQ(served.conn().reader().read_string(6), "answer");
  EXPECT_TRUE(served.conn().is_active());
}

// Broken variant: Output::begin_flush() does not look at shut_; then the error
// is the kernel's, EPIPE.
TEST(HalfClose, AFlushAfterShutdownWriteIsRefused) {
  Served served({});
  ASSERT_FALSE(served.start());
  EXPECT_FALSE(served.conn().shutdown_write());
  served.conn().writer().write_string("too late");
  EXPECT_EQ(served.conn().writer().flush(), Errc::conn_closed);
  EXPECT_FALSE(served.conn().shutdown_write());
}

// Broken variant: Output::shut() sends the FIN at once, and the flush fails.
TEST(HalfClose, ShutdownWriteDuringAFlushSendsTheEndBehindIt) {
  Served served({});
  ASSERT_FALSE(served.start());
  Output& writer = served.conn().writer();
  writer.write_string(much());
  auto flushed = std::async(std::launch::async, [&] { return writer.flush(); });
  EXPECT_TRUE(eventually([&] { return !writer.is_empty(); }));
  EXPECT_FALSE(served.conn().shutdown_write());
  EXPECT_EQ(served.receive(much().size()), much());
  EXPECT_FALSE(flushed.get());
  EXPECT_TRUE(at_eof(served.far()));
}

// A write timeout has left bytes, which go out before the FIN. Broken variant:
// Output::shut() sets no timer; then a peer that never reads is never given up.
TEST(HalfClose, ShutdownWriteOfABacklogGivesAPeerUpThatNeverReads) {
  Served served({});
  served.conn().set_write_timeout(std::chrono::milliseconds(1));
  ASSERT_FALSE(served.start());
  served.conn().writer().write_string(much());
  EXPECT_EQ(served.conn().writer().flush(), Errc::write_timeout);
  EXPECT_FALSE(served.conn().shutdown_write());
  EXPECT_TRUE(eventually([&] { return !served.conn().is_active(); }));
}

// Broken variant: Connection::close() leaves a later flush alone when the peer
// has ended before.
TEST(HalfClose, AFlushAfterCloseIsRefusedThoughThePeerEndedFirst) {
  std::error_code error;
  Served served({.on_request = [&](Connection& conn) {
    EXPECT_TRUE(eventually([&] { return !conn.is_active(); }));
    swallow(conn);
    conn.close();
    conn.writer().write_string("too late");
    error = conn.writer().flush();
  }});
  ASSERT_FALSE(served.start());
  served.send("x");
  served.half_close();
  EXPECT_TRUE(at_eof(served.far()));
  EXPECT_TRUE(served.wait_torn_down());
  EXPECT_EQ(error, Errc::conn_closed);
}

}  // namespace
}  // namespace netpoll
