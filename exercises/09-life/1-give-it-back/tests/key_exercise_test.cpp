// SPDX-License-Identifier: Apache-2.0
// Who gets the key, what a look takes away, and when the key may go back. The
// first half on one thread; the second half tries every run of two or three.
#include <gtest/gtest.h>

#include "connection/lifecycle_worlds.h"
#include "netpoll/connection/lifecycle.h"

namespace netpoll {
namespace {

using test::expect_well;
using test::Free;
using test::Silent;
using test::word_of;
using test::Working;

class KeyExercise : public testing::Test {
 protected:
  KeyExercise() { life.prepare(false); }

  Lifecycle life{true};
  Look look;
};

TEST_F(KeyExercise, AnEventThatFindsTheKeyFreeGetsIt) {
  EXPECT_EQ(word_of(life.look_again()), "hold")
      << "nobody held the key, so the event's own thread must get it";
  EXPECT_TRUE(life.is_held());
}

TEST_F(KeyExercise, AnEventThatFindsTheKeyTakenGoesAway) {
  ASSERT_TRUE(life.try_hold());
  EXPECT_EQ(word_of(life.look_again()), "nothing")
      << "a thread holds the key already, and now a second one believes so";
}

TEST_F(KeyExercise, AnEventWritesItsOwnBit) {
  ASSERT_TRUE(life.try_hold());
  static_cast<void>(life.user_closed());
  EXPECT_TRUE(life.closed_by() == ClosedBy::user)
      << "close() was called while the key was held, and the word says nothing";
}

TEST_F(KeyExercise, AnEventDuringALookAsksForAnotherLook) {
  ASSERT_TRUE(life.try_hold());
  const Lifecycle::Mark mark = life.begin_look();
  static_cast<void>(life.look_again());
  EXPECT_EQ(word_of(life.decide(mark, look)), "again")
      << "an event came after the look began, and sets no bit of its own";
  EXPECT_TRUE(life.is_held())
      << "something has come, and the key has gone back all the same";
}

TEST_F(KeyExercise, TheSecondEventIsNoticedLikeTheFirst) {
  ASSERT_TRUE(life.try_hold());
  static_cast<void>(life.look_again());
  const Lifecycle::Mark mark = life.begin_look();
  static_cast<void>(life.look_again());
  EXPECT_EQ(word_of(life.decide(mark, look)), "again")
      << "one event came before the look began and one after; the second one "
         "has left no trace";
}

TEST_F(KeyExercise, ALookTakesTheNewsAway) {
  ASSERT_EQ(word_of(life.look_again()), "hold");
  const Lifecycle::Mark mark = life.begin_look();
  EXPECT_EQ(word_of(life.decide(mark, look)), "nothing")
      << "nothing has come since the look began, and there is nothing to do";
}

TEST_F(KeyExercise, WhoIsToldNothingNoLongerHoldsTheKey) {
  ASSERT_EQ(word_of(life.look_again()), "hold");
  const Lifecycle::Mark mark = life.begin_look();
  ASSERT_EQ(word_of(life.decide(mark, look)), "nothing")
      << "nothing has come since the look began, and there is nothing to do";
  EXPECT_FALSE(life.is_held())
      << "the answer was `nothing`, and the key has not gone back";
}

TEST_F(KeyExercise, WhoHasSomethingToDoKeepsTheKey) {
  look.arrived = look.unread = 1;
  ASSERT_EQ(word_of(life.input_came()), "hold");
  const Lifecycle::Mark mark = life.begin_look();
  ASSERT_EQ(word_of(life.decide(mark, look)), "handle")
      << "a byte is unread; it is to be handled";
  EXPECT_TRUE(life.is_held()) << "on_request would run without the key";
}

TEST_F(KeyExercise, TheMarkKnowsOfAStop) {
  ASSERT_EQ(word_of(life.stop()), "hold");
  EXPECT_TRUE(life.begin_look().stopping);
}

// Every run.

TEST(KeyExerciseRuns, ACloseDuringATaskIsTornDown) {
  expect_well<Working>({test::work, test::close});
}

TEST(KeyExerciseRuns, NoInputIsLeftLying) {
  expect_well<Working>({test::work, test::receive});
}

TEST(KeyExerciseRuns, AnEventBeforeTheInputDoesNotHideIt) {
  expect_well<Working>({test::work, [](Working& w) {
                          w.settle(w.life.look_again());
                          test::receive(w);
                        }});
}

TEST(KeyExerciseRuns, OfTwoThatCloseOneTearsDown) {
  expect_well<Silent>({test::close, test::close});
}

TEST(KeyExerciseRuns, ThePeersEndDuringATaskIsToldAndTornDown) {
  expect_well<Working>({test::work, test::end});
}

TEST(KeyExerciseRuns, TheNextHolderSeesWhatTheLastOneDid) {
  expect_well<Free>({test::hold_for_a_look, test::receive});
  expect_well<Free>({test::receive, test::close});
}

}  // namespace
}  // namespace netpoll
