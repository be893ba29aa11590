// SPDX-License-Identifier: Apache-2.0
// GoPool::next: one test for each way to get it wrong.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "gopool/bounded.h"
#include "netpoll/gopool/gopool.h"
#include "reaches.h"

namespace netpoll {
namespace {

using test::Count;
using test::Door;
using test::expect_reaches;
using test::TestPool;
using test::wait_for;

// Lets `count` workers start, and waits until all of them sleep.
bool warm_up(const TestPool& pool, int count) {
  const Door door;
  const Count inside;
  for (int i = 0; i < count; ++i) {
    EXPECT_TRUE(pool->go([=] {
      inside.raise();
      door.pass();
    }));
    if (!wait_for([&] { return inside.get() > i; })) break;
  }
  door.open();
  const bool warm = wait_for(
      [&] { return pool->idle_count() == static_cast<std::size_t>(count); });
  EXPECT_TRUE(warm) << count << " tasks blocked one after the other, and "
                    << pool->idle_count() << " workers sleep afterwards";
  return warm;
}

TEST(Next, OneWorkerRunsTheTasksInOrder) {
  const auto order = std::make_shared<std::vector<int>>();
  const Count ran;
  {
    const TestPool pool({.cap = 1});
    for (int i = 1; i <= 3; ++i) {
      EXPECT_TRUE(pool->go([=] {
        order->push_back(i);
        ran.raise();
      }));
    }
    expect_reaches(ran, 3, pool);
  }
  if (!testing::Test::HasFailure()) {
    EXPECT_EQ(*order, (std::vector{1, 2, 3}));
  }
}

TEST(Next, AWorkerIsWokenAgainAndAgain) {
  const TestPool pool({.cap = 1});
  const Count ran;
  for (int round = 1; round <= 4; ++round) {
    EXPECT_TRUE(pool->go([=] { ran.raise(); }));
    expect_reaches(ran, round, pool);
    if (HasFailure()) {
      FAIL() << "this was wake number " << round - 1;
    }
    EXPECT_TRUE(wait_for([&] { return pool->idle_count() == 1; }))
        << "the worker has no task, and does not enter itself in idle_";
  }
}

TEST(Next, ATaskBehindOneThatBlocksWakesTheNextWorker) {
  const TestPool pool({.cap = 2});
  ASSERT_TRUE(warm_up(pool, 2));
  const Door door;
  const Count blocked;
  const Count ran;
  Task batch[] = {[=] {
                    blocked.raise();
                    door.pass();
                  },
                  [=] { ran.raise(); }};
  EXPECT_TRUE(pool->go(std::span(batch)));
  wait_for([&] { return blocked.get() == 1; });
  EXPECT_TRUE(wait_for([&] {
    const GoPool::Stats now = pool->stats();
    return ran.get() == 1 || (now.queued == 1 && now.idle == 1);
  }));
  EXPECT_TRUE(ran.get() == 1 || pool->queued() == 0)
      << "the first task blocks, the second waits behind it, and a worker "
         "sleeps that nobody has called";
  door.open();
}

TEST(Next, ATaskBehindOneThatBlocksStartsAnotherWorker) {
  const TestPool pool({.cap = 2});
  const Door door;
  const Count blocked;
  const Count ran;
  Task batch[] = {[=] {
                    blocked.raise();
                    door.pass();
                  },
                  [=] { ran.raise(); }};
  EXPECT_TRUE(pool->go(std::span(batch)));
  EXPECT_TRUE(wait_for([&] { return ran.get() == 1; }))
      << "the first task blocks, the second waits behind it; the pool may have "
         "2 workers and has "
      << (blocked.get() == 1 ? "a busy one" : "none that runs a task");
  door.open();
}

TEST(Next, WhenOneWorkerHasComeAnotherMayBeStarted) {
  const TestPool pool({.cap = 2});
  const Door door;
  const Count blocked;
  EXPECT_TRUE(pool->go([=] {
    blocked.raise();
    door.pass();
  }));
  ASSERT_TRUE(wait_for([&] { return blocked.get() == 1; }))
      << "the first worker never ran its task";
  EXPECT_TRUE(pool->go([] {}));
  EXPECT_EQ(pool->worker_count(), 2U)
      << "the first worker came long ago and is busy; go() believes that a new "
         "one is still on its way";
  door.open();
}

TEST(Next, TheWorkerThatFellAsleepLastIsWokenFirst) {
  const TestPool pool({.cap = 2});
  const auto late = std::make_shared<std::atomic<std::thread::id>>();
  const auto woken = std::make_shared<std::atomic<std::thread::id>>();
  const Door early_door;
  const Door late_door;
  const Count inside;
  const Count ran;
  EXPECT_TRUE(pool->go([=] {
    inside.raise();
    early_door.pass();
  }));
  wait_for([&] { return inside.get() == 1; });
  EXPECT_TRUE(pool->go([=] {
    *late = std::this_thread::get_id();
    inside.raise();
    late_door.pass();
  }));
  wait_for([&] { return inside.get() == 2; });
  early_door.open();
  wait_for([&] { return pool->idle_count() == 1; });
  late_door.open();
  ASSERT_TRUE(wait_for([&] { return pool->idle_count() == 2; }))
      << "two workers have nothing to do, and " << pool->idle_count()
      << " are in idle_";
  EXPECT_TRUE(pool->go([=] {
    *woken = std::this_thread::get_id();
    ran.raise();
  }));
  expect_reaches(ran, 1, pool);
  EXPECT_TRUE(woken->load() == late->load())
      << "the one that has slept longest was woken";
}

TEST(Next, ADrainRunsWhatWaits) {
  const Door door;
  const Count ran;
  {
    TestPool pool({.cap = 1});
    EXPECT_TRUE(pool->go([=] { door.pass(); }));
    for (int i = 0; i < 10; ++i)
      EXPECT_TRUE(pool->go([=] { ran.raise(); }));
    std::thread opener([door, shared = pool.share()] {
      wait_for([&] { return shared->is_stopped(); });
      door.open();
    });
    pool.stop(Stop::drain);
    opener.join();
  }
  EXPECT_EQ(ran.get(), 10)
      << "10 tasks were taken before stop(Stop::drain); so many have run";
}

TEST(Next, AStopEndsEveryWorkerThatSleeps) {
  TestPool pool({.cap = 3});
  ASSERT_TRUE(warm_up(pool, 3));
  pool.stop(Stop::drain);
  EXPECT_EQ(pool->worker_count(), 0U);
}

}  // namespace
}  // namespace netpoll
