// SPDX-License-Identifier: Apache-2.0
// What comes between two steps of a worker: tasks, and looks at the lock.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <utility>

#include "gopool/bounded.h"
#include "gopool/crossing.h"
#include "netpoll/gopool/gopool.h"
#include "reaches.h"

namespace netpoll {
namespace {

using namespace std::chrono_literals;
using test::comes_within;
using test::Count;
using test::Door;
using test::expect_reaches;
using test::kCanStepIn;
using test::OpenAtEnd;
using test::soon_reaches;
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

// Two workers fall asleep, one after the other; the first lies at the bottom of
// idle_, and is held in before_sleep. The task comes at the `crossing`th
// crossing of the second, on its way from its last task to its end.
void strand_above_a_sleeper(int crossing) {
  const Door bed;
  const Door early;
  const Door late;
  const Count in_bed;
  const Count inside;
  const Count came;
  const Count ran;
  const TestPool pool(
      {.cap = 2, .keep_alive = 0ns, .min_idle = 0, .before_sleep = [=] {
         in_bed.raise();
         if (in_bed.get() == 1) bed.pass();
       }});
  const OpenAtEnd ends[] = {{bed}, {early}, {late}};
  EXPECT_TRUE(pool->go([=] {
    inside.raise();
    early.pass();
  }));
  ASSERT_TRUE(wait_for([&] { return inside.get() == 1; }))
      << "the first worker never ran its task";
  const std::weak_ptr<GoPool> weak = pool.share();
  EXPECT_TRUE(pool->go([=] {
    inside.raise();
    late.pass();
    step_in_at(crossing, [=] {
      if (const auto alive = weak.lock()) {
        if (alive->go([=] { ran.raise(); })) came.raise();
      }
    });
  }));
  ASSERT_TRUE(wait_for([&] { return inside.get() == 2; }))
      << "the second worker never ran its task";
  early.open();
  if (!soon_reaches(in_bed, 1)) GTEST_SKIP() << "sleep() is not written yet";
  late.open();
  EXPECT_TRUE(wait_for([&] {
    return came.get() == 1 || pool->worker_count() == 1;
  })) << "the worker has run its task, and neither sleeps nor ends";
  wait_for([&] { return ran.get() == 1 || pool->worker_count() == 1; });
  bed.open();
  if (came.get() == 1) expect_reaches(ran, 1, pool);
}

TEST(Stranded, NoTaskWhoseWorkerEndsAboveOneThatSleeps) {
  if (!kCanStepIn) GTEST_SKIP() << "not under ThreadSanitizer";
  for (int crossing = 1; crossing <= 4 && !HasFailure() && !IsSkipped();
       ++crossing) {
    strand_above_a_sleeper(crossing);
    if (HasFailure()) {
      ADD_FAILURE() << "the task came at lock or unlock number " << crossing
                    << " of a worker that is about to end; below it in idle_ "
                       "lies another one";
    }
  }
}

TEST(Next, AWorkerIsPulledWithoutTheLock) {
  if (!kCanStepIn) GTEST_SKIP() << "not under ThreadSanitizer";
  const Door early;
  const Door late;
  const Count inside;
  const Count unlocked;
  const Count ran;
  const auto ran_before = std::make_shared<std::atomic<int>>(-1);
  const TestPool pool({.cap = 2, .keep_alive = 1h});
  const OpenAtEnd ends[] = {{early}, {late}};
  EXPECT_TRUE(pool->go([=] {
    inside.raise();
    early.pass();
  }));
  ASSERT_TRUE(wait_for([&] { return inside.get() == 1; }))
      << "the first worker never ran its task";
  EXPECT_TRUE(pool->go([=] {
    inside.raise();
    late.pass();
    step_in_at(4, [=] {  // woken again, next() has chosen, and unlocked
      static_cast<void>(comes_within(50ms, ran));
      *ran_before = ran.get();
      unlocked.raise();
    });
  }));
  ASSERT_TRUE(wait_for([&] { return inside.get() == 2; }))
      << "the second worker never ran its task";
  early.open();
  wait_for([&] { return pool->idle_count() == 1; });
  late.open();
  ASSERT_TRUE(wait_for([&] { return pool->idle_count() == 2; }))
      << "two workers have nothing to do, and " << pool->idle_count()
      << " are in idle_";
  Task batch[] = {[=] { ran.raise(); }, [=] { ran.raise(); }};
  EXPECT_TRUE(pool->go(std::span(batch)));
  expect_reaches(ran, 2, pool);
  if (unlocked.get() == 1) {
    EXPECT_EQ(*ran_before, 0)
        << "when next() had just unlocked, the other worker had been pulled "
           "already: it woke up, and stood before the lock";
  }
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

TEST(Sleep, AWorkerThatStaysDoesNotAskAgainAndAgain) {
  if (!kCanStepIn) GTEST_SKIP() << "not under ThreadSanitizer";
  const TestPool pool({.cap = 1,
                       .keep_alive = 0ns,
                       .min_idle = 1,
                       .on_panic = [](const std::exception_ptr&) {}});
  const Count tried;
  const Count again;
  EXPECT_TRUE(pool->go([=] {
    step_in_at(4, [=] {  // after end_if_idle() has unlocked
      step_in_at(1, [=] { again.raise(); });
      tried.raise();
    });
  }));
  wait_for([&] { return tried.get() == 1; });
  EXPECT_FALSE(comes_within(50ms, again))
      << "keep_alive is over, the worker may not end, nobody has pulled it, "
         "and it locks the pool once more; with keep_alive 0 it does so for "
         "ever";
}

TEST(Sleep, AWorkerThatIsBusyDoesNotCountForMinIdle) {
  if (!kCanStepIn) GTEST_SKIP() << "not under ThreadSanitizer";
  const Door door;
  const Count blocked;
  const Count tried;
  const TestPool pool({.cap = 2, .keep_alive = 0ns, .min_idle = 1});
  const OpenAtEnd end{door};
  EXPECT_TRUE(pool->go([=] {
    blocked.raise();
    door.pass();
  }));
  ASSERT_TRUE(wait_for([&] { return blocked.get() == 1; }))
      << "the first worker never ran its task";
  EXPECT_TRUE(pool->go([=] {
    step_in_at(4, [=] { tried.raise(); });  // after end_if_idle() has unlocked
  }));
  EXPECT_TRUE(wait_for([&] { return tried.get() == 1; }))
      << "keep_alive is over, and the worker does not ask whether it may end";
  EXPECT_EQ(pool->worker_count(), 2U)
      << "min_idle is 1, one worker is busy, and the only one that slept has "
         "ended its thread";
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
