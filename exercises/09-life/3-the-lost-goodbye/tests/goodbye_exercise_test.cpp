// SPDX-License-Identifier: Apache-2.0
// on_connect returns, and the peer ends: who runs on_disconnect? First on one
// thread, one order of the two after the other; then every order of their steps.
#include <gtest/gtest.h>

#include "connection/lifecycle_worlds.h"
#include "netpoll/connection/lifecycle.h"

namespace netpoll {
namespace {

using test::expect_well;
using test::InOnConnect;
using test::return_from_on_connect;
using test::word_of;

class Goodbye : public testing::Test {
 protected:
  Goodbye() {
    life.prepare(true);
    static_cast<void>(life.try_hold());
    static_cast<void>(decide());  // greet: this thread is in on_connect
  }
  Next decide() {
    const Lifecycle::Mark mark = life.begin_look();
    return life.decide(mark, look);
  }

  Lifecycle life{true};
  Look look;
};

TEST_F(Goodbye, AnEndDuringOnConnectIsToldAfterIt) {
  ASSERT_EQ(word_of(life.peer_ended(ClosedBy::peer)), "nothing")
      << "on_disconnect would run beside on_connect";
  EXPECT_EQ(word_of(life.greeted()), "tell")
      << "the peer ended while on_connect ran, and nobody runs on_disconnect";
}

TEST_F(Goodbye, AFailureDuringOnConnectIsToldAfterIt) {
  ASSERT_EQ(word_of(life.peer_ended(ClosedBy::error)), "nothing")
      << "on_disconnect would run beside on_connect";
  EXPECT_EQ(word_of(life.greeted()), "tell")
      << "the socket failed while on_connect ran: a reset, say; that is an end "
         "of the peer's too";
}

TEST_F(Goodbye, AnEndAfterOnConnectIsThePollersToTell) {
  ASSERT_EQ(word_of(life.greeted()), "nothing")
      << "on_connect has returned and nobody has ended";
  EXPECT_EQ(word_of(life.peer_ended(ClosedBy::peer)), "tell")
      << "the end came after on_connect, and nobody runs on_disconnect";
}

TEST_F(Goodbye, OurOwnCloseIsNotTold) {
  ASSERT_EQ(word_of(life.user_closed()), "nothing");
  EXPECT_EQ(word_of(life.greeted()), "nothing")
      << "we closed in on_connect; the peer has not gone, and on_disconnect is "
         "news of the peer";
}

TEST_F(Goodbye, AFailureAfterTheEndIsNotToldOnceMore) {
  ASSERT_EQ(word_of(life.peer_ended(ClosedBy::peer)), "nothing");
  ASSERT_EQ(word_of(life.greeted()), "tell");
  EXPECT_EQ(word_of(life.peer_ended(ClosedBy::error)), "nothing")
      << "this thread has said that it will run on_disconnect, and now the "
         "poller runs it as well";
}

TEST_F(Goodbye, NothingIsTornDownBeforeOnDisconnectHasReturned) {
  ASSERT_EQ(word_of(life.peer_ended(ClosedBy::peer)), "nothing");
  ASSERT_EQ(word_of(life.greeted()), "tell");
  EXPECT_EQ(word_of(decide()), "nothing") << "on_disconnect has not run yet";
  static_cast<void>(life.told());
  ASSERT_TRUE(life.is_held() || life.try_hold());
  EXPECT_EQ(word_of(decide()), "tear_down");
}

// Every run.

TEST(GoodbyeRuns, OnConnectReturnsAsThePeerEnds) {
  expect_well<InOnConnect>({return_from_on_connect, test::end});
}

TEST(GoodbyeRuns, OnConnectReturnsAsThePeerEndsAndTheSocketFails) {
  expect_well<InOnConnect>({return_from_on_connect, test::end_and_fail});
}

TEST(GoodbyeRuns, OnConnectReturnsAsWeClose) {
  expect_well<InOnConnect>({return_from_on_connect, test::close});
}

}  // namespace
}  // namespace netpoll
