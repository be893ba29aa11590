// SPDX-License-Identifier: Apache-2.0
#pragma once

// A fixed number of pollers, each on a thread of its own.
//
//    next():  poller 1, poller 2, …, poller 0, poller 1   (round robin)
//             poller 3, poller 0, poller 3, …             (random)
//
// Unlike upstream: started at once and never resized, so nobody can be left on
// a poller that was closed (poll_manager.go:80), and stopped by the destructor.
// Upstream: manager, poll_manager.go:39; roundRobinLB, poll_loadbalance.go:79;
// randomLB, poll_loadbalance.go:57.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "netpoll/poller/poller.h"

namespace netpoll {

/// How connections are spread over the pollers. Upstream: LoadBalance.
enum class LoadBalance : std::uint8_t { round_robin, random };

struct PollerGroupOptions {
  std::size_t count = 1;  ///< at least one is started
  LoadBalance balance = LoadBalance::round_robin;
  std::string name = "poller";            ///< of the threads, with a number
  std::function<void()> chore = nullptr;  ///< see Poller::open()
};

class PollerGroup {
 public:
  /// Starts the pollers. Fails as Poller::open() does. `runner` must outlive
  /// the group. [init]
  static Result<std::unique_ptr<PollerGroup>> start(
      Runner& runner, const PollerGroupOptions& options = {});
  /// Stops the pollers and joins their threads. Requires: nothing is watched
  /// any more. [not a poller]
  ~PollerGroup();

  PollerGroup(const PollerGroup&) = delete;
  PollerGroup& operator=(const PollerGroup&) = delete;

  /// The poller whose turn it is to get a connection; lives as long as the
  /// group. [any]
  Poller& next();
  std::size_t size() const { return pollers_.size(); }  ///< [any]
  /// The calling thread is one of these pollers. [any]
  bool on_own_thread() const;

 private:
  PollerGroup(std::vector<std::unique_ptr<Poller>> pollers,
              const PollerGroupOptions& options);

  // Constant after construction.
  const LoadBalance balance_;
  std::vector<std::unique_ptr<Poller>> pollers_;
  std::vector<std::jthread> threads_;

  std::atomic<std::uint64_t> turn_{0};  // connections given out so far
};

}  // namespace netpoll
