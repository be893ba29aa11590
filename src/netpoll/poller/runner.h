// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which thread runs the tasks that pollers bring.
//
//    Poller: tasks of a turn -----run(batch)---> PoolRunner    to the workers,
//                                                              with one wake
//            tasks of one event --run(batch)---> InlineRunner  on this thread,
//                                                              one by one
//    any thread: one task --------go(task)-----> PoolRunner    to the workers
//                                                InlineRunner  false: the
//                                                              caller posts the
//                                                              task to a poller
//
// The pool is for handlers that may block. Inline is for handlers that never
// block, and saves them the way to another thread. A runner of the user's own
// may run the first tasks of a batch on the poller and give the rest to others.
//
// A wake costs more than a short handler, so workers get all tasks of a turn
// with one wake. A handler on the poller needs no wake, and runs at once: what
// it reads was read from the socket just before, and is still in the cache.
// Upstream: RunTask, internal/runner/runner.go:30.

#include <span>

#include "netpoll/gopool/gopool.h"

namespace netpoll {

class Runner {
 public:
  /// What run() has done with its batch of tasks.
  enum class Ran {
    here,       // every task has run on the calling thread
    elsewhere,  // other threads run tasks; the poller yields to these threads
    refused,    // no task has run or was moved from; the poller tries later
  };

  virtual ~Runner() = default;

  /// True: the poller calls run() after each event that has brought tasks.
  /// False: when enough tasks wait, and at the end of the turn. [init]
  [[nodiscard]] virtual bool wants_each_event() const { return false; }
  /// Runs all tasks of `batch`, on the calling thread or on others, or refuses
  /// them all. Starts them in their order. A task that one of them defers is
  /// not added to `batch`: the poller brings it with its next batch. [poller]
  [[nodiscard]] virtual Ran run(std::span<Task> batch) = 0;
  /// Runs one task on another thread than the caller's. Returns false when that
  /// is not possible; then the caller still has the task. [any]
  [[nodiscard]] virtual bool go(Task& task) = 0;
};

/// Gives the tasks to a GoPool, as upstream does. This is the default runner.
class PoolRunner final : public Runner {
 public:
  /// `workers` must outlive the runner. [init]
  explicit PoolRunner(GoPool& workers) : workers_(workers) {}

  /// Gives the batch to the workers. Refuses when the pool has no worker and
  /// can start none. Runs the batch on the calling thread once the pool has
  /// been stopped: those last tasks tear connections down, and must not be
  /// lost. [poller]
  [[nodiscard]] Ran run(std::span<Task> batch) override;
  /// Gives the task to a worker. Returns false, and leaves the task to the
  /// caller, when the pool is stopped or can start no worker. [any]
  [[nodiscard]] bool go(Task& task) override {
    return workers_.go(std::span(&task, 1));
  }

 private:
  GoPool& workers_;
};

/// Runs each task to its end on the poller's thread. That thread may not wait,
/// so a handler that would wait for its connection gets Errc::would_block.
class InlineRunner final : public Runner {
 public:
  /// Always true. [init]
  [[nodiscard]] bool wants_each_event() const override { return true; }
  /// Runs the batch on the calling thread. [poller]
  [[nodiscard]] Ran run(std::span<Task> batch) override;
  /// Always returns false: this runner has no thread other than the caller's.
  /// The caller then posts the task to a poller, which calls run(). [any]
  [[nodiscard]] bool go(Task&) override { return false; }
};

}  // namespace netpoll
