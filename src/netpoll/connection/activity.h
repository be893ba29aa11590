// SPDX-License-Identifier: Apache-2.0
#pragma once

// When bytes of a connection last came or went. Kept only while the connection
// has an idle timeout.
//
// Input and Output touch() it for each piece that arrives or leaves, the
// poller's timer compares it with the idle timeout. Without an idle timeout a
// touch is one load. Upstream has no such timeout: connection.SetIdleTimeout
// (connection_impl.go:81) sets TCP's keepalive.
//
// Threads: set by any, touched by poller and writer, read by the poller.

#include <atomic>
#include <chrono>

#include "netpoll/base/trigger.h"

namespace netpoll {

class Activity {
 public:
  /// Sets the idle timeout, and begins to count it now. 0: the connection is
  /// never idle. [any]
  void set_timeout(std::chrono::milliseconds timeout) {
    // relaxed, at every access to last_: with a value that is a little old the
    // timer fires too early and looks again, or overlooks a byte that moved
    // just before.
    last_.store(Deadline::clock::now(), std::memory_order_relaxed);
    // release: pairs with the acquire in idle_at(): a thread that sees the
    // timeout also sees this `last_`. With the first value of last_ the whole
    // timeout would seem to have passed.
    timeout_.store(timeout, std::memory_order_release);
  }
  /// Records that bytes come or go now. Does nothing without an idle timeout.
  /// [any]
  void touch() {
    if (timeout_.load(std::memory_order_relaxed).count() <= 0) return;
    last_.store(Deadline::clock::now(), std::memory_order_relaxed);
  }
  /// The moment at which the connection will have been idle for the whole idle
  /// timeout, if no byte comes or goes before. kNever: no idle timeout is set.
  /// [any]
  Deadline idle_at() const {
    // acquire: pairs with the release in set_timeout(): the `last_` that was
    // stored before the timeout.
    const auto timeout = timeout_.load(std::memory_order_acquire);
    if (timeout.count() <= 0) return kNever;
    const Deadline last = last_.load(std::memory_order_relaxed);
    // Compared in milliseconds, because `last + timeout`, in the clock's
    // nanoseconds, may overflow.
    const auto left =
        std::chrono::floor<std::chrono::milliseconds>(kNever - last);
    return timeout < left ? last + timeout : kNever;
  }

 private:
  std::atomic<std::chrono::milliseconds> timeout_{std::chrono::milliseconds(0)};
  std::atomic<Deadline> last_{Deadline()};
};

}  // namespace netpoll
