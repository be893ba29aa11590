// SPDX-License-Identifier: Apache-2.0
// A thread takes long to start. These tests hold it there, and let others come.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "gopool/bounded.h"
#include "gopool/crossing.h"
#include "netpoll/gopool/gopool.h"

namespace netpoll {
namespace {

using test::comes_back;
using test::Count;
using test::Door;
using test::kCanStepIn;
using test::OpenAtEnd;
using test::step_in_at;
using test::TestPool;
using test::wait_for;

// A start_thread of which one call takes as long as the test wants. Copies are
// one and the same.
class SlowStart {
 public:
  explicit SlowStart(int slow) : slow_(slow) {}

  std::thread operator()(Task body) const {
    inside_->fetch_add(1);
    most_->store(std::max(most_->load(), inside_->load()));
    calls_.raise();
    if (calls_.get() == slow_) {
      came_.raise();
      go_on_.pass();
    }
    inside_->fetch_sub(1);
    return std::thread(std::move(body));
  }
  bool wait_inside() const {
    return wait_for([this] { return came_.get() == 1; });
  }
  void go_on() const { go_on_.open(); }
  int calls() const { return calls_.get(); }
  int most_at_once() const { return *most_; }

 private:
  int slow_;
  Count calls_;
  Count came_;
  Door go_on_;
  std::shared_ptr<std::atomic<int>> inside_ =
      std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<std::atomic<int>> most_ =
      std::make_shared<std::atomic<int>>(0);
};

// A pool with one busy worker; a second one is being started, by another thread
// that calls go(), and does not get on.
class WhileAThreadIsBeingStarted {
 public:
  explicit WhileAThreadIsBeingStarted(std::size_t cap)
      : pool_({.cap = cap, .start_thread = start_}) {
    EXPECT_TRUE(pool_->go([busy = busy_, door = door_] {
      busy.raise();
      door.pass();
    }));
    EXPECT_TRUE(wait_for([this] { return busy_.get() == 1; }));
    submitter_ =
        std::thread([pool = pool_.share(), busy = busy_, door = door_] {
          EXPECT_TRUE(pool->go([=] {
            busy.raise();
            door.pass();
          }));
        });
    EXPECT_TRUE(start_.wait_inside()) << "no second worker was started";
  }
  ~WhileAThreadIsBeingStarted() {
    start_.go_on();
    submitter_.join();
    door_.open();
  }
  WhileAThreadIsBeingStarted(const WhileAThreadIsBeingStarted&) = delete;
  WhileAThreadIsBeingStarted& operator=(const WhileAThreadIsBeingStarted&) =
      delete;

  // Another thread hands over a task; false if go() does not come back.
  bool go() const {
    return comes_back(
        [pool = pool_.share()] { std::ignore = pool->go([] {}); });
  }
  const TestPool& pool() const { return pool_; }
  const SlowStart& start() const { return start_; }
  const Count& busy() const { return busy_; }

