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
// Upstream has none: its input is unbounded (#98, #298, #422).

#include <atomic>

#include "poller/poller.h"

namespace netpoll {

class Throttle {
 public:
  /// Both must outlive this; `op` is what `poller` watches.
  Throttle(Poller& poller, FdOperator& op) : poller_(poller), op_(op) {}

  /// Reads no more. The caller looks again afterwards whether there is room,
  /// and resumes if so. [poller]
  void pause();
  /// Reads again, if it was paused. [any]
  void resume();
  /// pause() was the last. [poller; a guess for others]
  bool is_paused() const;

 private:
  Poller& poller_;
  FdOperator& op_;
  std::atomic<bool> paused_{false};  // set by the poller, cleared by any
};

}  // namespace netpoll
