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
// garbage collector. The caller passes the time to run_if_due(); note_events()
// reads the clock. [poller]

#include <cassert>
#include <chrono>
#include <functional>
#include <utility>

#include "netpoll/base/trigger.h"

namespace netpoll {

class Tick {
 public:
  /// `length`: the time from one run of `job` to the next. An empty `job` is
  /// never due.
  explicit Tick(std::function<void()> job,
                std::chrono::milliseconds length = std::chrono::seconds(1))
      : job_(std::move(job)), length_(length) {
    assert(length.count() > 0);
  }

  /// The poller calls this in each turn that has events. The job then runs
  /// twice more, if no later events keep it running. [poller]
  void note_events() {
    if (!job_) return;
    if (runs_left_ == 0) next_ = Deadline::clock::now() + length_;
    runs_left_ = kRunsAfterLastEvent;
  }
  /// When the job is due next; kNever when it has run twice since the last
  /// events, or is empty. [poller]
  Deadline next() const { return runs_left_ == 0 ? kNever : next_; }
  /// Runs the job if the job is due at `now`. [poller]
  void run_if_due(Deadline now) {
    if (now < next()) return;
    assert(job_);  // an empty job is never due
    --runs_left_;
    next_ = now + length_;
    job_();
  }

 private:
  static constexpr int kRunsAfterLastEvent = 2;

  const std::function<void()> job_;
  const std::chrono::milliseconds length_;  // between two runs of the job
  int runs_left_ = 0;       // runs of the job, if no more events come
  Deadline next_ = kNever;  // the next run, if runs_left_ is not 0
};

}  // namespace netpoll
