// SPDX-License-Identifier: Apache-2.0
// GoPool::sleep and GoPool::end_if_idle: one test for each way to get them wrong;
// and tasks that come between two steps of a worker.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "gopool/bounded.h"
#include "gopool/crossing.h"
#include "netpoll/gopool/gopool.h"
#include "reaches.h"

namespace netpoll {
namespace {

using namespace std::chrono_literals;
using test::Count;
using test::expect_reaches;
using test::kCanStepIn;
using test::step_in_at;
using test::TestPool;
using test::wait_for;

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
