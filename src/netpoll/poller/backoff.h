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

  /// The first pause and the longest. Requires: 0 < shortest <= longest.
  Backoff(Pause shortest, Pause longest)
      : shortest_(shortest), longest_(longest) {
    assert(shortest > Pause(0));
    assert(shortest <= longest);
  }

  /// The attempt at `now` has failed: the next one is due a pause later.
  /// [one thread]
  void failed(Deadline now) {
    pause_ = std::clamp(pause_ * 2, shortest_, longest_);
    next_ = now + pause_;
  }
  /// The attempt has succeeded, so nothing is due any more. [one thread]
  void succeeded() {
    pause_ = Pause(0);
    next_ = kNever;
  }

  /// When the next attempt is due; kNever unless the last one failed.
  /// [one thread]
  Deadline next() const { return next_; }
  /// All attempts have failed for so long that the pause is now the longest
  /// one. [one thread]
  bool is_longest() const { return pause_ == longest_; }

 private:
  const Pause shortest_;
  const Pause longest_;
  Pause pause_{0};  // the present one; 0 unless the last attempt failed
  Deadline next_ = kNever;
};

}  // namespace netpoll
