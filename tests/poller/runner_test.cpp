// SPDX-License-Identifier: Apache-2.0
//
// Which thread runs a poller's tasks, and the chore that it runs once a second.
#include "netpoll/poller/runner.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "netpoll/poller/tick.h"
#include "poller/support.h"
#include "support/log_lines.h"
#include "support/turn.h"

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

TEST_F(InlinePoller, KnowsItsOwnThread) {
  Trigger ran;
  bool inside = false;
  poller->go([&] {
    inside = poller->on_poller_thread() && Poller::on_any_poller_thread();
    ran.pull();
  });
  EXPECT_TRUE(ran.wait_until(test::soon()));
  EXPECT_TRUE(inside);
  EXPECT_FALSE(poller->on_poller_thread());
  EXPECT_FALSE(Poller::on_any_poller_thread());
}

// Broken variant: may_wait() asks only whether this is the poller's own thread.
// Two pollers that wait for each other's connections then wait for ever.
TEST_F(InlinePoller, NoPollerMayWaitAlsoNotForAnotherPoller) {
  const auto other = *Poller::open(runner);
  Trigger ran;
  bool may = true;
  bool is_other = true;
  poller->go([&] {
    may = other->may_wait();
    is_other = other->on_poller_thread();
    ran.pull();
  });
  EXPECT_TRUE(ran.wait_until(test::soon()));
  EXPECT_FALSE(may);
  EXPECT_FALSE(is_other);
  EXPECT_TRUE(Poller::may_wait());
}

// Broken variant: hand_over() goes on until batch_ is empty.
TEST_F(InlinePoller, TaskThatAlwaysDefersAnotherDoesNotStarveEpoll) {
  std::atomic<bool> enough{false};
  std::function<void()> again = [&] {
    if (!enough) poller->defer(again);
  };
  poller->go(again);
  test::turn_over(*poller);
  enough = true;
  test::turn_over(*poller);
}

// Broken variant: take_posted() takes all, and one turn runs them all.
TEST_F(InlinePoller, TasksPostedOverTheBudgetOfATurnRunInTheNextOne) {
  constexpr int kTasks = 5'000;
  std::set<std::uint64_t> turns;
  int ran = 0;
  Trigger inside;
  Trigger posted;
  Trigger over;
  poller->go([&] {
    inside.pull();
    posted.wait();
  });
  EXPECT_TRUE(inside.wait_until(test::soon()));
  for (int i = 0; i < kTasks; ++i) {
    poller->go([&] {
      turns.insert(poller->turns());
      if (++ran == kTasks) over.pull();
    });
  }
  posted.pull();
  EXPECT_TRUE(over.wait_until(test::soon()));
  EXPECT_EQ(turns.size(), 2u);
}

TEST_F(InlinePoller, TaskThatATaskDefersIsRunLater) {
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
  tick.run_if_due(in(1000));
  EXPECT_EQ(runs, 0);
}

TEST(Tick, RunsTwiceAfterTheLastEventAndThenNotAgain) {
  int runs = 0;
  Tick tick([&] { ++runs; });
  tick.note_events();
  EXPECT_NE(tick.next(), kNever);
  tick.run_if_due(in(10));
  tick.run_if_due(in(20));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(tick.next(), kNever);
  tick.run_if_due(in(30));
  EXPECT_EQ(runs, 2);
}

TEST(Tick, IsNotDueAtOnce) {
  int runs = 0;
  Tick tick([&] { ++runs; });
  const Deadline before = Deadline::clock::now();
  tick.note_events();
  tick.run_if_due(before);
  EXPECT_EQ(runs, 0);
}

TEST(Tick, EventsDoNotPutItOff) {
  int runs = 0;
  Tick tick([&] { ++runs; });
  tick.note_events();
  const Deadline due = tick.next();
  tick.note_events();
  EXPECT_EQ(tick.next(), due);
}

TEST(Tick, EventsKeepItDue) {
  int runs = 0;
  Tick tick([&] { ++runs; });
  for (int turn = 1; turn <= 5; ++turn) {
    tick.note_events();
    tick.run_if_due(in(10 * turn));
  }
  EXPECT_EQ(runs, 5);
  EXPECT_NE(tick.next(), kNever);
}

TEST(Tick, WithoutAJobThereIsNothingToDo) {
  Tick tick(nullptr);
  tick.note_events();
  EXPECT_EQ(tick.next(), kNever);
}

TEST(Tick, APollerRunsItsChoreOnItsOwnThread) {
  InlineRunner runner;
  std::atomic<std::thread::id> where{};
  const auto poller =
      *Poller::open(runner, [&] { where = std::this_thread::get_id(); },
                    {.tick = std::chrono::milliseconds(1)});
  std::thread turning([&] { poller->run(); });
  poller->go([] {});
  EXPECT_TRUE(eventually([&] { return where != std::thread::id(); }));
  EXPECT_EQ(where, turning.get_id());
  poller->stop();
  turning.join();
}

}  // namespace
}  // namespace netpoll
