// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the gopool tests share: tasks that stay until released, waiting for a
// count that no task can announce, and the lines of the log.

#include <chrono>
#include <cstddef>
#include <latch>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "netpoll/base/trigger.h"
#include "netpoll/gopool/gopool.h"
#include "support/pause.h"

namespace netpoll::test {

/// Tasks that must run at the same time: each one announces that it has started
/// and then waits for release().
class Held {
 public:
  explicit Held(std::size_t count)
      : count_(count), started_(static_cast<std::ptrdiff_t>(count)) {}

  /// One of the `count` tasks.
  Task task() {
    return [this] {
      started_.count_down();
      released_.wait();
    };
  }
  /// All of them.
  std::vector<Task> tasks() {
    std::vector<Task> all(count_);
    for (Task& each : all)
      each = task();
    return all;
  }
  /// Returns when all `count` tasks run.
  void wait_started() { started_.wait(); }
  bool all_started() const { return started_.try_wait(); }
  void release() { released_.count_down(); }

 private:
  std::size_t count_;
  std::latch started_;
  std::latch released_{1};
};

/// Calls `condition` until it returns true. For what happens after the last task
/// of a worker: the worker sleeps or ends its thread, and no latch can be there.
/// Returns false after half a minute.
template <class Condition>
bool eventually(Condition condition) {
  const Deadline end =
      std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (Pause pause; !condition(); pause()) {
    if (std::chrono::steady_clock::now() > end) return false;
  }
  return true;
}

/// Hands over `count` copies of `callable`, one go() each. Returns how many
/// were taken.
template <class F>
std::size_t go_times(GoPool& pool, std::size_t count, F callable) {
  std::size_t taken = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (pool.go(callable)) ++taken;
  }
  return taken;
}

/// Makes the pool start `count` workers and waits until all of them sleep.
inline bool warm_up(GoPool& pool, std::size_t count) {
  Held held(count);
  std::vector<Task> tasks = held.tasks();
  if (!pool.go(std::span(tasks))) return false;
  held.wait_started();
  held.release();
  // Not `workers == count`: a worker may have ended its thread meanwhile.
  return eventually([&] {
    const GoPool::Stats now = pool.stats();
    return now.queued == 0 && now.idle == now.workers;
  });
}

}  // namespace netpoll::test
