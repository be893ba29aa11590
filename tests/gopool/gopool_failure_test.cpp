// SPDX-License-Identifier: Apache-2.0
//
// Tasks that throw, and threads that cannot be started.
#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <latch>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "gopool/support.h"
#include "netpoll/gopool/gopool.h"
#include "support/log_lines.h"

namespace netpoll {
namespace {

using test::eventually;
using test::go_times;
using test::Held;
using test::LogLines;

// A start_thread that starts `left` threads. Then it fails as pthread_create
// does.
struct ThreadBudget {
  std::atomic<int> left;
  std::thread operator()(Task body) {
    if (left.fetch_sub(1) > 0) return std::thread(std::move(body));
    left = 0;
    throw std::system_error(EAGAIN, std::system_category());
  }
};

std::string message_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return error.what();
  }
}

TEST(GoPoolFailure, E1RowPanicEveryThirdTaskThrowsAndAllOthersRun) {
  std::atomic<int> ran{0};
  std::atomic<int> panics{0};
  std::atomic<int> number{0};
  GoPool pool({.cap = 2, .on_panic = [&](std::exception_ptr) { ++panics; }});
  EXPECT_EQ(go_times(pool, 999,
                     [&] {
                       if (number++ % 3 == 0) throw std::runtime_error("third");
                       ++ran;
                     }),
            999u);
  pool.stop(Stop::drain);
  EXPECT_EQ(ran, 666);
  EXPECT_EQ(panics, 333);
}

// Upstream: TestPoolPanic (util/gopool/pool_test.go), which does not wait.
TEST(GoPoolFailure, AWorkerOutlivesATaskThatThrows) {
  std::string message;
  GoPool pool({.cap = 1, .on_panic = [&](const std::exception_ptr& thrown) {
                 message = message_of(thrown);
               }});
  std::thread::id thrower;
  std::thread::id next;
  Task tasks[] = {[&] {
                    thrower = std::this_thread::get_id();
                    throw std::runtime_error("on purpose");
                  },
                  [&] { next = std::this_thread::get_id(); }};
  ASSERT_TRUE(pool.go(std::span(tasks)));
  pool.stop(Stop::drain);
  EXPECT_EQ(message, "on purpose");
  EXPECT_EQ(next, thrower);
}

TEST(GoPoolFailure, WithoutAHandlerThePoolAndTheTextAreLogged) {
  LogLines log;
  GoPool pool({.name = "rpc"});
  ASSERT_TRUE(pool.go([] { throw std::runtime_error("on purpose"); }));
  pool.stop(Stop::drain);
  EXPECT_EQ(log.all(), std::vector<std::string>{"rpc: a task threw: "
                                                "on purpose"});
}

TEST(GoPoolFailure, WhatIsNoExceptionClassIsLoggedToo) {
  LogLines log;
  GoPool pool({.name = "rpc"});
  ASSERT_TRUE(pool.go([] { throw 7; }));
  pool.stop(Stop::drain);
  EXPECT_EQ(log.all(), std::vector<std::string>{"rpc: a task threw: "
                                                "not a std::exception"});
}

TEST(GoPoolFailure, AHandlerMaySubmitToThePool) {
  std::latch done(1);
  bool taken = false;
  GoPool* address = nullptr;
  GoPool pool({.cap = 1, .on_panic = [&](std::exception_ptr) {
                 taken = address->go([&] { done.count_down(); });
               }});
  address = &pool;
  ASSERT_TRUE(pool.go([] { throw std::runtime_error("again"); }));
  done.wait();
  pool.stop(Stop::drain);
  EXPECT_TRUE(taken);
}

TEST(GoPoolDeathTest, AHandlerThatThrowsEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        GoPool pool({.on_panic = [](const std::exception_ptr& thrown) {
          std::rethrow_exception(thrown);
        }});
        if (pool.go([] { throw std::runtime_error("rethrown"); })) {
          pool.stop(Stop::drain);
        }
      },
      "rethrown");
}

