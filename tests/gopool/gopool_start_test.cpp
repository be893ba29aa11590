// SPDX-License-Identifier: Apache-2.0
//
// What a start_thread may do: call the pool, fail in any way, take any time.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gopool/support.h"
#include "netpoll/base/mutex.h"
#include "netpoll/base/trigger.h"
#include "netpoll/gopool/gopool.h"
#include "support/log_lines.h"

namespace netpoll {
namespace {

using test::eventually;
using test::go_times;
using test::Held;
using test::LogLines;

std::thread real_thread(Task body) {
  return std::thread(std::move(body));
}

TEST(GoPoolStart, StartThreadMayCallThePool) {
  GoPool* address = nullptr;
  std::atomic<int> inner{0};
  std::vector<std::size_t> workers;
  Held held(2);
  GoPool pool({.start_thread = [&](Task body) {
    workers.push_back(address->worker_count());
    const GoPool::Stats stats = address->stats();
    EXPECT_EQ(stats.workers, workers.size());
    // While a worker lives, start_thread itself can hand over a task.
    if (workers.size() == 2) {
      EXPECT_TRUE(address->go([&] { ++inner; }));
    }
    return real_thread(std::move(body));
  }});
  address = &pool;
  ASSERT_TRUE(pool.go(held.task()));
  ASSERT_TRUE(eventually([&] { return pool.queued() == 0; }));
  ASSERT_TRUE(pool.go(held.task()));
  held.wait_started();
  held.release();
  pool.stop(Stop::drain);
  EXPECT_EQ(workers.front(), 1u);  // the reserved place counts
  EXPECT_EQ(inner, 1);
}

TEST(GoPoolStart, AGoInsideTheFirstStartIsRefusedAndTheOuterOneIsNot) {
  GoPool* address = nullptr;
  bool inner_taken = true;
  bool empty_taken = false;
  bool ran = false;
  bool first = true;
  GoPool pool({.start_thread = [&](Task body) {
    if (std::exchange(first, false)) {
      Task task = [] {};
      inner_taken = address->go(std::move(task));
      EXPECT_TRUE(task);  // NOLINT(bugprone-use-after-move): go() refused it
      empty_taken = address->go(std::span<Task>());
    }
    return real_thread(std::move(body));
  }});
  address = &pool;
  ASSERT_TRUE(pool.go([&] { ran = true; }));
  pool.stop(Stop::drain);
  EXPECT_FALSE(inner_taken);
  EXPECT_TRUE(empty_taken);
  EXPECT_TRUE(ran);
}

TEST(GoPoolStart, WhateverStartThreadThrowsThePoolStaysWhole) {
  LogLines log;
  int attempt = 0;
  bool ran = false;
  GoPool pool({.name = "rpc", .start_thread = [&](Task body) {
                 if (++attempt == 1) throw 42;
                 if (attempt == 2) throw std::runtime_error("not now");
                 return real_thread(std::move(body));
               }});
  Task task = [] {};
  EXPECT_FALSE(pool.go(std::move(task)));
  EXPECT_FALSE(pool.go(std::move(task)));  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(pool.worker_count(), 0u);
  EXPECT_TRUE(pool.go([&] { ran = true; }));
  pool.stop(Stop::drain);
  EXPECT_TRUE(ran);
  EXPECT_EQ(log.all(), std::vector<std::string>{"rpc: start a worker: not a "
                                                "std::exception"});
}

// A start_thread whose nth call waits until the test calls go_on(), and then
// starts a thread or fails.
class HeldStart {
 public:
  HeldStart(int nth, bool fails) : nth_(nth), fails_(fails) {}

  std::thread operator()(Task body) {
    if (++calls_ == nth_) {
      inside_.pull();
      go_on_.wait();
      if (fails_) throw std::runtime_error("held, and failed");
    }
    return real_thread(std::move(body));
  }
  void wait_inside() { inside_.wait(); }
  void go_on() { go_on_.pull(); }
  int calls() const { return calls_; }

