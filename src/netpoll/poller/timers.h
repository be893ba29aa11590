// SPDX-License-Identifier: Apache-2.0
#pragma once

// At which moment to call an operator's on_timer(): one moment for each
// operator, kept in order, the soonest first.
//
//    any thread: set(op, at) --> [ at 3: op C | at 7: op A | at 9: op B ]
//    poller:     sleeps until soonest(), then take_due(now, …) returns C
//
// set() costs O(log n). An operator whose moment moves at each read should not
// call set() at each read: let the timer fire, compare the clock with the real
// moment, and set the timer again for the rest. Then an idle timeout costs one
// set() for each of its lengths, not one for each read.
// Upstream has no timers: a call that waits has its own timeout, and the idle
// timeout is TCP's keepalive: connection.SetIdleTimeout, connection_impl.go:81.

#include <atomic>
#include <set>
#include <span>
#include <utility>

#include "netpoll/base/mutex.h"
#include "netpoll/base/trigger.h"
#include "netpoll/poller/fd_operator.h"

namespace netpoll {

class Timers {
 public:
  /// Sets the moment of `op` and replaces an earlier moment; kNever removes it.
  /// Returns true when `at` is now the soonest moment of all, so that a poller
  /// that sleeps must be woken. Requires: the moment of `op` is removed before
  /// `op` is destroyed. [any]
  bool set(FdOperator& op, Deadline at) NETPOLL_EXCLUDES(mutex_);
  /// The soonest moment; kNever when no moment is set. [any]
  Deadline soonest() const {
    // relaxed: the poller may miss a set() of another thread; that thread wakes
    // the poller afterwards (Poller::set_timer), and the poller reads again.
    return soonest_.load(std::memory_order_relaxed);
  }
  /// How many moments are set. [any]
  [[nodiscard]] std::size_t count() NETPOLL_EXCLUDES(mutex_);
  /// Removes the moments that are not after `now`, the soonest first, as many
  /// as `room` holds, and returns the filled part of `room`: their operators.
  /// Moments that found no room stay due. Requires: room for one. [poller]
  [[nodiscard]] std::span<FdOperator*> take_due(Deadline now,
                                                std::span<FdOperator*> room)
      NETPOLL_EXCLUDES(mutex_);

 private:
  void publish_soonest() NETPOLL_REQUIRES(mutex_);

  Mutex mutex_;
  std::set<std::pair<Deadline, FdOperator*>> moments_
      NETPOLL_GUARDED_BY(mutex_);
  // The first moment of moments_. Written under mutex_, read by any thread.
  std::atomic<Deadline> soonest_{kNever};
};

}  // namespace netpoll
