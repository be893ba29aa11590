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
  /// Both sides call `watch(on)`; it puts their calls into one order.
  explicit BasicThrottle(Watch watch) : watch_(std::move(watch)) {}

  /// Reads no more. The caller then looks whether there is room after all, and
  /// calls resume() if so. [poller]
  void pause() {
    // acquire: pairs with the release in resume(). After a resume() that came
    // first, the caller's look sees the room that was made before it.
    paused_.exchange(true, std::memory_order_acquire);
    watch_(false);
    // If resume() ran between the exchange and watch_(false), its watch_(true)
    // came first and ours undid it. Repeat it.
    if (!is_paused()) watch_(true);
  }
  /// Reads again, if reading was paused. [any]
  void resume() {
    // release: pairs with the acquire in pause().
    if (paused_.exchange(false, std::memory_order_release)) watch_(true);
  }
  /// Reading is paused. A guess, unless the caller is the poller. [any]
  bool is_paused() const {
    // relaxed: nothing is read through it. In pause(), a resume() that matters
    // has called watch_(true) before, and watch_ orders the calls.
    return paused_.load(std::memory_order_relaxed);
  }

 private:
  Watch watch_;
  typename Sync::template Atomic<bool> paused_{false};
};

/// The one that ships.
using Throttle = BasicThrottle<WatchInput, StdSync>;

}  // namespace netpoll