 private:
  const int nth_;
  const bool fails_;
  std::atomic<int> calls_{0};
  Trigger inside_;
  Trigger go_on_;
};

auto go_elsewhere(GoPool& pool, std::atomic<int>& ran) {
  return std::async(std::launch::async,
                    [&] { return pool.go([&ran] { ++ran; }); });
}

TEST(GoPoolStart, TheCountsCanBeReadDuringAStart) {
  HeldStart start(1, false);
  std::atomic<int> ran{0};
  GoPool pool({.start_thread = std::ref(start)});
  auto first = go_elsewhere(pool, ran);
  start.wait_inside();
  EXPECT_EQ(pool.stats().workers, 1u);
  EXPECT_EQ(pool.stats().queued, 0u);
  EXPECT_FALSE(pool.is_stopped());
  start.go_on();
  EXPECT_TRUE(first.get());
}

// Broken variant: go() pushes its task because another go() has reserved a
// worker, and that worker's start fails. The task lies there for ever.
TEST(GoPoolStart, AGoThatFindsOnlyAStartingWorkerDoesNotRelyOnIt) {
  const LogLines log;
  HeldStart start(1, true);
  std::atomic<int> ran{0};
  GoPool pool({.start_thread = std::ref(start)});
  auto first = go_elsewhere(pool, ran);
  start.wait_inside();
  auto second = go_elsewhere(pool, ran);
  start.go_on();
  EXPECT_FALSE(first.get());
  EXPECT_TRUE(second.get());  // it started a thread itself
  EXPECT_TRUE(eventually([&] { return ran == 1; }));
  EXPECT_EQ(start.calls(), 2);
}

TEST(GoPoolStart, TwoThatNeedTheFirstWorkerShareIt) {
  HeldStart start(1, false);
  std::atomic<int> ran{0};
  GoPool pool({.cap = 1, .start_thread = std::ref(start)});
  auto first = go_elsewhere(pool, ran);
  start.wait_inside();
  auto second = go_elsewhere(pool, ran);
  start.go_on();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
  pool.stop(Stop::drain);
  EXPECT_EQ(ran, 2);
  EXPECT_EQ(start.calls(), 1);
}

// Broken variant: choose_worker() calls no worker while a thread is being
// started, not even one that sleeps.
TEST(GoPoolStart, ASleeperIsWokenWhileAStartIsUnderWay) {
  const LogLines log;
  HeldStart start(2, true);
  std::atomic<int> ran{0};
  Held held(1);
  GoPool pool({.start_thread = std::ref(start)});
  ASSERT_TRUE(pool.go(held.task()));
  held.wait_started();
  auto second = go_elsewhere(pool, ran);  // the only worker is busy
  start.wait_inside();
  held.release();
  ASSERT_TRUE(eventually([&] { return pool.idle_count() == 1; }));
  EXPECT_EQ(ran, 1);
  EXPECT_TRUE(pool.go([&] { ++ran; }));
  EXPECT_TRUE(eventually([&] { return ran == 2; }));
  start.go_on();
  EXPECT_TRUE(second.get());
}

TEST(GoPoolStart, TheCapHoldsWhileAStartIsUnderWay) {
  HeldStart start(2, false);
  std::atomic<int> ran{0};
  Held held(1);
  GoPool pool({.cap = 2, .start_thread = std::ref(start)});
  ASSERT_TRUE(pool.go(held.task()));
  held.wait_started();
  auto second = go_elsewhere(pool, ran);
  start.wait_inside();
  EXPECT_EQ(go_times(pool, 10, [&] { ++ran; }), 10u);
  EXPECT_EQ(pool.stats().workers, 2u);
  EXPECT_EQ(start.calls(), 2);
  start.go_on();
  EXPECT_TRUE(second.get());
  held.release();
  pool.stop(Stop::drain);
  EXPECT_EQ(ran, 11);
}

TEST(GoPoolStart, AStopDuringTheFirstStartWaitsAndTheTaskStaysWithTheCaller) {
  HeldStart start(1, false);
  std::atomic<int> ran{0};
  GoPool pool({.start_thread = std::ref(start)});
  auto first = go_elsewhere(pool, ran);
  start.wait_inside();
  auto stopped = std::async(std::launch::async, [&] {
    pool.stop(Stop::drain);
    return pool.worker_count();
  });
  ASSERT_TRUE(eventually([&] { return pool.is_stopped(); }));
  start.go_on();
  EXPECT_FALSE(first.get());
  EXPECT_EQ(stopped.get(), 0u);
  EXPECT_EQ(ran, 0);
}

TEST(GoPoolDeathTest, StartThreadCannotStopItsOwnPool) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        GoPool* address = nullptr;
        GoPool pool({.start_thread = [&](Task body) {
          address->stop(Stop::drain);
          return real_thread(std::move(body));
        }});
        address = &pool;
        static_cast<void>(pool.go([] {}));
      },
      "start_thread cannot stop or destroy its own pool");
}

TEST(GoPoolDeathTest, StartThreadMustReturnAThread) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        GoPool pool({.start_thread = [](Task) { return std::thread(); }});
        static_cast<void>(pool.go([] {}));
      },
      "start_thread must return a joinable thread");
}

}  // namespace
}  // namespace netpoll
