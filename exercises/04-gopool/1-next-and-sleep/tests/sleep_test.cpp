// SPDX-License-Identifier: Apache-2.0
// GoPool::sleep and GoPool::end_if_idle: one test for each way to get them
// wrong.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <thread>
#include <utility>

#include "gopool/bounded.h"
#include "netpoll/gopool/gopool.h"
#include "reaches.h"

namespace netpoll {
namespace {

using namespace std::chrono_literals;
using test::comes_within;
using test::Count;
using test::Door;
using test::expect_reaches;
using test::OpenAtEnd;
using test::soon_reaches;
using test::TestPool;
using test::wait_for;

TEST(Sleep, AWorkerThatNobodyNeedsEndsAfterKeepAlive) {
  const Count thrown;
  const TestPool pool(
      {.cap = 2,
       .keep_alive = 1ms,
       .min_idle = 0,
       .on_panic = [=](const std::exception_ptr&) { thrown.raise(); }});
  const Count ran;
  EXPECT_TRUE(pool->go([=] { ran.raise(); }));
  expect_reaches(ran, 1, pool);
  EXPECT_TRUE(wait_for([&] { return pool->worker_count() == 0; }))
      << "keep_alive was over long ago, and the worker still sleeps";
  EXPECT_EQ(thrown.get(), 0)
      << "before_sleep is not set and was called: that throws, and on_panic "
         "received it";
}

TEST(Sleep, AWorkerAtTheBottomLeavesTheOneAboveInIdle) {
  const Door bottom;
  const Door top;
  const Door early;
  const Door late;
  const Count in_bed;
  const Count inside;
  const Count ran;
  const TestPool pool(
      {.cap = 2, .keep_alive = 0ns, .min_idle = 0, .before_sleep = [=] {
         in_bed.raise();
         (in_bed.get() == 1 ? bottom : top).pass();
       }});
  const OpenAtEnd ends[] = {{bottom}, {top}, {early}, {late}};
  for (const Door& door : {early, late}) {
    const int before = inside.get();
    EXPECT_TRUE(pool->go([=] {
      inside.raise();
      door.pass();
    }));
    ASSERT_TRUE(wait_for([&] { return inside.get() > before; }))
        << "a task does not run, and the pool may have 2 workers";
  }
  for (const Door& door : {early, late}) {
    const int before = in_bed.get();
    door.open();
    if (!soon_reaches(in_bed, before + 1)) {
      GTEST_SKIP() << "sleep() is not written yet";
    }
  }
  bottom.open();
  ASSERT_TRUE(wait_for([&] { return pool->worker_count() == 1; }))
      << "keep_alive is over, and the worker at the bottom of idle_ stays";
  EXPECT_TRUE(pool->go([=] { ran.raise(); }));
  top.open();
  EXPECT_TRUE(wait_for([&] { return ran.get() == 1; }))
      << "two slept, and the one at the bottom of idle_ has ended; the other "
         "one lives, and a task that comes now does not wake it";
}

TEST(Sleep, KeepAliveMayBeAsLongAsTheClock) {
  const Count ended;
  const TestPool pool({.cap = 1,
                       .keep_alive = std::chrono::nanoseconds::max(),
                       .min_idle = 0,
                       .start_thread = [=](Task body) {
                         return std::thread(
                             [ended, body = std::move(body)]() mutable {
                               body();
                               ended.raise();
                             });
                       }});
  const Count ran;
  EXPECT_TRUE(pool->go([=] { ran.raise(); }));
  expect_reaches(ran, 1, pool);
  EXPECT_FALSE(comes_within(50ms, ended))
      << "keep_alive is 292 years, and the worker has ended at once: now plus "
         "keep_alive is more than the clock can name";
}

TEST(Sleep, AWorkerThatEndsJoinsWithoutTheLock) {
  const Door gate;  // behind the last instruction of each worker
  const TestPool pool({.cap = 2,
                       .keep_alive = 0ns,
                       .min_idle = 0,
                       .start_thread = [=](Task body) {
                         return std::thread(
                             [gate, body = std::move(body)]() mutable {
                               body();
                               gate.pass();
                             });
                       }});
  const OpenAtEnd end{gate};
  EXPECT_TRUE(pool->go([] {}));
  ASSERT_TRUE(wait_for([&] { return pool->worker_count() == 0; }))
      << "keep_alive was over long ago, and the worker still sleeps";
  EXPECT_TRUE(pool->go([] {}));
  EXPECT_TRUE(test::can_be_locked(pool))
      << "a worker waits for the thread that ended before it, and meanwhile "
         "nobody else can lock the pool";
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

}  // namespace
}  // namespace netpoll
