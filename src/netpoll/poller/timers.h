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
  /// Makes op.on_timer() due at the moment `at`. Replaces the moment that `op`
  /// had before, if any; kNever only removes that moment. Returns true when
  /// `at` is sooner than soonest() was before this call: then a poller that
  /// sleeps must be woken, or it would wake too late. Requires: the moment of
  /// `op` is removed before `op` is destroyed. [any]
  bool set(FdOperator& op, Deadline at) NETPOLL_EXCLUDES(mutex_);
  /// The soonest moment of all operators; kNever when none is set. [any]
  Deadline soonest() const {
    // relaxed: the poller may read a moment that is out of date, because
    // another thread is inside set(). That thread wakes the poller afterwards
    // (Poller::set_timer), and the poller reads again.
    return soonest_.load(std::memory_order_relaxed);
  }
  /// How many operators have a moment set. [any]
  [[nodiscard]] std::size_t count() NETPOLL_EXCLUDES(mutex_);
  /// Finds the operators whose moment is not after `now`, the soonest first.
  /// Removes their moments, writes the operators into `room`, and returns the
  /// part of `room` that it wrote. Once `room` is full, the other moments stay
  /// set, for the next call. Requires: `room` is not empty. [poller]
  [[nodiscard]] std::span<FdOperator*> take_due(Deadline now,
                                                std::span<FdOperator*> room)
      NETPOLL_EXCLUDES(mutex_);

 private:
  void publish_soonest() NETPOLL_REQUIRES(mutex_);

  Mutex mutex_;
  std::set<std::pair<Deadline, FdOperator*>> moments_
      NETPOLL_GUARDED_BY(mutex_);
  // The first moment of moments_, or kNever. Written under mutex_; any thread
  // reads it without mutex_.
  std::atomic<Deadline> soonest_{kNever};
};

}  // namespace netpoll
