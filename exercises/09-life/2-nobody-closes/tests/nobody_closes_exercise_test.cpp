// SPDX-License-Identifier: Apache-2.0
// An event falls between the holder's look and its giving the key back. First
// on one thread, step by step; then every run of two or three threads.
#include <gtest/gtest.h>

#include <string>

#include "connection/lifecycle_worlds.h"
#include "netpoll/connection/lifecycle.h"

namespace netpoll {
namespace {

using test::expect_well;
using test::Free;
using test::word_of;
using test::Working;
using test::WorkingSilent;

class NobodyCloses : public testing::Test {
 protected:
  NobodyCloses() {
    life.prepare(false);
    static_cast<void>(life.try_hold());  // this thread is a task
    mark = life.begin_look();
  }

  // What the task is told in the end, its first look being `mark`.
  std::string last_word() {
    Next next = life.decide(mark, seen);
    for (int i = 0; i < 3 && next == Next::again; ++i) {
      if (!life.is_held()) return "look again, but without the key";
      mark = life.begin_look();
      next = life.decide(mark, look);
    }
    return word_of(next);
  }

  Lifecycle life{true};
  Lifecycle::Mark mark{};
  Look seen;  // before the event
  Look look;  // after it
};

TEST_F(NobodyCloses, ACloseAfterTheLookIsTornDown) {
  ASSERT_EQ(word_of(life.user_closed()), "nothing") << "the task has the key";
  EXPECT_EQ(last_word(), "tear_down")
      << "close() found the key taken and left the rest to the task; the task "
         "has left too, and nobody tears down";
}

TEST_F(NobodyCloses, ThePeersEndAfterTheLookIsTornDown) {
  ASSERT_EQ(word_of(life.peer_ended(ClosedBy::peer)), "tell");
  ASSERT_EQ(word_of(life.told()), "nothing") << "the task has the key";
  EXPECT_EQ(last_word(), "tear_down")
      << "on_disconnect has run, and left the rest to the task; the task has "
         "left too";
}

TEST_F(NobodyCloses, InputAfterTheLookIsHandled) {
  look.arrived = look.unread = 1;
  ASSERT_EQ(word_of(life.input_came()), "nothing") << "the task has the key";
  EXPECT_EQ(last_word(), "handle")
      << "the poller brought a byte, found the key taken, and left it to the "
         "task; no on_request will ever see it";
}

TEST_F(NobodyCloses, AStopAfterTheLookIsHeardOf) {
  look.idle = true;
  ASSERT_EQ(word_of(life.stop()), "nothing") << "the task has the key";
  EXPECT_EQ(last_word(), "close")
      << "the server wants to shut down and left word; the task has gone, and "
         "the connection stays open";
}

TEST_F(NobodyCloses, WithoutAnEventTheKeyGoesBack) {
  EXPECT_EQ(last_word(), "nothing");
  EXPECT_FALSE(life.is_held()) << "the task is over and still has the key";
}

TEST_F(NobodyCloses, AfterTheKeyHasGoneBackTheNextCloseTearsDown) {
  ASSERT_EQ(last_word(), "nothing");
  EXPECT_EQ(word_of(life.user_closed()), "hold");
}

// Every run.

TEST(NobodyClosesRuns, ATaskEndsWhileSomebodyCloses) {
  expect_well<Working>({test::work, test::close});
}

TEST(NobodyClosesRuns, ATaskEndsWhileInputComes) {
  expect_well<Working>({test::work, test::receive});
}

TEST(NobodyClosesRuns, TheNextHolderSeesWhatTheTaskDid) {
  expect_well<Free>({test::hold_for_a_look, test::receive});
}

TEST(NobodyClosesRuns, ATaskEndsWhileThePeerEnds) {
  expect_well<Working>({test::work, test::end});
}

TEST(NobodyClosesRuns, ATaskEndsWhileTwoClose) {
  expect_well<WorkingSilent>({test::work, test::close, test::close});
}

}  // namespace
}  // namespace netpoll
