// SPDX-License-Identifier: Apache-2.0
#pragma once

// The threads that everything else borrows: pollers and workers.
//
//    Runtime
//      workers   GoPool        run the handlers, which may block
//      pollers   PollerGroup   wait for the kernel, read, hand over
//
// Upstream keeps both in package variables, and with them a cycle through 14 of
// its 38 files. Here whoever needs threads gets a Runtime&.

#include <cstddef>
#include <memory>

#include "base/result.h"
#include "gopool/gopool.h"
#include "poller/poller_group.h"

namespace netpoll {

struct RuntimeOptions {
  std::size_t pollers = 0;  ///< 0: a quarter of the cores, at least one
  GoPoolOptions workers = {.name = "worker"};
};

class Runtime {
 public:
  /// Starts the threads. Fails when the descriptors for it cannot be opened.
  /// [init]
  static Result<std::unique_ptr<Runtime>> start(RuntimeOptions options = {});
  /// Joins the threads. Requires: every loop is shut down and every dialled
  /// connection closed. [none of its threads]
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  GoPool& workers() { return workers_; }        ///< [any]
  PollerGroup& pollers() { return *pollers_; }  ///< [any]

 private:
  explicit Runtime(GoPoolOptions workers) : workers_(std::move(workers)) {}

  GoPool workers_;
  std::unique_ptr<PollerGroup> pollers_;
};

}  // namespace netpoll
