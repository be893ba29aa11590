// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a poller does once a second, but not in a process that sleeps.
//
//    events:   * * * *    *                                      *
//    the job:     |    |    |    |            (asleep)              |    |
//                 1 s  2 s  3 s  4 s                                1 s  2 s
//
// After the last event it runs twice more, and then no more until the next one:
// enough for a pool whose blocks age by two generations to give all back.
// Upstream leaves that to the garbage collector. [poller]

#include <functional>
#include <utility>

#include "netpoll/base/trigger.h"

namespace netpoll {

class Tick {
 public:
  /// Empty: never anything to do.
  explicit Tick(std::function<void()> job) : job_(std::move(job)) {}

  /// Something happened in this turn.
  void note_work() {
    if (!job_) return;
    if (left_ == 0) next_ = Deadline::clock::now() + kLength;
    left_ = kAfterwards;
  }
  /// When it is due; kNever while nothing happens.
  Deadline next() const { return left_ == 0 ? kNever : next_; }
  /// Runs the job if it is due.
  void run(Deadline now) {
    if (now < next()) return;
    --left_;
    next_ = now + kLength;
    job_();
  }

 private:
  static constexpr std::chrono::seconds kLength{1};
  static constexpr int kAfterwards = 2;

  const std::function<void()> job_;
  int left_ = 0;  // runs until it falls asleep
  Deadline next_ = kNever;
};

}  // namespace netpoll
