// SPDX-License-Identifier: Apache-2.0
//
// Who runs a poller's tasks, and what it does beside them once a second.
#include "netpoll/poller/runner.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <latch>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "netpoll/poller/tick.h"
#include "poller/support.h"

namespace netpoll {
namespace {

using test::eventually;

std::vector<Task> three_into(std::string& order) {
  std::vector<Task> tasks;
  for (const char name : {'a', 'b', 'c'}) {
    tasks.emplace_back([&order, name] { order += name; });
  }
  return tasks;
}

TEST(PoolRunner, RunsABatchOnAWorker) {
  GoPool pool;
  PoolRunner runner(pool);
  Trigger ran;
  std::thread::id where;
  std::array<Task, 1> batch{[&] {
    where = std::this_thread::get_id();
    ran.pull();
  }};
  EXPECT_EQ(runner.run(batch), Runner::Ran::elsewhere);
  ran.wait();
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(PoolRunner, RunsABatchHereWhenThePoolHasStopped) {
  GoPool pool;
  PoolRunner runner(pool);
  pool.stop(Stop::drain);
  std::string order;
  std::vector<Task> batch = three_into(order);
  EXPECT_EQ(runner.run(batch), Runner::Ran::here);
  EXPECT_EQ(order, "abc");
}

TEST(PoolRunner, RefusesUntouchedWhileNoThreadCanBeHad) {
  const test::LogLines lines;
  GoPool pool({.start_thread = [](Task) -> std::thread {
    throw std::system_error(
        std::make_error_code(std::errc::resource_unavailable_try_again));
  }});
  PoolRunner runner(pool);
  std::string order;
  std::vector<Task> batch = three_into(order);
  EXPECT_EQ(runner.run(batch), Runner::Ran::refused);
  EXPECT_FALSE(runner.go(batch[0]));
  for (Task& task : batch)
    task();
  EXPECT_EQ(order, "abc");
}

TEST(InlineRunner, RunsABatchHereInItsOrder) {
  InlineRunner runner;
  std::string order;
  std::vector<Task> batch = three_into(order);
  EXPECT_EQ(runner.run(batch), Runner::Ran::here);
  EXPECT_EQ(order, "abc");
}

TEST(InlineRunner, LetsGoOfWhatATaskHoldsOnceItHasRun) {
  InlineRunner runner;
  const auto held = std::make_shared<int>(0);
  long holders = 0;
  std::array<Task, 2> batch{[it = held] { static_cast<void>(it); },
                            [&] { holders = held.use_count(); }};
  EXPECT_EQ(runner.run(batch), Runner::Ran::here);
  EXPECT_EQ(holders, 1);
}

TEST(InlineRunner, RunsNothingOutsideATurn) {
  InlineRunner runner;
  Task task = [] {};
  EXPECT_FALSE(runner.go(task));
  EXPECT_TRUE(task);
}

// A runner that refuses twice.
TEST_F(PollerTest, TasksThatNoRunnerTakesAreKeptUntilOneDoes) {
  class Reluctant final : public Runner {
   public:
    Ran run(std::span<Task> batch) override {
      if (++asked < 3) return Ran::refused;
      return inner.run(batch);
    }
    bool go(Task&) override { return false; }
    int asked = 0;
    InlineRunner inner;
  };
  Reluctant reluctant;
  const auto mine = *Poller::open(reluctant);
  std::string order;
  Trigger ran;
  std::jthread turning([&] { mine->run(); });
  for (Task& task : three_into(order))
    mine->go(std::move(task));
  mine->go([&] { ran.pull(); });
  EXPECT_TRUE(ran.wait_until(test::soon()));
  mine->stop();
  turning.join();
  EXPECT_EQ(order, "abc");
  EXPECT_GE(reluctant.asked, 3);
}

class InlinePoller : public testing::Test {
 protected:
  ~InlinePoller() override {
    poller->stop();
    if (thread.joinable()) thread.join();
  }

  const test::FdsBalance balance;
  InlineRunner runner;
  std::unique_ptr<Poller> poller = *Poller::open(runner);
  std::thread thread{[this] { poller->run(); }};
};

TEST_F(InlinePoller, RunsAPostedTaskOnItsOwnThread) {
  Trigger ran;
  std::thread::id where;
  poller->go([&] {
    where = std::this_thread::get_id();
    ran.pull();
  });
  EXPECT_TRUE(ran.wait_until(test::soon()));
  EXPECT_EQ(where, thread.get_id());
}

TEST_F(InlinePoller, MayNotWaitWhileOthersMay) {
  Trigger ran;
  bool poller_may = true;
  poller->go([&] {
    poller_may = poller->may_wait();
    ran.pull();
  });
  EXPECT_TRUE(ran.wait_until(test::soon()));
  EXPECT_FALSE(poller_may);
  EXPECT_TRUE(poller->may_wait());
}

TEST_F(InlinePoller, TaskThatATaskDefersIsRunInTheNextTurn) {
  Trigger ran;
  std::string order;
  poller->go([&] {
    poller->defer([&] {
      order += 'b';
      ran.pull();
    });
    order += 'a';
  });
  EXPECT_TRUE(ran.wait_until(test::soon()));
  EXPECT_EQ(order, "ab");
}

TEST_F(InlinePoller, LastTurnsTasksAreRunAlthoughItStops) {
  bool posted = false;
  bool deferred = false;
  poller->go([&] {
    poller->stop();
    poller->go([&] { posted = true; });
    poller->defer([&] { deferred = true; });
  });
  thread.join();
  EXPECT_TRUE(posted);
  EXPECT_TRUE(deferred);
}

// A moment of this clock, counted from now.
Deadline in(int seconds) {
  return Deadline::clock::now() + std::chrono::seconds(seconds);
}

TEST(Tick, IsNeverDueWhileNothingHappens) {
  int runs = 0;
  Tick tick([&] { ++runs; });
  EXPECT_EQ(tick.next(), kNever);
  tick.run(in(1000));
  EXPECT_EQ(runs, 0);
}

TEST(Tick, RunsTwiceAfterTheLastWorkAndThenSleeps) {
  int runs = 0;
  Tick tick([&] { ++runs; });
  tick.note_work();
  EXPECT_NE(tick.next(), kNever);
  tick.run(in(10));
  tick.run(in(20));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(tick.next(), kNever);
  tick.run(in(30));
  EXPECT_EQ(runs, 2);
}

TEST(Tick, IsNotDueAtOnce) {
  int runs = 0;
  Tick tick([&] { ++runs; });
  const Deadline before = Deadline::clock::now();
  tick.note_work();
  tick.run(before);
  EXPECT_EQ(runs, 0);
}

TEST(Tick, WorkDoesNotPutItOff) {
  int runs = 0;
  Tick tick([&] { ++runs; });
  tick.note_work();
  const Deadline due = tick.next();
  tick.note_work();
  EXPECT_EQ(tick.next(), due);
}

TEST(Tick, WorkKeepsItAwake) {
  int runs = 0;
  Tick tick([&] { ++runs; });
  for (int turn = 1; turn <= 5; ++turn) {
    tick.note_work();
    tick.run(in(10 * turn));
  }
  EXPECT_EQ(runs, 5);
  EXPECT_NE(tick.next(), kNever);
}

TEST(Tick, WithoutAJobThereIsNothingToDo) {
  Tick tick(nullptr);
  tick.note_work();
  EXPECT_EQ(tick.next(), kNever);
}

// With the clock that this poller has: the one test that takes a second.
TEST(Tick, APollerRunsItsChoreOnItsOwnThread) {
  InlineRunner runner;
  std::atomic<std::thread::id> where{};
  const auto poller =
      *Poller::open(runner, [&] { where = std::this_thread::get_id(); });
  std::thread turning([&] { poller->run(); });
  poller->go([] {});
  EXPECT_TRUE(eventually([&] { return where != std::thread::id(); }));
  EXPECT_EQ(where, turning.get_id());
  poller->stop();
  turning.join();
}

}  // namespace
}  // namespace netpoll
