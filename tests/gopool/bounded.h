// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests of a pool that may be wrong, as a learner's is (exercises/04-gopool).
// Every wait has an end: a worker that sleeps for ever must become a message,
// and not a test that never ends.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "netpoll/gopool/gopool.h"
#include "support/patience.h"
#include "support/pause.h"
#include "support/sanitized.h"

namespace netpoll::test {

/// Returns false if `condition` does not become true in two seconds, or under a
/// sanitizer in twenty; after a first such wait the others end much sooner.
template <class Condition>
bool wait_for(Condition condition) {
  using Clock = std::chrono::steady_clock;
  constexpr int kPatienceMs = kSanitized ? 20'000 : 2'000;
  const auto limit = std::chrono::milliseconds(patient ? kPatienceMs : 50);
  const auto end = Clock::now() + limit;
  for (Pause pause; !condition(); pause()) {
    if (Clock::now() > end) {
      lose_patience();
      return false;
    }
  }
  return true;
}

/// A task waits, and every worker that lives sleeps: nobody is on his way to
/// it. Of one moment, since the pool counts under its lock.
inline bool is_stranded(const GoPool::Stats& now) {
  return now.queued > 0 && now.idle == now.workers;
}

/// Tasks wait at it until it is opened. Copies are one and the same.
class Door {
 public:
  void open() const { *open_ = true; }
  void pass() const {
    for (Pause pause; !*open_;)
      pause();
  }

 private:
  std::shared_ptr<std::atomic<bool>> open_ =
      std::make_shared<std::atomic<bool>>(false);
};

/// Opens a door at the test's end, however the test ends: the pool's end waits
/// for the tasks behind it.
struct OpenAtEnd {
  const Door& door;
  ~OpenAtEnd() { door.open(); }
};

/// A number that tasks raise; it outlives the test. Copies are one and the
/// same.
class Count {
 public:
  void raise() const { ++*count_; }
  int get() const { return *count_; }

 private:
  std::shared_ptr<std::atomic<int>> count_ =
      std::make_shared<std::atomic<int>>(0);
};

/// Runs `work` on a thread of its own. Returns false, and leaves that thread
/// alone, if it does not come back. So `work` owns what it uses.
template <class Work>
bool comes_back(Work work) {
  const Count done;
  std::thread thread([work = std::move(work), done]() mutable {
    work();
    done.raise();
  });
  if (wait_for([&] { return done.get() == 1; })) {
    thread.join();
    return true;
  }
  thread.detach();
  return false;
}

/// A pool that is stopped at the test's end, and left alone if that hangs.
class TestPool {
 public:
  explicit TestPool(GoPoolOptions options)
      : pool_(std::make_shared<GoPool>(std::move(options))) {}
  ~TestPool() { stop(Stop::drain); }
  TestPool(const TestPool&) = delete;
  TestPool& operator=(const TestPool&) = delete;

  GoPool* operator->() const { return pool_.get(); }
  std::shared_ptr<GoPool> share() const { return pool_; }

  void stop(Stop how) {
    if (std::exchange(stopped_, true)) return;
    if (comes_back([pool = pool_, how] { pool->stop(how); })) return;
    new std::shared_ptr<GoPool>(pool_);  // its workers use it for ever
    ADD_FAILURE() << "stop() waits for a worker that does not end";
  }

 private:
  std::shared_ptr<GoPool> pool_;
  bool stopped_ = false;
};

}  // namespace netpoll::test