 private:
  SlowStart start_{2};
  Count busy_;
  Door door_;
  TestPool pool_;
  std::thread submitter_;
};

TEST(PastTheCap, ATaskThatComesDuringAStartDoesNotStartOneTooMany) {
  const WhileAThreadIsBeingStarted now(2);
  ASSERT_TRUE(now.go()) << "go() waits until another thread's start is done";
  EXPECT_LE(now.pool()->worker_count(), 2U)
      << "cap is 2; one worker is busy, the second is being started, and a "
         "third one was started beside it";
}

TEST(PastTheCap, EightTasksThatComeDuringAStartDoNotEither) {
  const WhileAThreadIsBeingStarted now(2);
  for (int i = 0; i < 8; ++i)
    ASSERT_TRUE(now.go()) << "go() waits until another thread's start is done";
  EXPECT_LE(now.pool()->worker_count(), 2U)
      << "cap is 2, and 8 tasks came while the second worker was being started";
}

TEST(PastTheCap, AStartThatAWorkerMakesCountsToo) {
  const SlowStart start(2);
  const Count busy;
  const Door door;
  const TestPool pool({.cap = 2, .start_thread = start});
  Task batch[] = {[=] { busy.raise(), door.pass(); },
                  [=] { busy.raise(), door.pass(); },
                  [=] { busy.raise(), door.pass(); }};
  EXPECT_TRUE(pool->go(std::span(batch)));
  // The first worker has taken one of them, and starts the second worker.
  EXPECT_TRUE(start.wait_inside()) << "no second worker was started";
  const bool came =
      comes_back([shared = pool.share()] { std::ignore = shared->go([] {}); });
  EXPECT_TRUE(came) << "go() waits until another thread's start is done";
  EXPECT_LE(pool->worker_count(), 2U)
      << "cap is 2; a worker was starting the second one when a task came";
  start.go_on();
  door.open();
}

// The cap is looked at, the second worker arrives, and then the start comes.
TEST(PastTheCap, WhatWasSeenBeforeTheStartMayBeOldWhenItComes) {
  if (!kCanStepIn) GTEST_SKIP() << "not under ThreadSanitizer";
  const WhileAThreadIsBeingStarted now(2);
  const bool came = comes_back(
      [pool = now.pool().share(), start = now.start(), busy = now.busy()] {
        step_in_at(2, [=] {  // go() has pushed, looked, and unlocked
          start.go_on();
          wait_for([&] { return busy.get() == 2; });
        });
        std::ignore = pool->go([] {});
      });
  EXPECT_TRUE(came) << "go() waits until another thread's start is done";
  EXPECT_LE(now.start().calls(), 2)
      << "cap is 2; go() saw room for one more, and started it although the "
         "room was taken when it did";
}

TEST(PastTheCap, TwoThreadsAreNeverStartedAtTheSameTime) {
  const WhileAThreadIsBeingStarted now(10);
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(now.go()) << "go() waits until another thread's start is done";
  EXPECT_EQ(now.start().most_at_once(), 1)
      << "options.h promises: the pool never calls start_thread twice at the "
         "same time";
}

TEST(PastTheCap, ThePoolStillGrowsToItsCapAndNoFurther) {
  const Count busy;
  const Door door;
  const TestPool pool({.cap = 4});
  const OpenAtEnd opener{door};
  for (int i = 1; i <= 6; ++i) {
    EXPECT_TRUE(pool->go([=] { busy.raise(), door.pass(); }));
    const int expected = std::min(i, 4);
    ASSERT_TRUE(wait_for([&] { return busy.get() >= expected; }))
        << "cap is 4; " << i << " tasks block, and " << busy.get()
        << " of them run";
  }
  EXPECT_EQ(pool->worker_count(), 4U) << "cap is 4, and 6 tasks block";
}

TEST(PastTheCap, ASleeperIsWokenWhileAThreadIsBeingStarted) {
  const SlowStart start(2);
  const Door first;
  const Count busy;
  const Count ran;
  const TestPool pool({.cap = 2, .start_thread = start});
  EXPECT_TRUE(pool->go([=] { busy.raise(), first.pass(); }));
  EXPECT_TRUE(wait_for([&] { return busy.get() == 1; }));
  std::thread submitter([shared = pool.share(), ran] {
    EXPECT_TRUE(shared->go([ran] { ran.raise(); }));
  });
  EXPECT_TRUE(start.wait_inside()) << "no second worker was started";
  first.open();  // the first worker runs the task, and sleeps
  EXPECT_TRUE(wait_for([&] { return pool->idle_count() == 1; }));
  EXPECT_TRUE(comes_back([shared = pool.share(), ran] {
    std::ignore = shared->go([ran] { ran.raise(); });
  })) << "go() waits until another thread's start is done";
  EXPECT_TRUE(wait_for([&] { return ran.get() == 2; }))
      << "a worker sleeps and a task waits; nobody wakes it, because another "
         "thread is being started";
  start.go_on();
  submitter.join();
}

TEST(PastTheCap, AStartThatFailsGivesItsPlaceBack) {
  const auto fails = std::make_shared<std::atomic<bool>>(false);
  const Count busy;
  const Door door;
  const TestPool pool({.cap = 2, .start_thread = [fails](Task body) {
                         if (*fails) throw 1;
                         return std::thread(std::move(body));
                       }});
  EXPECT_TRUE(pool->go([=] { busy.raise(), door.pass(); }));
  EXPECT_TRUE(wait_for([&] { return busy.get() == 1; }));
  *fails = true;
  EXPECT_TRUE(pool->go([=] { busy.raise(), door.pass(); }));
  EXPECT_EQ(pool->worker_count(), 1U) << "the thread could not be started";
  *fails = false;
  EXPECT_TRUE(pool->go([] {}));
  EXPECT_TRUE(wait_for([&] { return busy.get() == 2; }))
      << "a start failed once, and now the pool starts nobody any more";
  door.open();
}

}  // namespace
}  // namespace netpoll
