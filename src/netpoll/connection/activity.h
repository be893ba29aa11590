// SPDX-License-Identifier: Apache-2.0
#pragma once

// When bytes last went, either way; kept only while somebody asks.
//
// Input and Output touch() it for each piece that arrives or leaves, the
// poller's timer compares it with the idle timeout. Without one, a touch is one
// load. Upstream has no such timeout: connection.SetIdleTimeout
// (connection_impl.go:81) sets TCP's keepalive.
//
// Threads: set by any, touched by poller and writer, read by the poller.

#include <atomic>
#include <chrono>

#include "netpoll/base/trigger.h"

namespace netpoll {

class Activity {
 public:
  /// Idle after `timeout` from now on; 0: never. [any]
  void set_timeout(std::chrono::milliseconds timeout) {
    // relaxed, here and below: a moment that is a little old makes the timer
    // look once more, or a little late.
    last_.store(Deadline::clock::now(), std::memory_order_relaxed);
    // release: pairs with the acquire in idle_at(). Whoever sees a first
    // timeout without this `last_` would take it for long over.
    timeout_.store(timeout, std::memory_order_release);
  }
  /// Bytes went. [any]
  void touch() {
    if (timeout_.load(std::memory_order_relaxed).count() <= 0) return;
    last_.store(Deadline::clock::now(), std::memory_order_relaxed);
  }
  /// When it will have been idle for the whole timeout; kNever without one.
  /// [any]
  Deadline idle_at() const {
    // acquire: pairs with the release in set_timeout().
    const auto timeout = timeout_.load(std::memory_order_acquire);
    if (timeout.count() <= 0) return kNever;
    const Deadline last = last_.load(std::memory_order_relaxed);
    // In milliseconds: as many as they hold may not fit the clock.
    const auto left =
        std::chrono::floor<std::chrono::milliseconds>(kNever - last);
    return timeout < left ? last + timeout : kNever;
  }

 private:
  std::atomic<std::chrono::milliseconds> timeout_{std::chrono::milliseconds(0)};
  std::atomic<Deadline> last_{Deadline()};
};

}  // namespace netpoll
