// SPDX-License-Identifier: Apache-2.0
//
// How long idle workers stay, and how a pool ends.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "gopool/support.h"
#include "netpoll/gopool/gopool.h"

namespace netpoll {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::go_times;
using test::Held;
using test::warm_up;

// Upstream: cloudwego's TestGoPool_Ticker, where a ticker wakes idle workers so
// that they notice their age.
TEST(GoPoolLife, TenIdleWorkersEndAfterKeepAlive) {
  GoPool pool({.keep_alive = 1ms, .min_idle = 0});
  ASSERT_TRUE(warm_up(pool, 10));
  EXPECT_TRUE(eventually([&] { return pool.worker_count() == 0; }));
}

TEST(GoPoolLife, APoolThatIsEmptyAgainRunsTheNextTask) {
  std::latch done(1);
  GoPool pool({.keep_alive = 0ms, .min_idle = 0});
  ASSERT_TRUE(warm_up(pool, 1));
  ASSERT_TRUE(eventually([&] { return pool.worker_count() == 0; }));
  ASSERT_TRUE(pool.go([&] { done.count_down(); }));
  done.wait();
}

// Upstream: cloudwego's TestGoPool_MaxIdle.
TEST(GoPoolLife, MinIdleSevenLeavesSevenAndTheyStillWork) {
  std::atomic<int> starts{0};
  GoPool pool(
      {.keep_alive = 1ms, .min_idle = 7, .start_thread = [&](Task body) {
         ++starts;
         return std::thread(std::move(body));
       }});
  ASSERT_TRUE(warm_up(pool, 10));
  ASSERT_TRUE(eventually([&] { return pool.worker_count() == 7; }));
  ASSERT_TRUE(warm_up(pool, 7));
  EXPECT_EQ(starts, 10);
  EXPECT_EQ(pool.worker_count(), 7u);
}

TEST(GoPoolLife, AnIdleWorkerIsUsedAgainWithinKeepAlive) {
  std::atomic<int> starts{0};
  GoPool pool({.start_thread = [&](Task body) {
    ++starts;
    return std::thread(std::move(body));
  }});
  ASSERT_TRUE(warm_up(pool, 1));
  ASSERT_TRUE(warm_up(pool, 1));
  EXPECT_EQ(starts, 1);
}

TEST(GoPoolLife, AKeepAliveWithoutEndIsAllowed) {
  GoPool pool({.keep_alive = std::chrono::nanoseconds::max(), .min_idle = 0});
  ASSERT_TRUE(warm_up(pool, 2));
  EXPECT_EQ(pool.stats().idle, 2u);
}

TEST(GoPoolLife, DrainRunsEveryTaskThatWaits) {
  Held held(1);
  std::atomic<int> count{0};
  GoPool pool({.cap = 1});
  ASSERT_TRUE(pool.go(held.task()));
  ASSERT_EQ(go_times(pool, 100, [&] { ++count; }), 100u);
  held.release();
  EXPECT_EQ(pool.stop(Stop::drain), 0u);
  EXPECT_EQ(count, 100);
  EXPECT_EQ(pool.worker_count(), 0u);
}

TEST(GoPoolLife, DrainMayStillStartWorkersForTasksThatNeedEachOther) {
  Held held(20);
  GoPool pool;
  std::vector<Task> tasks = held.tasks();
  ASSERT_TRUE(pool.go(std::span(tasks)));
  std::thread releaser([&] {
    held.wait_started();
    held.release();
  });
  pool.stop(Stop::drain);
  releaser.join();
  EXPECT_TRUE(held.all_started());
}

TEST(GoPoolLife, DiscardDestroysWhatWaitsAndCountsIt) {
  Held held(1);
  std::atomic<int> count{0};
  GoPool pool({.cap = 1});
  const auto token = std::make_shared<int>(0);
  ASSERT_TRUE(pool.go(held.task()));
  held.wait_started();
  ASSERT_EQ(go_times(pool, 100, [&count, token] { ++count; }), 100u);
  auto discarded =
      std::async(std::launch::async, [&] { return pool.stop(Stop::discard); });
  ASSERT_TRUE(eventually([&] { return pool.queued() == 0; }));
  held.release();
  EXPECT_EQ(discarded.get(), 100u);
  EXPECT_EQ(count, 0);
  EXPECT_EQ(token.use_count(), 1);
}

TEST(GoPoolLife, AfterStopTheTaskStaysWithTheCaller) {
  GoPool pool;
  pool.stop(Stop::drain);
  Task task = [] {};
  EXPECT_FALSE(pool.go(std::move(task)));
  EXPECT_TRUE(task);  // NOLINT(bugprone-use-after-move): go() refused it
  EXPECT_FALSE(pool.go(std::span<Task>()));
}

TEST(GoPoolLife, StopWaitsForTheRunningTask) {
  Held held(1);
  std::atomic<bool> ended{false};
  GoPool pool;
  ASSERT_TRUE(pool.go([&, stay = held.task()]() mutable {
    stay();
    ended = true;
  }));
  held.wait_started();
  std::thread releaser([&] { held.release(); });
  pool.stop(Stop::discard);
  EXPECT_TRUE(ended);
  releaser.join();
}

// Keeps a thread for a while after the pool has done with it.
void linger() {
  // On a busy machine one yield may take long.
  const auto end = std::chrono::steady_clock::now() + 20ms;
  for (int i = 0; i < 1000 && std::chrono::steady_clock::now() < end; ++i)
    std::this_thread::yield();
}

TEST(GoPoolLife, StopJoinsEveryThreadItEverStarted) {
  std::atomic<int> ended{0};
  GoPool pool({.keep_alive = 0ms, .start_thread = [&](Task body) {
                 return std::thread([&ended, life = std::move(body)]() mutable {
                   life();
                   linger();
                   ++ended;
                 });
               }});
  ASSERT_TRUE(warm_up(pool, 10));
  pool.stop(Stop::drain);
  EXPECT_EQ(ended, 10);
}

TEST(GoPoolLife, TwoMayStopAtOnceAndBothWait) {
  Held held(1);
  GoPool pool;
  ASSERT_TRUE(pool.go(held.task()));
  held.wait_started();
  auto left = [&] {
    pool.stop(Stop::drain);
    return pool.worker_count();
  };
  auto one = std::async(std::launch::async, left);
  auto other = std::async(std::launch::async, left);
  held.release();
  EXPECT_EQ(one.get(), 0u);
  EXPECT_EQ(other.get(), 0u);
}

TEST(GoPoolLife, SleepersDoNotHoldUpTheDestructor) {
  auto pool = std::make_unique<GoPool>(GoPoolOptions{.keep_alive = 1h});
  ASSERT_TRUE(warm_up(*pool, 10));
  const auto before = std::chrono::steady_clock::now();
  pool.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 30s);
}

TEST(GoPoolDeathTest, AWorkerCannotStopItsOwnPool) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        GoPool pool;
        if (pool.go([&pool] { pool.stop(Stop::drain); })) {
          pool.stop(Stop::drain);
        }
      },
      "a worker cannot stop or destroy its own pool");
}

TEST(GoPoolDeathTest, AWorkerCannotDestroyItsOwnPool) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        std::latch never(1);
        auto pool = std::make_unique<GoPool>();
        if (pool->go([&pool] { pool.reset(); })) never.wait();
      },
      "a worker cannot stop or destroy its own pool");
}

TEST(GoPoolLife, AWorkerMayStopAnotherPool) {
  auto inner = std::make_unique<GoPool>();
  GoPool outer;
  ASSERT_TRUE(warm_up(*inner, 1));
  ASSERT_TRUE(outer.go([&] { inner.reset(); }));
  outer.stop(Stop::drain);
  EXPECT_EQ(inner, nullptr);
}

}  // namespace
}  // namespace netpoll
