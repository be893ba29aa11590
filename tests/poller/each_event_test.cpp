// SPDX-License-Identifier: Apache-2.0
//
// When a poller hands its tasks over: after each event, or once a turn.
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "poller/support.h"
#include "support/waits.h"

namespace netpoll {
namespace {

// Runs a batch on the poller as InlineRunner does, but once a turn.
class OnceATurn final : public Runner {
 public:
  Ran run(std::span<Task> batch) override { return InlineRunner().run(batch); }
  bool go(Task&) override { return false; }
};

// A poller that makes one turn, in which two operators have input. on_readable
// of each writes a small letter into `order` and defers `task`.
class OneTurn {
 public:
  explicit OneTurn(Runner& runner)
      : events_{*os::open_eventfd(), *os::open_eventfd()},
        poller_(*Poller::open(runner)) {
    for (std::size_t i = 0; i < ops.size(); ++i) {
      ops[i] = make_ref<Op>(events_[i].get());
      EXPECT_EQ(::eventfd_write(events_[i].get(), 1), 0);
      ops[i]->readable = [this, i](Op&) {
        order += static_cast<char>('a' + i);
        poller_->defer([this, i] { task(i); });
        poller_->stop();  // run() returns at the end of this turn
      };
      EXPECT_FALSE(poller_->add(*ops[i]));
    }
  }
  ~OneTurn() {
    for (const Ref<Op>& op : ops)
      poller_->detach(*op);
  }
  Poller& poller() { return *poller_; }

  std::array<Ref<Op>, 2> ops;
  std::string order;
  std::function<void(std::size_t)> task = [this](std::size_t i) {
    order += static_cast<char>('A' + i);
  };

 private:
  std::array<UniqueFd, 2> events_;
  std::unique_ptr<Poller> poller_;
};

TEST(WantsEachEvent, ATaskRunsBeforeTheNextEventIsDispatched) {
  InlineRunner runner;
  OneTurn turn(runner);
  turn.poller().run();
  EXPECT_TRUE(turn.order == "aAbB" || turn.order == "bBaA") << turn.order;
}

TEST(WantsEachEvent, WithoutItAllEventsAreDispatchedFirst) {
  OnceATurn runner;
  OneTurn turn(runner);
  turn.poller().run();
  EXPECT_TRUE(turn.order == "abAB" || turn.order == "baBA") << turn.order;
}

// The events of the turn are on their way already, and name this operator.
TEST(WantsEachEvent, AnOperatorThatATaskDetachesGetsNoEvent) {
  InlineRunner runner;
  OneTurn turn(runner);
  turn.task = [&](std::size_t i) {
    turn.order += 'x';
    Ref<Op>& other = turn.ops[1 - i];
    turn.poller().detach(*other);
    other = make_ref<Op>(-1);  // the poller holds the last Ref now
  };
  turn.poller().run();
  EXPECT_TRUE(turn.order == "ax" || turn.order == "bx") << turn.order;
}

TEST(WantsEachEvent, WhatATaskDefersIsHandedOverWithTheNextEvent) {
  InlineRunner runner;
  OneTurn turn(runner);
  turn.task = [&](std::size_t) {
    turn.order += '1';
    turn.poller().defer([&] { turn.order += '2'; });
  };
  turn.poller().run();
  EXPECT_TRUE(turn.order == "a1b212" || turn.order == "b1a212") << turn.order;
}

// Each task is found in a turn of its own. Broken variant: a turn that has left
// something behind is followed by a short sleep.
TEST(WantsEachEvent, BetweenTasksThatDeferTheNextOneThePollerDoesNotSleep) {
  constexpr int kTasks = 500;
  InlineRunner runner;
  const auto poller = *Poller::open(runner);
  int left = kTasks;
  long before = 0;
  long after = 0;
  std::function<void()> task = [&] {
    if (left == kTasks) before = test::waits();
    if (--left > 0) return poller->defer(task);
    after = test::waits();
    poller->stop();
  };
  poller->go(task);
  poller->run();
  EXPECT_EQ(left, 0);
  EXPECT_LT(after - before, kTasks / 10);
}

}  // namespace
}  // namespace netpoll
