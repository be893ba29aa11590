// SPDX-License-Identifier: Apache-2.0
#pragma once

// One thread sleeps, others wake it; a wake that comes first is not lost.
//
//    sleeper                          wakers
//    wait_until(deadline) <--wake--   pull(), pull(), …   (they add up to one)
//
// It says only "look again": the sleeper re-checks its condition after every
// wake, so a left-over wake costs one more look and nothing else.
// Upstream: connection.readTrigger, a channel of capacity one
// (connection_impl.go:45).

#include <chrono>
#include <condition_variable>

#include "netpoll/base/mutex.h"

namespace netpoll {

/// A moment of the steady clock; kNever for "without a limit".
using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline kNever = Deadline::max();

/// The moment `length` from now; kNever if the clock does not go so far. [any]
template <class Duration>
Deadline deadline_after(Duration length) {
  const Deadline now = Deadline::clock::now();
  // Compared in the caller's unit: his largest number may not fit the clock's.
  const auto left = std::chrono::floor<Duration>(kNever - now);
  return length < left ? now + length : kNever;
}

/// The same for a timeout, of which 0 means "no limit". [any]
inline Deadline deadline_of(std::chrono::milliseconds timeout) {
  return timeout.count() > 0 ? deadline_after(timeout) : kNever;
}

class Trigger {
 public:
  Trigger() = default;
  Trigger(const Trigger&) = delete;
  Trigger& operator=(const Trigger&) = delete;

  /// Wakes the sleeper, or lets its next wait return at once. What the caller
  /// wrote before is visible to the sleeper afterwards. [any]
  void pull();

  /// Sleeps until pulled. Takes the pull. Returns false when `deadline` came
  /// first. One sleeper at a time. [any]
  bool wait_until(Deadline deadline);

  /// Sleeps until pulled, however long it takes. [any]
  void wait() { wait_until(kNever); }

  /// Forgets a pull that nobody waited for. [the sleeper]
  void clear();

 private:
  Mutex mutex_;
  std::condition_variable pulled_cv_;
  bool pulled_ NETPOLL_GUARDED_BY(mutex_) = false;
};

}  // namespace netpoll
