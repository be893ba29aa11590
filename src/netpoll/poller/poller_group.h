// SPDX-License-Identifier: Apache-2.0
#pragma once

// A fixed number of pollers, each on a thread of its own.
//
//    next():  poller 1, poller 2, …, poller 0, poller 1   (round robin)
//             poller 3, poller 0, poller 3, …             (random)
//
// Unlike upstream: the pollers start at once and their number never changes, so
// no connection is left on a poller that was closed (manager.Run,
// poll_manager.go:80); and the destructor stops the pollers.
// Upstream: manager, poll_manager.go:41; roundRobinLB, poll_loadbalance.go:79;
// randomLB, poll_loadbalance.go:57.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "netpoll/poller/poller.h"

namespace netpoll {

/// How PollerGroup::next() chooses the poller of a new connection. Upstream:
/// LoadBalance, poll_loadbalance.go:24.
enum class LoadBalance : std::uint8_t { round_robin, random };

struct PollerGroupOptions {
  std::size_t count = 1;  ///< how many pollers; 0 counts as 1
  LoadBalance balance = LoadBalance::round_robin;
  /// The threads get this name and a number: "poller-0", "poller-1", …
  std::string name = "poller";
  /// Each poller gets a copy of this job, or none: see Poller::open().
  std::function<void()> chore = nullptr;
  PollerPauses pauses = {};  ///< of each poller
  /// Up to which length of a task each poller runs tasks itself: see
  /// Poller::open(). With it, each poller has a second thread, its relief.
  std::chrono::microseconds own_time{0};
};

class PollerGroup {
 public:
  /// Starts the pollers and their threads. Fails as Poller::open() does, or
  /// when a thread cannot be started. `runner` must outlive the group. [init]
  [[nodiscard]] static Result<std::unique_ptr<PollerGroup>> start(
      Runner& runner, const PollerGroupOptions& options = {});
  /// Stops the pollers and waits until their threads have ended. Requires: all
  /// operators have been detached. Ends the process when the thread of one of
  /// these pollers calls it, for that thread cannot wait for its own end.
  /// [any but these pollers]
  ~PollerGroup();

  PollerGroup(const PollerGroup&) = delete;
  PollerGroup& operator=(const PollerGroup&) = delete;

  /// Chooses the poller that is to watch the next connection. The poller lives
  /// as long as this group. [any]
  Poller& next();
  /// How many pollers the group has. [any]
  std::size_t size() const { return pollers_.size(); }
  /// Whether the calling thread is that of one of these pollers, also while it
  /// runs a task of own_time. [any]
  bool on_own_thread() const;

 private:
  PollerGroup(std::vector<std::unique_ptr<Poller>> pollers,
              const PollerGroupOptions& options);

  // balance_, pollers_ and threads_ do not change after construction.
  const LoadBalance balance_;
  std::vector<std::unique_ptr<Poller>> pollers_;
  std::vector<std::jthread> threads_;

  std::atomic<std::uint64_t> turn_{0};  // how many times next() was called
};

}  // namespace netpoll
