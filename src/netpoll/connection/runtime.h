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
};

struct RuntimeOptions {
  std::size_t pollers = 0;  ///< 0: a quarter of the cores, at least one
  /// Pollers that watch listeners and nothing else; 0: listeners share those of
  /// the connections.
  std::size_t acceptors = 0;
  LoadBalance balance = LoadBalance::round_robin;
  RunBy runner = RunBy::pool;
  /// A worker also returns most of the free memory that it keeps to the other
  /// threads, before it sleeps and before it calls before_sleep.
  GoPoolOptions workers = {.name = "worker"};
};

class Runtime {
 public:
  /// Starts the threads. Fails when the descriptors for it cannot be opened.
  /// [init]
  [[nodiscard]] static Result<std::unique_ptr<Runtime>> start(
      const RuntimeOptions& options = {});
  /// Joins the threads. Requires: every loop is shut down and every dialled
  /// connection closed. [none of its threads]
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  GoPool& workers() { return workers_; }        ///< [any]
  PollerGroup& pollers() { return *pollers_; }  ///< [any]
  /// Who watches listeners. [any]
  PollerGroup& acceptors() { return acceptors_ ? *acceptors_ : *pollers_; }
  /// The calling thread is one of the runtime's: a handler runs on it, or a
  /// poller. It must not wait for handlers to end. [any]
  bool on_own_thread() const;

 private:
  explicit Runtime(const RuntimeOptions& options);
  void trim_memory();

  std::atomic<Deadline> next_trim_{Deadline()};  // the pollers'; on its own

  // Constant once start() has returned; each is for any thread.
  GoPool workers_;
  std::unique_ptr<Runner> runner_;
  std::unique_ptr<PollerGroup> pollers_;
  std::unique_ptr<PollerGroup> acceptors_;  // null: pollers_
};

}  // namespace netpoll
