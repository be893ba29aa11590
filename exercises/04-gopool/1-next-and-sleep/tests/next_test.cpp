// SPDX-License-Identifier: Apache-2.0
// GoPool::next: one test for each way to get it wrong.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "gopool/bounded.h"
#include "netpoll/gopool/gopool.h"
#include "reaches.h"

namespace netpoll {
namespace {

using test::Count;
using test::Door;
using test::expect_reaches;
using test::OpenAtEnd;
using test::soon_reaches;
using test::TestPool;
using test::wait_for;
using test::warm_up;

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

TEST(Next, AWorkerCallsNobodyForTheTaskThatItTakes) {
  const TestPool pool({.cap = 2});
  const std::weak_ptr<GoPool> weak = pool.share();
  const auto workers = std::make_shared<std::atomic<std::size_t>>(0);
  const Count ran;
  EXPECT_TRUE(pool->go([=] {
    if (const auto alive = weak.lock()) *workers = alive->worker_count();
    ran.raise();
  }));
  expect_reaches(ran, 1, pool);
  if (ran.get() == 1) {
    EXPECT_EQ(*workers, 1U)
        << "there was one task only, and before its worker ran it, the worker "
           "started another one";
  }
}

// A worker that has called before_sleep is held there: it lies in idle_, and
// when it is woken, it does not come before the test lets it.
GoPoolOptions held_before_sleep(const Door& bed, const Count& in_bed) {
  return {.cap = 3, .keep_alive = std::chrono::hours(1), .before_sleep = [=] {
            in_bed.raise();
            bed.pass();
          }};
}

// Blocks a worker until the test opens `door`.
Task blocked_at(const Door& door, const Count& inside) {
  return [=] {
    inside.raise();
    door.pass();
  };
}

TEST(Next, AWorkerThatComesBackDoesNotReportTheWokenOne) {
  const Door bed;
  const Door early;
  const Door late;
  const Door last;
  const Count in_bed;
  const Count inside;
  const TestPool pool(held_before_sleep(bed, in_bed));
  const OpenAtEnd ends[] = {{bed}, {early}, {late}, {last}};
  for (const Door& door : {early, early, late}) {
    const int before = inside.get();
    EXPECT_TRUE(pool->go(blocked_at(door, inside)));
    ASSERT_TRUE(wait_for([&] { return inside.get() > before; }))
        << "a task does not run, and the pool may have 3 workers";
  }
  early.open();
  if (!soon_reaches(in_bed, 2)) GTEST_SKIP() << "sleep() is not written yet";
  EXPECT_TRUE(pool->go(blocked_at(last, inside)));  // wakes one, held in bed
  late.open();
  ASSERT_TRUE(wait_for([&] { return inside.get() == 4; }))
      << "a worker came back from its task, and did not take the next one";
  EXPECT_TRUE(pool->go([] {}));
  EXPECT_EQ(pool->idle_count(), 1U)
      << "a woken worker is still on its way; another one came back from its "
         "task, and now go() believes that nobody is on the way, and wakes a "
         "second one";
}

TEST(Next, ANewWorkerDoesNotReportTheWokenOne) {
  const Door bed;
  const Door gate;
  const Door first;
  const Door last;
  const Count in_bed;
  const Count inside;
  const Count started;
  GoPoolOptions options = held_before_sleep(bed, in_bed);
  options.start_thread = [=](Task body) {
    started.raise();
    return std::thread(
        [=, late = started.get() == 3, body = std::move(body)]() mutable {
          if (late) gate.pass();
          body();
        });
  };
  const TestPool pool(std::move(options));
  const OpenAtEnd ends[] = {{bed}, {gate}, {first}, {last}};
  for (int i = 1; i <= 2; ++i) {
    EXPECT_TRUE(pool->go(blocked_at(first, inside)));
    ASSERT_TRUE(wait_for([&] { return inside.get() == i; }))
        << "a task does not run, and the pool may have 3 workers";
  }
  EXPECT_TRUE(pool->go([] {}));  // starts the third, held at the gate
  first.open();
  if (!soon_reaches(in_bed, 2)) GTEST_SKIP() << "sleep() is not written yet";
  EXPECT_TRUE(pool->go(blocked_at(last, inside)));  // wakes one, held in bed
  gate.open();
  ASSERT_TRUE(wait_for([&] { return inside.get() == 3; }))
      << "a new worker came, and did not take the task that waits";
  EXPECT_TRUE(pool->go([] {}));
  EXPECT_EQ(pool->idle_count(), 1U)
      << "a woken worker is still on its way; a new one has come, and now go() "
         "believes that nobody is on the way, and wakes a second one";
}
}  // namespace
}  // namespace netpoll
