// SPDX-License-Identifier: Apache-2.0
#pragma once

// A fixed number of pollers, each on a thread of its own.
//
//    next():  poller 1, poller 2, …, poller 0, poller 1   (round robin)
//
// Unlike upstream: started at once and never resized, so nobody can be left on
// a poller that was closed (poll_manager.go:80), and stopped by the destructor.
// Upstream: manager, poll_manager.go:39; roundRobinLB, poll_loadbalance.go:76.

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "poller/poller.h"

namespace netpoll {

class PollerGroup {
 public:
  /// Starts `count` pollers, at least one. Fails as Poller::open() does.
  /// `workers` must outlive the group. [init]
  static Result<std::unique_ptr<PollerGroup>> start(std::size_t count,
                                                    GoPool& workers);
  /// Stops the pollers and joins their threads. Requires: nothing is watched
  /// any more. [not a poller]
  ~PollerGroup();

  PollerGroup(const PollerGroup&) = delete;
  PollerGroup& operator=(const PollerGroup&) = delete;

  /// The poller whose turn it is to get a connection; lives as long as the
  /// group. [any]
  Poller& next();
  std::size_t size() const { return pollers_.size(); }

 private:
  explicit PollerGroup(std::vector<std::unique_ptr<Poller>> pollers);

  // Constant after construction.
  std::vector<std::unique_ptr<Poller>> pollers_;
  std::vector<std::jthread> threads_;

  std::atomic<std::size_t> turn_{0};  // connections given out so far
};

}  // namespace netpoll
