// SPDX-License-Identifier: Apache-2.0
#pragma once

// The threads that everything else borrows: pollers and workers.
//
//    Runtime
//      workers    GoPool        run the handlers, which may block
//      runner     Runner        brings the pollers' tasks to workers, or not
//      pollers    PollerGroup   wait for the kernel, read, hand over
//      acceptors  PollerGroup   the same for listeners alone, if wanted
//
// Upstream keeps both in package variables, and with them a cycle through 14 of
// its 38 files. Here whoever needs threads gets a Runtime&.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "netpoll/base/result.h"
#include "netpoll/gopool/gopool.h"
#include "netpoll/poller/poller_group.h"

namespace netpoll {

/// Who runs the handlers.
enum class RunBy : std::uint8_t {
  pool,              // workers; handlers may block
  inline_on_poller,  // the connection's poller; handlers must not block
  adaptive,          // the poller while that is quick, else workers; handlers
                     // may block
};

struct RuntimeOptions {
  std::size_t pollers = 0;  ///< 0: a quarter of the cores, at least one
  /// How many pollers watch listeners and nothing else. 0: the pollers of the
  /// connections watch the listeners too.
  std::size_t acceptors = 0;
  LoadBalance balance = LoadBalance::round_robin;
  RunBy runner = RunBy::pool;
  /// The options of the worker pool. Before a worker sleeps, the runtime also
  /// makes it return most of the free memory in its own cache to the other
  /// threads; after that `before_sleep` of these options is called.
  GoPoolOptions workers = {.name = "worker"};
  PollerPauses pauses = {};  ///< of each poller that watches connections
};

class Runtime {
 public:
  /// Starts the pollers and the worker pool. Fails when the descriptors of the
  /// pollers cannot be opened. [init]
  [[nodiscard]] static Result<std::unique_ptr<Runtime>> start(
      const RuntimeOptions& options = {});
  /// Ends and joins all its threads. Requires: every EventLoop is shut down,
  /// and every dialled connection closed. [any but the runtime's threads]
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  GoPool& workers() { return workers_; }        ///< [any]
  PollerGroup& pollers() { return *pollers_; }  ///< [any]
  /// The pollers that watch listeners: those of RuntimeOptions::acceptors, or
  /// pollers() if there are none. [any]
  PollerGroup& acceptors() { return acceptors_ ? *acceptors_ : *pollers_; }
  /// The calling thread is a worker or a poller of this runtime. Such a thread
  /// must not wait for handlers to end, since it may be running one. [any]
  bool on_own_thread() const;

 private:
  explicit Runtime(const RuntimeOptions& options);
  void trim_memory();

  std::atomic<Deadline> next_trim_{Deadline()};  // when a poller trims next

  // Constant once start() has returned; each of the four objects may be used by
  // any thread.
  GoPool workers_;
  std::unique_ptr<Runner> runner_;
  std::unique_ptr<PollerGroup> pollers_;
  std::unique_ptr<PollerGroup> acceptors_;  // null: pollers_ serve
};

}  // namespace netpoll
