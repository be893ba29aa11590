// SPDX-License-Identifier: Apache-2.0
#pragma once

// Stops the poller from reading one connection, and lets it go on.
//
//    poller                              reader
//    pause():                            resume(), after it made room:
//      paused_ = true                      paused_ was true?
//      watch for input no more             then false, and watch again
//      false again meanwhile? watch
//    is there room after all? resume()
//
// While the poller does not read, the kernel's buffer fills up, and TCP tells
// the peer to wait. The two sides meet on paused_ by exchange: whoever comes
// second sees what the other did before.
//
// A template, so that a test can try every interleaving of the two, with a
// Watch of its own; see tests/connection/input_model_test.cpp.
// Upstream has none: its input is unbounded (#98, #298, #422).

#include <atomic>
#include <utility>

#include "netpoll/base/sync.h"
#include "netpoll/poller/poller.h"

namespace netpoll {

/// Has the poller watch `op` for input, or not.
struct WatchInput {
  Poller& poller;
  FdOperator& op;

  void operator()(bool on) const {
    // Fails only for a descriptor that is gone, and then nobody watches it.
    static_cast<void>(poller.watch_input(op, on));
  }
};

template <class Watch = WatchInput, class Sync = StdSync>
class Throttle {
 public:
  /// `watch(on)` is called by both sides, and orders its calls.
  explicit Throttle(Watch watch) : watch_(std::move(watch)) {}

  /// Reads no more. The caller looks again afterwards whether there is room,
  /// and resumes if so. [poller]
  void pause() {
    // acquire: pairs with the release in resume(). The caller's look sees the
    // room that was made before a resume() that came first.
    paused_.exchange(true, std::memory_order_acquire);
    watch_(false);
    // A resume() between the two lines watched first, and was undone by the
    // second: again. One that comes later watches later.
    if (!is_paused()) watch_(true);
  }
  /// Reads again, if it was paused. [any]
  void resume() {
    // release: pairs with the acquire in pause().
    if (paused_.exchange(false, std::memory_order_release)) watch_(true);
  }
  /// pause() was the last. [poller; a guess for others]
  bool is_paused() const {
    // relaxed: a resume() that matters here has watched, and so is ordered
    // before by watch_.
    return paused_.load(std::memory_order_relaxed);
  }

 private:
  Watch watch_;
  typename Sync::template Atomic<bool> paused_{false};
};

}  // namespace netpoll
