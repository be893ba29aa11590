// SPDX-License-Identifier: Apache-2.0
#pragma once

// How long one half of a connection may wait.
//
//    timeout    so long for each call that waits     whichever was set last;
//    deadline   till this moment, for all of them    a deadline goes first
//
// Setting a timeout takes the deadline away. A call that already waits keeps
// the limit it began with. Unlike upstream's v0.7.0, where each deadline is
// ErrUnsupported: netFD.SetDeadline, net_netfd_conn.go:94; #404.
// Upstream: v0.7.2, connection_impl.go:88 (SetReadTimeout),
// :117 (SetReadDeadline).
//
// Written by any thread, read by the reader or the writer when a wait begins;
// no order between the two is needed or given.

#include <atomic>
#include <chrono>

#include "netpoll/base/trigger.h"

namespace netpoll {

class WaitLimit {
 public:
  /// Sets how long each later call may wait, and removes the deadline. 0: no
  /// limit; negative: the old timeout stays. [any]
  void set_timeout(std::chrono::milliseconds timeout) {
    // relaxed, here and below: timeout_ and deadline_ stand on their own; no
    // other data is read by way of them.
    if (timeout.count() >= 0) {
      timeout_.store(timeout, std::memory_order_relaxed);
    }
    deadline_.store(kNever, std::memory_order_relaxed);
  }
  /// Sets the moment until which all later calls may wait, instead of the
  /// timeout. kNever: the timeout counts again. A moment that has passed: calls
  /// do not wait. [any]
  void set_deadline(Deadline deadline) {
    deadline_.store(deadline, std::memory_order_relaxed);
  }
  /// The moment at which a call that begins now must stop waiting. [any]
  Deadline from_now() const {
    const Deadline deadline = deadline_.load(std::memory_order_relaxed);
    if (deadline != kNever) return deadline;
    return deadline_of(timeout_.load(std::memory_order_relaxed));
  }

 private:
  std::atomic<std::chrono::milliseconds> timeout_{std::chrono::milliseconds(0)};
  std::atomic<Deadline> deadline_{kNever};
};

}  // namespace netpoll
