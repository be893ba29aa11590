// SPDX-License-Identifier: Apache-2.0
//
// A poller that runs tasks itself for a while in each turn (own_time), and its
// relief, which makes the turns while such a task keeps it.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "poller/support.h"
#include "support/turn.h"

namespace netpoll {
namespace {

using std::chrono::microseconds;
using test::Bell;
using test::eventually;

// A poller with an own_time, its relief, and a pool of one worker.
class Adaptive : public testing::Test {
 protected:
  explicit Adaptive(microseconds own_time = std::chrono::seconds(60))
      : poller(*Poller::open(runner, nullptr, {}, own_time)) {}
  ~Adaptive() override {
    poller->stop();
    home.join();
    relief.join();
  }
  // Which thread makes the poller's turns now.
  std::thread::id leader() const {
    std::thread::id found;
    Trigger over;
    const Bell bell(*poller, [&] {
      found = std::this_thread::get_id();
      over.pull();
    });
    bell.ring();
    EXPECT_TRUE(over.wait_until(test::soon()));
    return found;
  }

  // A bell whose task keeps the thread of run() until let_go.
  Bell blocking_bell() {
    return Bell(*poller, [this] {
      poller->defer([this] {
        blocked.pull();
        let_go.wait();
      });
    });
  }

  const test::FdsBalance balance;
  // Members, since tasks use them until the threads have ended.
  Trigger blocked;
  std::latch let_go{1};
  GoPool pool{{.cap = 1}};
  PoolRunner runner{pool};
  std::unique_ptr<Poller> poller;
  std::thread home{[this] { poller->run(); }};
  std::thread relief{[this] { poller->relieve(); }};
};

TEST_F(Adaptive, TaskRunsAtHomeAndMayWait) {
  Trigger ran;
  std::thread::id where;
  bool leads = true;
  bool may_wait = false;
  const Bell bell(*poller, [&] {
    poller->defer([&] {
      where = std::this_thread::get_id();
      leads = poller->on_poller_thread();
      may_wait = poller->is_home() && Poller::may_wait();
      ran.pull();
    });
  });
  bell.ring();
  ASSERT_TRUE(ran.wait_until(test::soon()));
  EXPECT_EQ(where, home.get_id());
  EXPECT_FALSE(leads);
  EXPECT_TRUE(may_wait);
}

// Broken variant: the task goes when the thread is the poller's again; then a
// destructor that wants to wait must not.
TEST_F(Adaptive, WhatATaskHoldsGoesWhileItsThreadMayWait) {
  struct Held {
    explicit Held(const std::function<void()>& last) : at_end(last) {}
    ~Held() { at_end(); }
    const std::function<void()> at_end;
  };
  Trigger over;
  bool may_wait = false;
  const Bell bell(*poller, [&] {
    auto held = std::make_unique<Held>([&] {
      may_wait = Poller::may_wait();
      over.pull();
    });
    poller->defer([held = std::move(held)] {});
  });
  bell.ring();
  ASSERT_TRUE(over.wait_until(test::soon()));
  EXPECT_TRUE(may_wait);
}

// Broken variant: relieve() takes the lead only when it is called. And with one
// worker, which is blocked, no task of the pool could help.
TEST_F(Adaptive, EventsComeWhileATaskAndTheOnlyWorkerAreBlocked) {
  Trigger worker_blocked;
  ASSERT_TRUE(pool.go([&] {
    worker_blocked.pull();
    let_go.wait();
  }));
  ASSERT_TRUE(worker_blocked.wait_until(test::soon()));
  const Bell bell = blocking_bell();
  bell.ring();
  ASSERT_TRUE(blocked.wait_until(test::soon()));
  EXPECT_EQ(leader(), relief.get_id());
  let_go.count_down();
}

TEST_F(Adaptive, LeadComesHomeWhenTheTaskIsOver) {
  const Bell bell = blocking_bell();
  bell.ring();
  ASSERT_TRUE(blocked.wait_until(test::soon()));
  EXPECT_EQ(leader(), relief.get_id());
  let_go.count_down();
  EXPECT_TRUE(eventually([&] { return leader() == home.get_id(); }));
}

// Broken variant: make_way() does not call the relief. Then only its looks help,
// and these two thousand waits take a minute or more.
TEST_F(Adaptive, TaskThatWaitsCallsTheRelief) {
  Trigger answered;
  Trigger over;
  const Bell answer(*poller, [&] { answered.pull(); });
  int waits = 0;
  std::function<void()> ask;
  const Bell bell(*poller, [&] { poller->defer([&] { ask(); }); });
  ask = [&] {
    for (int i = 0; i < 2; ++i) {
      answer.ring();
      EXPECT_TRUE(Poller::make_way());
      EXPECT_TRUE(answered.wait_until(test::soon()));
    }
    ++waits == 1000 ? over.pull() : bell.ring();
  };
  bell.ring();
  EXPECT_TRUE(over.wait_until(test::soon()));
}

TEST_F(Adaptive, NobodyMayWaitInATurn) {
  Trigger over;
  bool may = true;
  const Bell bell(*poller, [&] {
    may = Poller::make_way();
    over.pull();
  });
  bell.ring();
  ASSERT_TRUE(over.wait_until(test::soon()));
  EXPECT_FALSE(may);
}

// Broken variant: the relief runs tasks itself. If one blocked, nobody would be
// left to make the turns.
TEST_F(Adaptive, ReliefGivesAllTasksToWorkers) {
  Trigger ran;
  std::thread::id where;
  const Bell slow = blocking_bell();
  slow.ring();
  ASSERT_TRUE(blocked.wait_until(test::soon()));
  const Bell bell(*poller, [&] {
    poller->defer([&] {
      where = std::this_thread::get_id();
      ran.pull();
    });
  });
  bell.ring();
  EXPECT_TRUE(ran.wait_until(test::soon()));
  EXPECT_NE(where, home.get_id());
  EXPECT_NE(where, relief.get_id());
  let_go.count_down();
}

// Every task is slow.
class ShortOwnTime : public Adaptive {
 protected:
  ShortOwnTime() : Adaptive(microseconds(1)) {}
};

// Broken variant: a slow handler is tried at home for each of its requests.
TEST_F(ShortOwnTime, TasksOfASlowOperatorGoToTheWorkers) {
  Trigger over;
  bool at_home = false;
  const auto task = [&] {
    at_home = poller->is_home();
    std::this_thread::sleep_for(microseconds(10));
    over.pull();
  };
  const Bell slow(*poller, [&] { poller->defer(task); });
  const Bell other(*poller, [&] { poller->defer(task); });
  const auto runs_at_home = [&](const Bell& bell) {
    // On a busy machine the relief may have taken the lead.
    EXPECT_TRUE(eventually([&] { return leader() == home.get_id(); }));
    bell.ring();
    EXPECT_TRUE(over.wait_until(test::soon()));
    return at_home;
  };
  for (const bool expected : {true, false, true, false, false, false, true}) {
    EXPECT_EQ(runs_at_home(slow), expected);
  }
  EXPECT_TRUE(runs_at_home(other));
}

// How many of ten tasks, each of another operator and `length` long, run at
// home when one turn brings them all.
class OneTurnOfTasks : public ShortOwnTime {
 protected:
  static constexpr int kBells = 10;

