// SPDX-License-Identifier: Apache-2.0
//
// Code of the user beside the tasks themselves: moving and destroying tasks,
// and before_sleep. All of it may call the pool. If the pool held its lock
// meanwhile, the tests of this file would hang.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
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

namespace netpoll {
namespace {

using test::eventually;
using test::Held;

// Calls the pool whenever it is made, moved or destroyed.
class Caller {
 public:
  explicit Caller(GoPool& pool) : pool_(&pool) { call(); }
  Caller(Caller&& other) noexcept : pool_(other.pool_) { call(); }
  ~Caller() { call(); }

 private:
  void call() const { static_cast<void>(pool_->stats()); }
  GoPool* pool_;
};

TEST(GoPoolUserCode, ATaskMayCallThePoolWhenItIsDestroyed) {
  std::atomic<int> ran{0};
  GoPool pool({.cap = 1});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pool.go([&ran, caller = Caller(pool)] {
      static_cast<void>(caller);
      ++ran;
    }));
  }
  pool.stop(Stop::drain);
  EXPECT_EQ(ran, 3);
}

TEST(GoPoolUserCode, ARefusedTaskMayCallThePool) {
  GoPool pool;
  pool.stop(Stop::drain);
  Task task = [caller = Caller(pool)] { static_cast<void>(caller); };
  EXPECT_FALSE(pool.go(std::move(task)));
  EXPECT_TRUE(task);  // NOLINT(bugprone-use-after-move): go() refused it
}

TEST(GoPoolUserCode, ADiscardedTaskMayCallThePool) {
  Held held(1);
  GoPool pool({.cap = 1});
  ASSERT_TRUE(pool.go(held.task()));
  held.wait_started();
  ASSERT_TRUE(pool.go([caller = Caller(pool)] { static_cast<void>(caller); }));
  auto discarded =
      std::async(std::launch::async, [&] { return pool.stop(Stop::discard); });
  ASSERT_TRUE(eventually([&] { return pool.queued() == 0; }));
  held.release();
  EXPECT_EQ(discarded.get(), 1u);
}

TEST(GoPoolUserCode, ARunningTaskMayWaitForTheEndOfADiscardedOne) {
  std::latch running(1);
  std::future<void> broken;
  GoPool pool({.cap = 1});
  std::promise<void> promise;  // broken when its task is destroyed
  broken = promise.get_future();
  ASSERT_TRUE(pool.go([&] {
    running.count_down();
    broken.wait();
  }));
  running.wait();
  ASSERT_TRUE(
      pool.go([kept = std::move(promise)] { static_cast<void>(kept); }));
  EXPECT_EQ(pool.stop(Stop::discard), 1u);
}

// What the tasks and before_sleep of a pool did, and on which thread.
class Events {
 public:
  void add(const std::string& what) {
    const Lock lock(mutex_);
    all_.push_back(what);
    threads_.push_back(std::this_thread::get_id());
  }
  std::vector<std::string> all() const {
    const Lock lock(mutex_);
    return all_;
  }
  bool on_one_thread() const {
    const Lock lock(mutex_);
    return std::ranges::adjacent_find(threads_, std::not_equal_to<>()) ==
           threads_.end();
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> all_ NETPOLL_GUARDED_BY(mutex_);
  std::vector<std::thread::id> threads_ NETPOLL_GUARDED_BY(mutex_);
};

using Names = std::vector<std::string>;

TEST(GoPoolBeforeSleep, RunsOnTheWorkerAfterABatchAndNotWithinIt) {
  Events events;
  Trigger slept;
  GoPool pool({.cap = 1, .before_sleep = [&] {
                 events.add("before_sleep");
                 slept.pull();
               }});
  Task tasks[] = {[&] { events.add("one"); }, [&] { events.add("two"); },
                  [&] { events.add("three"); }};
  ASSERT_TRUE(pool.go(std::span(tasks)));
  slept.wait();
  EXPECT_EQ(events.all(), (Names{"one", "two", "three", "before_sleep"}));
  EXPECT_TRUE(events.on_one_thread());
}

TEST(GoPoolBeforeSleep, RunsAgainBeforeTheNextSleep) {
  Events events;
  Trigger slept;
  GoPool pool({.cap = 1, .before_sleep = [&] {
                 events.add("before_sleep");
                 slept.pull();
               }});
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(pool.go([&] { events.add("task"); }));
    slept.wait();
  }
  EXPECT_EQ(events.all(),
            (Names{"task", "before_sleep", "task", "before_sleep"}));
}

TEST(GoPoolBeforeSleep, MayCallThePoolWhichThenDoesNotSleep) {
  GoPool* address = nullptr;
  bool first = true;
  std::latch ran(1);
  GoPool pool({.cap = 1, .before_sleep = [&] {
                 EXPECT_EQ(address->worker_count(), 1u);
                 if (std::exchange(first, false)) {
                   EXPECT_TRUE(address->go([&] { ran.count_down(); }));
                 }
               }});
  address = &pool;
  ASSERT_TRUE(pool.go([] {}));
  ran.wait();
}

TEST(GoPoolBeforeSleep, OneThatThrowsIsATaskThatThrows) {
  std::atomic<int> panics{0};
  std::atomic<int> ran{0};
  GoPool pool({.cap = 1,
               .on_panic = [&](const std::exception_ptr&) { ++panics; },
               .before_sleep = [] { throw std::runtime_error("no memory"); }});
  for (int round = 1; round <= 3; ++round) {
    ASSERT_TRUE(pool.go([&] { ++ran; }));
    ASSERT_TRUE(eventually([&] { return panics == round; }));
  }
  EXPECT_EQ(ran, 3);
  EXPECT_EQ(pool.worker_count(), 1u);
}

TEST(GoPoolDeathTest, BeforeSleepCannotStopItsOwnPool) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        GoPool* address = nullptr;
        std::latch never(1);
        GoPool pool({.before_sleep = [&] { address->stop(Stop::drain); }});
        address = &pool;
        if (pool.go([] {})) never.wait();
      },
      "a worker cannot stop or destroy its own pool");
}

}  // namespace
}  // namespace netpoll
