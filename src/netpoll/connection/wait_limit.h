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
  /// 0: for ever; negative: the timeout stays as it is. [any]
  void set_timeout(std::chrono::milliseconds timeout) {
    // relaxed, here and below: numbers on their own, nothing is read through
    // them.
    if (timeout.count() >= 0) {
      timeout_.store(timeout, std::memory_order_relaxed);
    }
    deadline_.store(kNever, std::memory_order_relaxed);
  }
  /// kNever: none, the timeout holds again. One that has passed ends every wait
  /// at once. [any]
  void set_deadline(Deadline deadline) {
    deadline_.store(deadline, std::memory_order_relaxed);
  }
  /// When a call that begins now must give up. [any]
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
