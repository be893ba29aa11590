// SPDX-License-Identifier: Apache-2.0
// Caps, tasks and the start that takes long come from the seed.
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
#include "labs/seed.h"
#include "netpoll/gopool/gopool.h"

namespace netpoll {
namespace {

using test::comes_back;
using test::Count;
using test::Door;
using test::OpenAtEnd;
using test::Seeded;
using test::TestPool;
using test::wait_for;

// A start_thread of which one call takes as long as the test wants. Copies are
// one and the same.
class SlowStart {
 public:
  // Before any call: which of them takes long.
  void hold(std::size_t slow) const { *slow_ = static_cast<int>(slow); }

  std::thread operator()(Task body) const {
    const int now = inside_->fetch_add(1) + 1;
    if (now > 1) two_at_once_.raise();
    calls_.raise();
    if (calls_.get() == *slow_) {
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
  bool was_called_twice_at_once() const { return two_at_once_.get() > 0; }

 private:
  std::shared_ptr<std::atomic<int>> slow_ =
      std::make_shared<std::atomic<int>>(0);
  Count calls_;
  Count came_;
  Count two_at_once_;
  Door go_on_;
  std::shared_ptr<std::atomic<int>> inside_ =
      std::make_shared<std::atomic<int>>(0);
};

class PastTheCapSeeded : public testing::Test {
 protected:
  // A task that stays where it is until the end, from another thread.
  void hand_over_one() {
    ASSERT_TRUE(comes_back([pool = pool_.share(), task = blocking()]() mutable {
      std::ignore = pool->go(std::move(task));
    })) << "go() waits until another thread's start is done";
  }
  Task blocking() const { return blocking_at(door_); }
  Task blocking_at(Door door) const {
    return [busy = busy_, door] {
      busy.raise();
      door.pass();
    };
  }
  // Busy workers, one less than the start that takes long; then that start, for
  // the task `last`. The first worker is busy until first_ opens.
  void come_to_the_slow_start(std::size_t slow, Task last) {
    slow_ = slow;
    start_.hold(slow);
    for (std::size_t i = 1; i < slow_; ++i) {
      ASSERT_TRUE(pool_->go(blocking_at(i == 1 ? first_ : door_)));
      ASSERT_TRUE(wait_for([&] { return busy_.get() == static_cast<int>(i); }));
    }
    submitter_ =
        std::thread([pool = pool_.share(), task = std::move(last)]() mutable {
          std::ignore = pool->go(std::move(task));
        });
    ASSERT_TRUE(start_.wait_inside()) << "worker " << slow_ << " never started";
  }
  void expect_the_cap_holds() const {
    EXPECT_LE(pool_->worker_count(), cap_)
        << "cap is " << cap_ << ", and worker " << slow_
        << " was being started when more tasks came";
    EXPECT_FALSE(start_.was_called_twice_at_once())
        << "start_thread was called while another call was under way";
  }
  void expect_it_grows_to_the_cap() const {
    EXPECT_TRUE(wait_for([&] { return blocked() == cap_; }))
        << "cap is " << cap_
        << ", more tasks block, and this many of them run: " << blocked();
    expect_the_cap_holds();
  }
  // How many workers are inside a task that blocks.
  std::size_t blocked() const {
    return static_cast<std::size_t>(busy_.get() - come_back_.get());
  }
  void TearDown() override {
    start_.go_on();
    first_.open();
    door_.open();
    if (submitter_.joinable()) submitter_.join();
  }

  Seeded numbers_{
      testing::UnitTest::GetInstance()->current_test_info()->name()};
  std::size_t cap_ = numbers_.between(3, 6);
  std::size_t slow_ = 0;
  SlowStart start_;
  Count busy_;
  Count come_back_;  // of the busy ones
  Door first_;
  Door door_;
  TestPool pool_{{.cap = cap_, .start_thread = start_}};
  std::thread submitter_;
};

TEST_F(PastTheCapSeeded, TasksThatComeDuringTheLastStartRespectTheCap) {
  ASSERT_NO_FATAL_FAILURE(come_to_the_slow_start(cap_, blocking()));
  for (std::size_t i = numbers_.between(cap_, 2 * cap_); i > 0; --i)
    ASSERT_NO_FATAL_FAILURE(hand_over_one());
  expect_the_cap_holds();
  start_.go_on();
  expect_it_grows_to_the_cap();
}

TEST_F(PastTheCapSeeded, ABatchThatComesDuringAnEarlierStartWaitsForIt) {
  ASSERT_NO_FATAL_FAILURE(
      come_to_the_slow_start(numbers_.between(2, cap_ - 1), blocking()));
  for (std::size_t i = numbers_.between(2, 3); i > 0; --i) {
    auto batch = std::make_shared<std::vector<Task>>();
    for (std::size_t n = numbers_.between(cap_, 2 * cap_); n > 0; --n)
      batch->push_back(blocking());
    ASSERT_TRUE(comes_back([pool = pool_.share(), batch] {
      std::ignore = pool->go(std::span(*batch));
    })) << "go() waits until another thread's start is done";
  }
  expect_the_cap_holds();
  start_.go_on();
  expect_it_grows_to_the_cap();
}

TEST_F(PastTheCapSeeded, ASleeperIsWokenDuringAStartAndTheCapHolds) {
  const Count ran;
  ASSERT_NO_FATAL_FAILURE(come_to_the_slow_start(cap_, [ran] { ran.raise(); }));
  first_.open();  // the first worker runs the last task, and sleeps
  come_back_.raise();
  const auto tasks = static_cast<int>(numbers_.between(1, 5));
  for (int i = 1; i <= tasks + 1; ++i) {
    ASSERT_TRUE(wait_for([&] { return ran.get() == i; }))
        << "a worker sleeps and a task waits; nobody wakes it, because another "
           "thread is being started";
    ASSERT_TRUE(wait_for([&] { return pool_->idle_count() == 1; }));
    ASSERT_TRUE(comes_back([pool = pool_.share(), ran] {
      std::ignore = pool->go([ran] { ran.raise(); });
    })) << "go() waits until another thread's start is done";
  }
  for (std::size_t i = numbers_.between(cap_, 2 * cap_); i > 0; --i)
    ASSERT_NO_FATAL_FAILURE(hand_over_one());
  expect_the_cap_holds();
  start_.go_on();
  expect_it_grows_to_the_cap();
}

}  // namespace
}  // namespace netpoll
