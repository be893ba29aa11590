// SPDX-License-Identifier: Apache-2.0
#pragma once

// A job that a poller runs once a second while it has events, and that does not
// wake a process in which nothing happens.
//
//    events:   * * * *    *                                      *
//    the job:     |    |    |    |          (nothing due)           |    |
//                 1 s  2 s  3 s  4 s                                1 s  2 s
//
// After the last event the job runs twice more, and then not until the next
// event. Two runs are enough for a memory pool that gives a block back when the
// block has not been used for two runs. Upstream leaves that work to Go's
// garbage collector. The caller passes the time. [poller]

#include <cassert>
#include <chrono>
#include <functional>
#include <utility>

#include "netpoll/base/trigger.h"

namespace netpoll {

class Tick {
 public:
  /// The job may be empty: then nothing is ever due.
  explicit Tick(std::function<void()> job,
                std::chrono::milliseconds length = std::chrono::seconds(1))
      : job_(std::move(job)), length_(length) {
    assert(length.count() > 0);
  }

  /// The present turn has had events. [poller]
  void note_events() {
    if (!job_) return;
    if (runs_left_ == 0) next_ = Deadline::clock::now() + length_;
    runs_left_ = kRunsAfterLastEvent;
  }
  /// When the job is due; kNever when no run is left. [poller]
  Deadline next() const { return runs_left_ == 0 ? kNever : next_; }
  /// Runs the job if the job is due at `now`. [poller]
  void run_if_due(Deadline now) {
    if (now < next()) return;
    assert(job_);  // note_events() alone makes a run due
    --runs_left_;
    next_ = now + length_;
    job_();
  }

 private:
  static constexpr int kRunsAfterLastEvent = 2;

  const std::function<void()> job_;
  const std::chrono::milliseconds length_;  // from one run to the next
  int runs_left_ = 0;                       // unless another event comes
  Deadline next_ = kNever;
};

}  // namespace netpoll
