// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who runs the tasks that the pollers bring.
//
//    Poller: a turn's tasks --run(batch)--> PoolRunner    to the workers, at
//                                           |             once, with one wake
//                                           InlineRunner  right here, one
//                                                         after the other
//    any thread: one task --go(task)-----> PoolRunner     to the workers
//                                           InlineRunner  no: post it to the
//                                                         poller
//
// The pool is for handlers that may block; inline is for those that never do,
// and saves them the way to another thread. A third kind fits between the two:
// one that runs the head of a batch here and hands the rest over.
// Upstream: runner.RunTask, internal/runner/runner.go:30.

#include <span>

#include "netpoll/gopool/gopool.h"

namespace netpoll {

class Runner {
 public:
  /// What became of a batch.
  enum class Ran {
    here,       // run, and over
    elsewhere,  // taken by other threads; the poller yields and looks again
    refused,    // untouched: the poller keeps it and tries again
  };

  virtual ~Runner() = default;

  /// Runs all of `batch` or none, in its order. [poller]
  virtual Ran run(std::span<Task> batch) = 0;
  /// Runs one task on another thread than the caller's. False: it cannot, and
  /// the caller still has it. [any]
  virtual bool go(Task& task) = 0;
};

/// Upstream's way, and the default.
class PoolRunner final : public Runner {
 public:
  /// `workers` must outlive this.
  explicit PoolRunner(GoPool& workers) : workers_(workers) {}

  /// Runs the batch here once the pool is being stopped: what is left then,
  /// tearing down, must not be lost.
  Ran run(std::span<Task> batch) override;
  bool go(Task& task) override { return workers_.go(std::span(&task, 1)); }

 private:
  GoPool& workers_;
};

/// Run to completion. A handler that would wait gets Errc::would_block.
class InlineRunner final : public Runner {
 public:
  Ran run(std::span<Task> batch) override;
  bool go(Task&) override { return false; }
};

}  // namespace netpoll
