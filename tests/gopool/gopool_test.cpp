// SPDX-License-Identifier: Apache-2.0
//
// Which task runs on which worker, and how many workers the pool has.
#include "netpoll/gopool/gopool.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <latch>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "gopool/support.h"

namespace netpoll {
namespace {

using test::eventually;
using test::go_times;
using test::Held;
using test::warm_up;

TEST(GoPool, StartsNoThreadBeforeTheFirstTask) {
  const GoPool pool({.min_idle = 4});
  EXPECT_EQ(pool.worker_count(), 0u);
}

TEST(GoPool, RunsATaskOnAThreadOfItsOwn) {
  std::thread::id ran_on;
  GoPool pool;
  ASSERT_TRUE(pool.go([&] { ran_on = std::this_thread::get_id(); }));
  pool.stop(Stop::drain);
  EXPECT_NE(ran_on, std::thread::id());
  EXPECT_NE(ran_on, std::this_thread::get_id());
}

TEST(GoPool, NamesItsThreadsAfterItself) {
  char name[16] = "";
  GoPool pool({.name = "a-name-that-is-too-long"});
  ASSERT_TRUE(pool.go(
      [&] { ::pthread_getname_np(::pthread_self(), name, sizeof name); }));
  pool.stop(Stop::drain);
  EXPECT_EQ(std::string(name), "a-name-that-is-");
}

// Upstream: TestPool (util/gopool/pool_test.go).
TEST(GoPool, TwoThousandCountersWithCapOneHundredCountToTwoThousand) {
  std::atomic<int> count{0};
  GoPool pool({.cap = 100});
  EXPECT_EQ(go_times(pool, 2000, [&] { ++count; }), 2000u);
  pool.stop(Stop::drain);
  EXPECT_EQ(count, 2000);
}

// Upstream: cloudwego's TestGoPool_Full, with a channel of one slot.
TEST(GoPool, TenThousandTasksBehindOneBusyWorkerAllRun) {
  Held held(1);
  std::atomic<int> count{0};
  GoPool pool({.cap = 1});
  ASSERT_TRUE(pool.go(held.task()));
  EXPECT_EQ(go_times(pool, 10'000, [&] { ++count; }), 10'000u);
  held.release();
  pool.stop(Stop::drain);
  EXPECT_EQ(count, 10'000);
}

TEST(GoPool, OneWorkerRunsTasksInTheOrderTheyCame) {
  std::vector<int> order;
  GoPool pool({.cap = 1});
  Task tasks[] = {[&] { order.push_back(1); }, [&] { order.push_back(2); },
                  [&] { order.push_back(3); }};
  ASSERT_TRUE(pool.go(std::span(tasks)));
  ASSERT_TRUE(pool.go([&] { order.push_back(4); }));
  pool.stop(Stop::drain);
  EXPECT_EQ(order, (std::vector{1, 2, 3, 4}));
}

TEST(GoPool, ATaskMaySubmitToItsOwnPoolOfOne) {
  std::latch inner(1);
  bool taken = false;
  GoPool pool({.cap = 1});
  ASSERT_TRUE(pool.go([&] { taken = pool.go([&] { inner.count_down(); }); }));
  inner.wait();
  pool.stop(Stop::drain);
  EXPECT_TRUE(taken);
}

TEST(GoPool, AThousandTasksThatWaitForEachOtherAllStart) {
  std::latch together(1000);
  GoPool pool;
  EXPECT_EQ(go_times(pool, 1000, [&] { together.arrive_and_wait(); }), 1000u);
  together.wait();
  EXPECT_GE(pool.worker_count(), 1000u);
}

TEST(GoPool, ABatchThatWaitsForItselfAllStarts) {
  Held held(100);
  GoPool pool;
  std::vector<Task> tasks = held.tasks();
  ASSERT_TRUE(pool.go(std::span(tasks)));
  held.wait_started();
  EXPECT_EQ(pool.stats().workers, 100u);
  held.release();
}

TEST(GoPool, ABatchWakesSleepersBeforeItStartsThreads) {
  std::atomic<int> starts{0};
  Held held(8);
  GoPool pool({.start_thread = [&](Task body) {
    ++starts;
    return std::thread(std::move(body));
  }});
  ASSERT_TRUE(warm_up(pool, 8));
  std::vector<Task> tasks = held.tasks();
  ASSERT_TRUE(pool.go(std::span(tasks)));
  held.wait_started();
  EXPECT_EQ(starts, 8);
  EXPECT_EQ(pool.idle_count(), 0u);
  held.release();
}

TEST(GoPool, ATakenBatchIsLeftEmpty) {
  GoPool pool;
  Task tasks[] = {[] {}, [] {}};
  ASSERT_TRUE(pool.go(std::span(tasks)));
  EXPECT_FALSE(tasks[0]);
  EXPECT_FALSE(tasks[1]);
}

TEST(GoPool, AnEmptyBatchStartsNobody) {
  GoPool pool;
  EXPECT_TRUE(pool.go(std::span<Task>()));
  EXPECT_EQ(pool.worker_count(), 0u);
}

TEST(GoPool, StartsAWorkerWhenThresholdManyWaitAndNotBefore) {
  Held first(1);
  Held rest(3);
  GoPool pool({.cap = 4, .scale_threshold = 3});
  ASSERT_TRUE(pool.go(first.task()));  // no worker lives: one is started
  first.wait_started();
  ASSERT_TRUE(pool.go(rest.task()));
  ASSERT_TRUE(pool.go(rest.task()));
  EXPECT_EQ(pool.stats().workers, 1u);
  EXPECT_EQ(pool.stats().queued, 2u);
  ASSERT_TRUE(pool.go(rest.task()));
  EXPECT_EQ(pool.stats().workers, 2u);
  first.release();
  rest.release();
}

TEST(GoPool, NeverHasMoreWorkersThanItsCap) {
  Held held(4);
  GoPool pool({.cap = 4});
  std::vector<Task> tasks = held.tasks();
  ASSERT_TRUE(pool.go(std::span(tasks)));
  held.wait_started();
  EXPECT_EQ(go_times(pool, 100, [] {}), 100u);
  EXPECT_EQ(pool.stats().workers, 4u);
  EXPECT_EQ(pool.stats().queued, 100u);
  held.release();
}

TEST(GoPool, CapZeroStillRunsOneWorker) {
  Held held(1);
  GoPool pool({.cap = 0});
  ASSERT_TRUE(pool.go(held.task()));
  held.wait_started();
  ASSERT_TRUE(pool.go([] {}));
  EXPECT_EQ(pool.stats().workers, 1u);
  EXPECT_EQ(pool.stats().queued, 1u);
  held.release();
}

TEST(GoPool, WakesTheWorkerThatFellAsleepLast) {
  std::thread::id late;
  std::thread::id woken;
  std::latch done(1);
  GoPool pool;
  Held early_one(1);
  Held late_one(1);
  ASSERT_TRUE(pool.go(early_one.task()));
  early_one.wait_started();
  ASSERT_TRUE(pool.go([&, stay = late_one.task()]() mutable {
    late = std::this_thread::get_id();
    stay();
  }));
  late_one.wait_started();
  early_one.release();
  ASSERT_TRUE(eventually([&] { return pool.idle_count() == 1; }));
  late_one.release();
  ASSERT_TRUE(eventually([&] { return pool.idle_count() == 2; }));
  ASSERT_TRUE(pool.go([&] {
    woken = std::this_thread::get_id();
    done.count_down();
  }));
  done.wait();
  EXPECT_EQ(woken, late);
}

}  // namespace
}  // namespace netpoll
