// SPDX-License-Identifier: Apache-2.0
//
// Lifecycle on one thread: what each event answers, and what the holder of the
// key is told to do. How the threads meet is lifecycle_model_test.cpp.
#include "netpoll/connection/lifecycle.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace netpoll {
namespace {

class LifecycleTest : public testing::Test {
 protected:
  // On one thread nothing comes between, so the first answer is the last.
  Next decide() {
    const Lifecycle::Mark mark = life.begin_look();
    stopping = mark.stopping;
    return life.decide(mark, look);
  }
  // on_connect is set, and no thread has run it yet.
  void greeting() { life.prepare(true); }
  // on_connect is behind the connection.
  void serving() { life.prepare(false); }
  void bring(std::uint64_t bytes) {
    look.arrived += bytes;
    look.unread += bytes;
  }

  Lifecycle life{true};
  Look look;
  bool stopping = false;  // what the last mark said
};

TEST_F(LifecycleTest, InputTakesTheKeyAndIsHandled) {
  serving();
  bring(5);
  EXPECT_EQ(life.input_came(), Next::hold);
  EXPECT_EQ(decide(), Next::handle);
  EXPECT_TRUE(life.is_held());
  look.unread = 0;
  life.handled(5, true);
  EXPECT_EQ(decide(), Next::nothing);
  EXPECT_FALSE(life.is_held());
}

TEST_F(LifecycleTest, InputWhileTheKeyIsHeldIsTheHoldersToHandle) {
  serving();
  ASSERT_TRUE(life.try_hold());
  bring(1);
  EXPECT_EQ(life.input_came(), Next::nothing);
  EXPECT_EQ(decide(), Next::handle);
}

TEST_F(LifecycleTest, InputWithoutOnRequestLeavesTheKeyAlone) {
  Lifecycle client(false);
  client.prepare(false);
  EXPECT_EQ(client.input_came(), Next::nothing);
  EXPECT_FALSE(client.is_held());
}

TEST_F(LifecycleTest, InputThatWasLeftIsNotHandledAgainBeforeMoreComes) {
  serving();
  bring(3);
  ASSERT_EQ(life.input_came(), Next::hold);
  ASSERT_EQ(decide(), Next::handle);
  life.handled(3, false);
  EXPECT_EQ(decide(), Next::nothing);
  bring(1);
  ASSERT_EQ(life.input_came(), Next::hold);
  EXPECT_EQ(decide(), Next::handle);
}

TEST_F(LifecycleTest, NewHandlerGetsTheInputThatTheOldOneLeft) {
  serving();
  bring(3);
  ASSERT_EQ(life.input_came(), Next::hold);
  ASSERT_EQ(decide(), Next::handle);
  EXPECT_FALSE(life.take_new_handler());
  life.handled(3, false);
  ASSERT_EQ(decide(), Next::nothing);
  ASSERT_EQ(life.handler_replaced(true), Next::hold);
  EXPECT_EQ(decide(), Next::handle);
  EXPECT_TRUE(life.take_new_handler());
  life.handled(3, false);
  EXPECT_EQ(decide(), Next::nothing);
}

TEST_F(LifecycleTest, EmptyHandlerLeavesTheInputToAReader) {
  serving();
  ASSERT_EQ(life.handler_replaced(false), Next::hold);
  ASSERT_EQ(decide(), Next::nothing);
  bring(3);
  EXPECT_EQ(life.input_came(), Next::nothing);
  EXPECT_FALSE(life.is_held());
}

TEST_F(LifecycleTest, OnConnectComesBeforeOnRequest) {
  greeting();
  bring(1);
  ASSERT_EQ(life.input_came(), Next::hold);
  EXPECT_EQ(decide(), Next::greet);
  EXPECT_EQ(life.greeted(), Next::nothing);
  EXPECT_EQ(decide(), Next::handle);
}

TEST_F(LifecycleTest, PeersEndDuringOnConnectIsToldAfterIt) {
  greeting();
  ASSERT_EQ(life.look_again(), Next::hold);
  ASSERT_EQ(decide(), Next::greet);
  EXPECT_EQ(life.peer_ended(ClosedBy::peer), Next::nothing);
  EXPECT_EQ(life.greeted(), Next::tell);
  EXPECT_EQ(life.told(), Next::nothing);
  EXPECT_EQ(decide(), Next::tear_down);
}

TEST_F(LifecycleTest, PeersEndIsToldOnceAndThenTornDown) {
  serving();
  EXPECT_EQ(life.peer_ended(ClosedBy::peer), Next::tell);
  EXPECT_EQ(life.closed_by(), ClosedBy::peer);
  EXPECT_TRUE(life.can_write());
  EXPECT_EQ(life.told(), Next::hold);
  EXPECT_EQ(decide(), Next::tear_down);
  EXPECT_TRUE(life.is_held());
  EXPECT_EQ(life.user_closed(), Next::nothing);
}

TEST_F(LifecycleTest, NothingIsTornDownWhileOnDisconnectRuns) {
  serving();
  ASSERT_EQ(life.peer_ended(ClosedBy::peer), Next::tell);
  ASSERT_EQ(life.user_closed(), Next::hold);
  EXPECT_EQ(decide(), Next::nothing);
  ASSERT_EQ(life.told(), Next::hold);
  EXPECT_EQ(decide(), Next::tear_down);
}

TEST_F(LifecycleTest, InputThatCameBeforeThePeersEndIsHandledFirst) {
  serving();
  bring(2);
  ASSERT_EQ(life.input_came(), Next::hold);
  ASSERT_EQ(life.peer_ended(ClosedBy::peer), Next::tell);
  ASSERT_EQ(life.told(), Next::nothing);
  EXPECT_EQ(decide(), Next::handle);
  look.unread = 0;
  life.handled(2, true);
  EXPECT_EQ(decide(), Next::tear_down);
}

TEST_F(LifecycleTest, UsersRefKeepsAHalfClosedConnectionUntilItGoes) {
  serving();
  look.held = true;
  ASSERT_EQ(life.peer_ended(ClosedBy::peer), Next::tell);
  ASSERT_EQ(life.told(), Next::hold);
  EXPECT_EQ(decide(), Next::nothing);
  look.held = false;
  ASSERT_EQ(life.user_gone(), Next::hold);
  EXPECT_EQ(decide(), Next::tear_down);
}

TEST_F(LifecycleTest, UsersRefKeepsNothingThatHasFailed) {
  serving();
  look.held = true;
  ASSERT_EQ(life.peer_ended(ClosedBy::peer), Next::tell);
  ASSERT_EQ(life.told(), Next::hold);
  ASSERT_EQ(decide(), Next::nothing);
  EXPECT_EQ(life.peer_ended(ClosedBy::error), Next::hold);
  EXPECT_FALSE(life.can_write());
  EXPECT_EQ(decide(), Next::tear_down);
}

TEST_F(LifecycleTest, LastRefOfAnOpenConnectionIsNoNews) {
  serving();
  EXPECT_EQ(life.user_gone(), Next::nothing);
  EXPECT_FALSE(life.is_held());
}

TEST_F(LifecycleTest, CloseIsTornDownWithoutOnDisconnect) {
  serving();
  EXPECT_EQ(life.user_closed(), Next::hold);
  EXPECT_EQ(life.closed_by(), ClosedBy::user);
  EXPECT_FALSE(life.can_write());
  EXPECT_EQ(decide(), Next::tear_down);
  EXPECT_EQ(life.peer_ended(ClosedBy::peer), Next::nothing);
  EXPECT_EQ(life.closed_by(), ClosedBy::user);
}

TEST_F(LifecycleTest, CloseBeforeOnConnectSkipsIt) {
  greeting();
  ASSERT_EQ(life.user_closed(), Next::hold);
  EXPECT_EQ(decide(), Next::tear_down);
}

TEST_F(LifecycleTest, CloseLeavesUnreadInputToNobody) {
  serving();
  bring(9);
  ASSERT_EQ(life.user_closed(), Next::hold);
  EXPECT_EQ(decide(), Next::tear_down);
}

TEST_F(LifecycleTest, UnsentOutputHoldsBackEverythingButOnConnect) {
  serving();
  bring(1);
  look.unsent = true;
  ASSERT_EQ(life.input_came(), Next::hold);
  EXPECT_EQ(decide(), Next::nothing);
  ASSERT_EQ(life.user_closed(), Next::hold);
  EXPECT_EQ(decide(), Next::nothing);
  look.unsent = false;
  ASSERT_EQ(life.look_again(), Next::hold);
  EXPECT_EQ(decide(), Next::tear_down);
}

TEST_F(LifecycleTest, ErrorAfterACloseLetsTheHolderLookAgain) {
  serving();
  look.unsent = true;
  ASSERT_EQ(life.user_closed(), Next::hold);
  ASSERT_EQ(decide(), Next::nothing);
  look.unsent = false;  // dropped: the socket has failed
  EXPECT_EQ(life.peer_ended(ClosedBy::error), Next::hold);
  EXPECT_EQ(decide(), Next::tear_down);
}

TEST_F(LifecycleTest, CloseAfterThePeersEndIsAnError) {
  serving();
  ASSERT_EQ(life.peer_ended(ClosedBy::peer), Next::tell);
  ASSERT_EQ(life.user_closed(), Next::hold);
  EXPECT_EQ(life.closed_by(), ClosedBy::error);
  EXPECT_FALSE(life.can_write());
}

TEST_F(LifecycleTest, StopClosesWhenAHandlerHasReturnedAndAllIsDone) {
  serving();
  ASSERT_EQ(life.stop(), Next::hold);
  EXPECT_EQ(decide(), Next::nothing);
  EXPECT_TRUE(stopping);
  ASSERT_EQ(life.look_again(), Next::hold);
  look.idle = true;
  EXPECT_EQ(decide(), Next::close);
  EXPECT_EQ(life.user_closed(), Next::nothing);
  EXPECT_EQ(decide(), Next::tear_down);
}

TEST_F(LifecycleTest, NewsDuringALookAskForAnother) {
  serving();
  ASSERT_TRUE(life.try_hold());
  const Lifecycle::Mark mark = life.begin_look();
  EXPECT_EQ(life.look_again(), Next::nothing);
  EXPECT_EQ(life.decide(mark, look), Next::again);
  EXPECT_TRUE(life.is_held());
  EXPECT_EQ(decide(), Next::nothing);
}

TEST_F(LifecycleTest, KeyIsHeldOnce) {
  serving();
  EXPECT_TRUE(life.try_hold());
  EXPECT_FALSE(life.try_hold());
  EXPECT_EQ(life.look_again(), Next::nothing);
}

}  // namespace
}  // namespace netpoll
