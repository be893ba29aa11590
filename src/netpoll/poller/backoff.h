// SPDX-License-Identifier: Apache-2.0
#pragma once

// When to try again what has failed: after a pause that doubles each time.
//
//    failed()   10 ms   20 ms   40 ms  …  640 ms   1000 ms   1000 ms  …
//    succeeded()        the next pause is 10 ms again
//
// The caller passes the time, so a test needs no clock.

#include <algorithm>
#include <cassert>
#include <chrono>

#include "netpoll/base/trigger.h"

namespace netpoll {

class Backoff {
 public:
  using Pause = std::chrono::milliseconds;

  /// `shortest`: the pause after the first failure. `longest`: the limit beyond
  /// which the pause does not grow. Requires: 0 < shortest <= longest.
  Backoff(Pause shortest, Pause longest)
      : shortest_(shortest), longest_(longest) {
    assert(shortest > Pause(0));
    assert(shortest <= longest);
  }

  /// Records that the attempt at `now` has failed. The next attempt is due one
  /// pause after `now`. After the first failure the pause is the shortest one;
  /// each further failure doubles it, up to the longest.
  /// [one thread at a time]
  void failed(Deadline now) {
    pause_ = std::clamp(pause_ * 2, shortest_, longest_);
    next_ = now + pause_;
  }
  /// Records that the attempt has succeeded. No attempt is due any more, and
  /// the pause after the next failure is the shortest one.
  /// [one thread at a time]
  void succeeded() {
    pause_ = Pause(0);
    next_ = kNever;
  }

  /// When the next attempt is due; kNever unless the last attempt failed.
  /// [one thread at a time]
  Deadline next() const { return next_; }
  /// Whether failures in a row have made the pause as long as it can be.
  /// [one thread at a time]
  bool is_longest() const { return pause_ == longest_; }

 private:
  const Pause shortest_;
  const Pause longest_;
  Pause pause_{0};  // the pause before next_; 0 unless the last attempt failed
  Deadline next_ = kNever;
};

}  // namespace netpoll
