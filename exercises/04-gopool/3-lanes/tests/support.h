// SPDX-License-Identifier: Apache-2.0
#pragma once

// What both files of tests of this exercise share.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "gopool/bounded.h"
#include "lanes.h"

namespace netpoll::test {

/// Lanes that are destroyed at the test's end, and left alone if that hangs.
class TestLanes {
 public:
  TestLanes(const TestPool& pool, std::size_t at_most)
      : pool_(pool), lanes_(std::make_shared<Lanes>(*pool.share(), at_most)) {}
  ~TestLanes() { end(); }
  TestLanes(const TestLanes&) = delete;
  TestLanes& operator=(const TestLanes&) = delete;

  Lanes* operator->() const { return lanes_.get(); }
  Lanes* get() const { return lanes_.get(); }
  std::shared_ptr<Lanes> share() const { return lanes_; }

  // Calls go(), unless an earlier call has not come back. After the first one a
  // worker has come.
  void go(const std::string& kind, Task task) {
    if (stuck_) return;
    stuck_ =
        !comes_back([there = lanes_, kind, task = std::move(task)]() mutable {
          there->go(kind, std::move(task));
          there.reset();
        });
    if (std::exchange(first_, false)) {
      wait_for([this] { return pool_->queued() == 0; });
    }
    if (stuck_) {
      ADD_FAILURE() << "go() does not come back while another task runs or its "
                       "lane is full: the poller would wait there with all its "
                       "connections";
    }
  }
  bool is_stuck() const { return stuck_; }
  // Waits until no task runs or waits.
  void wait_quiet() const {
    if (!stuck_) wait_for([this] { return lanes_->kinds() == 0; });
  }

  void end() {
    if (!lanes_) return;
    auto* const mine = new std::shared_ptr(std::exchange(lanes_, nullptr));
    if (!comes_back([mine] { delete mine; })) {
      ADD_FAILURE() << "the destructor of Lanes waits for something that does "
                       "not come";
    }
  }

 private:
  const TestPool& pool_;
  std::shared_ptr<Lanes> lanes_;
  bool stuck_ = false;
  bool first_ = true;
};

/// Counts who is inside, and the most that ever were. Copies are one and the
/// same.
class Crowd {
 public:
  void enter() const {
    const int now = ++*inside_;
    int seen = *most_;
    while (seen < now && !most_->compare_exchange_weak(seen, now)) {
    }
  }
  void leave() const { --*inside_; }
  int inside() const { return *inside_; }
  int most() const { return *most_; }

 private:
  using Number = std::shared_ptr<std::atomic<int>>;
  Number inside_ = std::make_shared<std::atomic<int>>(0);
  Number most_ = std::make_shared<std::atomic<int>>(0);
};

/// A task that stays inside until the door opens.
inline Task stay(const Crowd& crowd, const Door& door) {
  return [=] {
    crowd.enter();
    door.pass();
    crowd.leave();
  };
}

}  // namespace netpoll::test