TEST(GoPoolFailure, WithoutASingleThreadTheTaskStaysWithTheCaller) {
  const LogLines log;
  ThreadBudget budget{0};
  GoPool pool({.start_thread = std::ref(budget)});
  Task task = [] {};
  EXPECT_FALSE(pool.go(std::move(task)));
  EXPECT_TRUE(task);  // NOLINT(bugprone-use-after-move): go() refused it
  EXPECT_EQ(pool.stats().workers, 0u);
  EXPECT_EQ(pool.stats().queued, 0u);
}

TEST(GoPoolFailure, TheTaskIsTakenOnceAThreadCanBeStartedAgain) {
  const LogLines log;
  ThreadBudget budget{0};
  bool ran = false;
  GoPool pool({.start_thread = std::ref(budget)});
  Task task = [&] { ran = true; };
  ASSERT_FALSE(pool.go(std::move(task)));
  budget.left = 1;
  ASSERT_TRUE(pool.go(std::move(task)));  // NOLINT(bugprone-use-after-move)
  pool.stop(Stop::drain);
  EXPECT_TRUE(ran);
}

TEST(GoPoolFailure, TasksGoToTheWorkerThatLivesWhenNoMoreCanBeStarted) {
  const LogLines log;
  ThreadBudget budget{1};
  Held held(1);
  std::atomic<int> count{0};
  GoPool pool({.start_thread = std::ref(budget)});
  ASSERT_TRUE(pool.go(held.task()));
  held.wait_started();
  EXPECT_EQ(go_times(pool, 100, [&] { ++count; }), 100u);
  EXPECT_EQ(pool.stats().workers, 1u);
  held.release();
  pool.stop(Stop::drain);
  EXPECT_EQ(count, 100);
}

TEST(GoPoolFailure, ARunOfFailedStartsIsLoggedOnce) {
  LogLines log;
  ThreadBudget budget{1};
  Held held(1);
  GoPool pool({.name = "rpc", .start_thread = std::ref(budget)});
  ASSERT_TRUE(pool.go(held.task()));
  held.wait_started();
  EXPECT_EQ(go_times(pool, 10, [] {}), 10u);
  held.release();
  pool.stop(Stop::drain);
  const std::string why =
      std::error_code(EAGAIN, std::system_category()).message();
  EXPECT_EQ(log.all(), std::vector<std::string>{"rpc: start a worker: " + why});
}

TEST(GoPoolFailure, TheFirstFailureAfterAStartIsLoggedAgain) {
  LogLines log;
  ThreadBudget budget{0};
  Held held(1);
  GoPool pool({.name = "rpc", .start_thread = std::ref(budget)});
  EXPECT_EQ(go_times(pool, 2, [] {}), 0u);
  ASSERT_EQ(log.all().size(), 1u);
  budget.left = 1;
  ASSERT_TRUE(pool.go(held.task()));
  held.wait_started();
  EXPECT_EQ(go_times(pool, 2, [] {}), 2u);
  EXPECT_EQ(log.all().size(), 2u);
  held.release();
}

TEST(GoPoolFailure, ThePoolGrowsAgainOnceThreadsCanBeStarted) {
  const LogLines log;
  ThreadBudget budget{1};
  Held held(3);
  GoPool pool({.start_thread = std::ref(budget)});
  ASSERT_TRUE(pool.go(held.task()));
  ASSERT_TRUE(eventually([&] { return pool.stats().queued == 0; }));
  ASSERT_TRUE(pool.go(held.task()));
  ASSERT_EQ(pool.stats().workers, 1u);
  budget.left = 2;
  ASSERT_TRUE(pool.go(held.task()));
  held.wait_started();
  EXPECT_EQ(pool.stats().workers, 3u);
  held.release();
}

}  // namespace
}  // namespace netpoll
