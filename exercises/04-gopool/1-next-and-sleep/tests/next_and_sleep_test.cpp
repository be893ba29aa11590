// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to get it wrong.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "gopool/bounded.h"
#include "gopool/crossing.h"
#include "netpoll/gopool/gopool.h"

namespace netpoll {
namespace {

using namespace std::chrono_literals;
using test::Count;
using test::Door;
using test::is_stranded;
using test::kCanStepIn;
using test::step_in_at;
using test::TestPool;
using test::wait_for;

// Waits until `count` has the value `wanted`, or nobody will ever raise it.
void expect_reaches(const Count& count, int wanted, const TestPool& pool) {
  const auto stranded = [&] { return is_stranded(pool->stats()); };
  const bool settled =
      wait_for([&] { return count.get() == wanted || stranded(); });
  if (count.get() == wanted) return;
  ADD_FAILURE() << (settled ? "a task is in the queue, and every worker sleeps "
                              "or is gone: it lies there for ever"
                            : "a task does not run, and nobody sleeps: does "
                              "a worker wait for a lock, or for a pull?");
}

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

// Runs one task, and lets another one come at the worker's `crossing`th
// crossing after it. `is_over`: the worker will not cross any more.
void strand_at(int crossing, GoPoolOptions options, auto is_over) {
  const TestPool pool(std::move(options));
  const Count came;
  const Count ran;
  const std::weak_ptr<GoPool> weak = pool.share();
  EXPECT_TRUE(pool->go([=] {
    step_in_at(crossing, [=] {
      if (const auto alive = weak.lock()) {
        if (alive->go([=] { ran.raise(); })) came.raise();
      }
    });
  }));
  EXPECT_TRUE(wait_for([&] {
    return came.get() == 1 || is_over(pool->stats());
  })) << "the worker has run its task, and neither sleeps nor ends";
  if (came.get() == 1) expect_reaches(ran, came.get(), pool);
}

TEST(Stranded, NoTaskThatComesWhileAWorkerFallsAsleep) {
  if (!kCanStepIn) GTEST_SKIP() << "not under ThreadSanitizer";
  for (int crossing = 1; crossing <= 6 && !HasFailure(); ++crossing) {
    strand_at(crossing, {.cap = 1, .keep_alive = 1h},
              [](const GoPool::Stats& now) { return now.idle == 1; });
    if (HasFailure()) {
      ADD_FAILURE() << "the task came just "
                    << (crossing % 2 == 0 ? "after the worker unlocked"
                                          : "before the worker locked")
                    << ", on its way from its last task to sleep";
    }
  }
}

TEST(Stranded, NoTaskThatComesWhileAWorkerEnds) {
  if (!kCanStepIn) GTEST_SKIP() << "not under ThreadSanitizer";
  for (int crossing = 1; crossing <= 8 && !HasFailure(); ++crossing) {
    strand_at(crossing, {.cap = 1, .keep_alive = 0ns, .min_idle = 0},
              [](const GoPool::Stats& now) { return now.workers == 0; });
    if (HasFailure()) {
      ADD_FAILURE() << "the task came at lock or unlock number " << crossing
                    << ", on the worker's way from its last task to its end";
    }
  }
}

TEST(Sleep, AWorkerThatNobodyNeedsEndsAfterKeepAlive) {
  const TestPool pool({.cap = 2, .keep_alive = 1ms, .min_idle = 0});
  const Count ran;
  EXPECT_TRUE(pool->go([=] { ran.raise(); }));
  expect_reaches(ran, 1, pool);
  EXPECT_TRUE(wait_for([&] { return pool->worker_count() == 0; }))
      << "keep_alive was over long ago, and the worker still sleeps";
}

TEST(Sleep, TheLastOfMinIdleWorkersStays) {
  if (!kCanStepIn) GTEST_SKIP() << "not under ThreadSanitizer";
  const TestPool pool({.cap = 1, .keep_alive = 0ns, .min_idle = 1});
  const Count tried;
  EXPECT_TRUE(pool->go([=] {
    step_in_at(4, [=] { tried.raise(); });  // after end_if_idle() has unlocked
  }));
  EXPECT_TRUE(wait_for([&] { return tried.get() == 1; }))
      << "keep_alive is over, and the worker does not ask whether it may end";
  EXPECT_EQ(pool->worker_count(), 1U)
      << "min_idle is 1, and the only worker has ended its thread";
}

TEST(Sleep, AWorkerThatStaysSleepsOnUntilItIsPulled) {
  const Count slept;
  const TestPool pool(
      {.cap = 1, .keep_alive = 0ns, .min_idle = 1, .before_sleep = [=] {
         slept.raise();
       }});
  const Count ran;
  EXPECT_TRUE(pool->go([=] { ran.raise(); }));
  expect_reaches(ran, 1, pool);
  EXPECT_TRUE(wait_for([&] { return slept.get() > 0; }))
      << "the worker goes to sleep, and before_sleep was not called";
  // A worker that does not sleep on comes round at once.
  const auto end = std::chrono::steady_clock::now() + 50ms;
  while (slept.get() < 2 && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  EXPECT_LT(slept.get(), 2) << "keep_alive is over, the worker may not end, "
                               "nobody has pulled it, and "
                               "it came back to next()";
}

TEST(Sleep, BeforeSleepIsCalledOnceForEachSleepAndWithoutTheLock) {
  const auto shared = std::make_shared<std::atomic<GoPool*>>(nullptr);
  const Count slept;
  const TestPool pool({.cap = 1, .keep_alive = 1h, .before_sleep = [=] {
                         static_cast<void>(shared->load()->stats());
                         slept.raise();
                       }});
  *shared = pool.share().get();
  const Count ran;
  for (int round = 1; round <= 3; ++round) {
    EXPECT_TRUE(pool->go([=] { ran.raise(); }));
    expect_reaches(ran, round, pool);
    EXPECT_TRUE(wait_for([&] { return slept.get() == round; }))
        << "the worker has gone to sleep " << round
        << " times, and before_sleep was called " << slept.get() << " times";
    if (HasFailure()) break;
  }
}

TEST(Sleep, AWorkerThatIsNeededAlreadyDoesNotCallBeforeSleep) {
  if (!kCanStepIn) GTEST_SKIP() << "not under ThreadSanitizer";
  const Count slept;
  const Count ran;
  const auto at_second = std::make_shared<std::atomic<int>>(-1);
  const TestPool pool(
      {.cap = 1, .keep_alive = 1h, .before_sleep = [=] { slept.raise(); }});
  const std::weak_ptr<GoPool> weak = pool.share();
  EXPECT_TRUE(pool->go([=] {
    step_in_at(2, [=] {  // next() has unlocked; sleep() comes
      const auto alive = weak.lock();
      if (!alive || !alive->go([=] {
            *at_second = slept.get();
            ran.raise();
          })) {
        *at_second = -2;
      }
    });
  }));
  expect_reaches(ran, 1, pool);
  EXPECT_EQ(*at_second, 0)
      << "the pull was there before the worker fell asleep: it should have run "
         "its task at once";
}

}  // namespace
}  // namespace netpoll
