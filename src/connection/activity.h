// SPDX-License-Identifier: Apache-2.0
#pragma once

// When bytes last went, either way; kept only while somebody asks.
//
// Input and Output touch() it for each piece that arrives or leaves, the
// poller's timer compares it with the idle timeout. Without one, a touch is one
// load. Upstream has no such timeout: SetIdleTimeout there is TCP's keepalive
// (connection_impl.go:81).

#include <atomic>
#include <chrono>

#include "base/trigger.h"

namespace netpoll {

class Activity {
 public:
  /// Idle after `timeout` from now on; 0: never. [any]
  void set_timeout(std::chrono::milliseconds timeout) {
    // relaxed, here and below: a moment that is a little old makes the timer
    // look once more, or a little late; nothing is read through it.
    last_.store(Deadline::clock::now(), std::memory_order_relaxed);
    timeout_.store(timeout, std::memory_order_relaxed);
  }
  /// Bytes went. [any]
  void touch() {
    if (timeout_.load(std::memory_order_relaxed).count() <= 0) return;
    last_.store(Deadline::clock::now(), std::memory_order_relaxed);
  }
  /// When it will have been idle for the whole timeout; kNever without one.
  /// [any]
  Deadline idle_at() const {
    const auto timeout = timeout_.load(std::memory_order_relaxed);
    if (timeout.count() <= 0) return kNever;
    const Deadline last = last_.load(std::memory_order_relaxed);
    return timeout < kNever - last ? last + timeout : kNever;
  }

 private:
  std::atomic<std::chrono::milliseconds> timeout_{std::chrono::milliseconds(0)};
  std::atomic<Deadline> last_{Deadline()};
};

}  // namespace netpoll
