// SPDX-License-Identifier: Apache-2.0
#pragma once

// Stops the poller from reading one connection, and lets it go on.
//
//    poller                              reader
//    pause():                            resume(), after it made room:
//      paused_ = true                      paused_ was true?
//      stop watching for input             then set it to false, and
//      paused_ false again? watch          watch for input again
//    is there room after all? resume()
//
// While the poller does not read, the kernel's buffer fills up, and TCP tells
// the peer to wait. The two sides meet on paused_ by exchange: the side that
// comes second sees what the first did before its exchange.
//
// A template, so that a test can try every interleaving of the two sides, with
// a Watch of its own; see tests/connection/input_model_test.cpp.
// Upstream has no such limit: its input is unbounded (#98, #298, #422).

#include <atomic>
#include <utility>

#include "netpoll/base/sync.h"
#include "netpoll/poller/poller.h"

namespace netpoll {

/// Has the poller watch `op` for input, or stop doing so.
struct WatchInput {
  Poller& poller;
  FdOperator& op;

  void operator()(bool on) const {
    // epoll_ctl fails only for a descriptor that is watched no more, and then
    // there is nothing to pause or to resume.
    static_cast<void>(poller.watch_input(op, on));
  }
};

template <class Watch, class Sync>
class BasicThrottle {
 public:
  /// pause() and resume() call watch(false) and watch(true). Requires: `watch`
  /// puts the calls of both threads into one order. [init]
  explicit BasicThrottle(Watch watch) : watch_(std::move(watch)) {}

  /// Stops the poller's reading of the connection. The caller then looks
  /// whether the input has room after all, and calls resume() if so. [poller]
  void pause() {
    // acquire: pairs with the release in resume(). After a resume() that came
    // first, the caller's look sees the room that was made before it.
    paused_.exchange(true, std::memory_order_acquire);
    watch_(false);
    // If resume() ran between the exchange and watch_(false), its watch_(true)
    // came first, and watch_(false) undid it. So repeat watch_(true).
    if (!is_paused()) watch_(true);
  }
  /// Makes the poller read again, if pause() has stopped it. [any]
  void resume() {
    // release: pairs with the acquire in pause(): the poller sees the room that
    // the caller has made.
    if (paused_.exchange(false, std::memory_order_release)) watch_(true);
  }
  /// Reading is paused. Another thread's resume() may end that at any time.
  /// [any]
  bool is_paused() const {
    // relaxed: no other data is read by way of paused_. When pause() asks, a
    // resume() that matters has called watch_(true) before, and watch_ orders
    // the calls.
    return paused_.load(std::memory_order_relaxed);
  }

 private:
  Watch watch_;
  typename Sync::template Atomic<bool> paused_{false};
};

/// The throttle of the library; a model test uses another Watch and Sync.
using Throttle = BasicThrottle<WatchInput, StdSync>;

}  // namespace netpoll
