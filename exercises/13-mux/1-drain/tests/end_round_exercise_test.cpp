// SPDX-License-Identifier: Apache-2.0
// What the exercise asks of end_round, one test for each way to get it wrong.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "consumer.h"

namespace netpoll {
namespace {

TEST_F(DrainExercise, TheRoundThatTakesTheRestIsTheLast) {
  make_queue(4, 2);
  EXPECT_TRUE(end_round({.shards = 2, .getters = 7}))
      << "two shards were counted, and this round took two";
  EXPECT_EQ(pending(), 0U);
}

TEST_F(DrainExercise, AShardThatWasCountedMeanwhileIsNotForgotten) {
  make_queue(4, 3);
  EXPECT_FALSE(end_round({.shards = 2, .getters = 2}))
      << "three shards were counted, this round took two: one more round";
  EXPECT_EQ(pending(), 1U) << "the one that came during the flush";
}

// A close() that sees 0 may return, and the queue be destroyed: so the count
// may reach 0 only while close() cannot look, under the mutex.
TEST_F(DrainExercise, TheCountGoesDownUnderTheMutex) {
  make_queue(1);
  std::atomic<bool> begun = false;
  bool went_down = false;
  std::jthread consumer;
  {
    const Lock lock(mutex());
    consumer = std::jthread([&] {
      begun = true;
      end_round({.shards = 1, .getters = 1});
    });
    while (!begun)
      std::this_thread::yield();
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
    while (!went_down && std::chrono::steady_clock::now() < end)
      went_down = pending() == 0;
  }
  EXPECT_FALSE(went_down)
      << "another thread held mutex_, and pending_ became 0 "
         "all the same; a close() would destroy the queue "
         "before idle_ is notified";
}

TEST_F(DrainExercise, TheLastRoundWakesAClose) {
  make_queue(1);
  EXPECT_TRUE(wakes_a_close([&] { end_round({.shards = 1, .getters = 1}); }))
      << "close() sleeps on idle_ until pending_ is 0, and nobody woke it";
}

TEST_F(DrainExercise, OnlyRoundsThatFailedAreDropped) {
  make_queue(1, 6);
  end_round({.shards = 1, .getters = 10});
  EXPECT_EQ(queue_->dropped(), 0U) << "this round had no error: it was sent";
  end_round({.shards = 1, .getters = 2}, Errc::write_timeout);
  end_round({.shards = 1, .getters = 3}, Errc::write_timeout);
  EXPECT_EQ(queue_->dropped(), 5U) << "2 getters, and then 3, were not sent";
}

TEST_F(DrainExercise, TheErrorStaysForClose) {
  make_queue(1, 2);
  end_round({.shards = 1, .getters = 1}, Errc::write_timeout);
  end_round({.shards = 1, .getters = 1});
  ASSERT_EQ(pending(), 0U);
  EXPECT_EQ(queue_->close(), Errc::write_timeout)
      << "close() returns what broke the connection, also later";
}

// Last, and only if all is well so far: a wrong count would hang it.
TEST_F(DrainExercise, TheWholeQueueSendsAll) {
  if (testing::UnitTest::GetInstance()->failed_test_count() > 0) return;
  make_queue(3, 0);
  std::vector<std::jthread> adders;
  for (int thread = 0; thread < 3; ++thread) {
    adders.emplace_back([&] {
      for (int i = 0; i < 20; ++i)
        add("packet ");
    });
  }
  adders.clear();
  EXPECT_FALSE(queue_->close());
  std::string all;
  for (int i = 0; i < 60; ++i)
    all += "packet ";
  EXPECT_EQ(served_.receive(all.size()), all);
}

}  // namespace
}  // namespace netpoll