  std::size_t at_home(microseconds length) {
    std::latch over(kBells);
    std::atomic<std::size_t> count = 0;
    const auto task = [&, length] {
      if (poller->is_home()) ++count;
      std::this_thread::sleep_for(length);
      over.count_down();
    };
    std::vector<std::unique_ptr<Bell>> bells;
    for (int i = 0; i < kBells; ++i) {
      bells.push_back(
          std::make_unique<Bell>(*poller, [&] { poller->defer(task); }));
    }
    // All ring while the poller is inside one event.
    Trigger inside;
    std::latch ready(1);
    const Bell gate(*poller, [&] {
      inside.pull();
      ready.wait();
    });
    gate.ring();
    EXPECT_TRUE(inside.wait_until(test::soon()));
    for (const auto& bell : bells)
      bell->ring();
    ready.count_down();
    over.wait();
    return count;
  }
};

// Broken variant: after one slow task the others of its turn go to the workers.
// On a busy machine the relief may lead; so there are several turns.
TEST_F(OneTurnOfTasks, SlowTaskDoesNotSendTheOthersAway) {
  EXPECT_TRUE(eventually([&] { return at_home(microseconds(10)) > 1; }));
}

// Five milliseconds are over before ten tasks of one each.
TEST_F(OneTurnOfTasks, WhatTheTurnHasNoTimeForGoesToTheWorkers) {
  const std::size_t count = at_home(std::chrono::milliseconds(1));
  EXPECT_GT(count, 0u);
  EXPECT_LT(count, static_cast<std::size_t>(kBells));
}

// Broken variant: the time counts from the first task of the poller's life.
TEST_F(OneTurnOfTasks, EachTurnHasTheWholeTime) {
  static_cast<void>(at_home(std::chrono::milliseconds(1)));  // all of it
  EXPECT_TRUE(eventually([&] { return at_home(microseconds(10)) > 1; }));
}

}  // namespace
}  // namespace netpoll
