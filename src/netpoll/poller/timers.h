// SPDX-License-Identifier: Apache-2.0
#pragma once

// When to look at an operator again: one moment each, the soonest first.
//
//    any thread: set(op, at) --> [ at 3: op C | at 7: op A | at 9: op B ]
//    poller:     sleeps until soonest(), then take_due(now): C
//
// A timer that is moved often is cheap when its owner is lazy: let it fire,
// look how late it really is, and set it again. So an idle timeout costs one
// insertion for each of its lengths, not one for each read.
// Upstream has none: its timeouts live in the calls that wait, and its idle
// timeout is TCP's keepalive (connection_impl.go:81).

#include <atomic>
#include <set>
#include <utility>
#include <vector>

#include "netpoll/base/mutex.h"
#include "netpoll/base/trigger.h"
#include "netpoll/poller/fd_operator.h"

namespace netpoll {

class Timers {
 public:
  /// Sets the moment of `op`, in place of an earlier one; kNever takes it
  /// away. True when `at` is now the soonest: the poller sleeps too long.
  /// Requires: taken away before `op` goes. [any]
  bool set(FdOperator& op, Deadline at) NETPOLL_EXCLUDES(mutex_);
  /// The soonest moment; kNever without one. [any]
  Deadline soonest() const {
    // relaxed: a set() that this misses rings the poller's bell afterwards.
    return soonest_.load(std::memory_order_relaxed);
  }
  /// Takes out those whose moment has come. [poller]
  std::vector<FdOperator*> take_due(Deadline now) NETPOLL_EXCLUDES(mutex_);

 private:
  void publish() NETPOLL_REQUIRES(mutex_);

  Mutex mutex_;
  std::set<std::pair<Deadline, FdOperator*>> moments_
      NETPOLL_GUARDED_BY(mutex_);
  std::atomic<Deadline> soonest_{kNever};  // of moments_
};

}  // namespace netpoll
