// SPDX-License-Identifier: Apache-2.0
#pragma once

// Wakes a thread that sleeps in epoll_wait, by an eventfd.
//
//    any thread                               the poller thread
//
//    ring() --> rung_: false to true --write--> eventfd --> epoll_wait returns
//    ring() --> rung_: true already                            |
//               (no system call)                               v
//               rung_: false <-------------- answer(): read, then clear
//
// All rings that come before one answer cost one write and one turn of the
// poller's loop. Owns the eventfd.
// Upstream: defaultPoll.Trigger, poll_default_linux.go:230.

#include <atomic>
#include <utility>

#include "netpoll/os/unique_fd.h"

namespace netpoll {

class Waker {
 public:
  /// Owns `event`, a non-blocking eventfd (see os::open_eventfd). [init]
  explicit Waker(UniqueFd event) : event_(std::move(event)) {}
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  /// Wakes the poller if it sleeps in epoll_wait; otherwise its next epoll_wait
  /// returns at once. All that the caller wrote before ring() is visible to the
  /// poller after its next answer(). Does not block. [any]
  void ring();

  /// Takes back all calls of ring() so far: fd() is not readable any more, and
  /// the next ring() wakes the poller again. The poller looks for the work that
  /// other threads have queued only afterwards. Requires: fd() is readable.
  /// [poller]
  void answer();

  /// The descriptor that the poller watches for input. The Waker owns it and
  /// closes it. [any]
  int fd() const { return event_.get(); }

 private:
  UniqueFd event_;
  // True from a ring() that writes to the eventfd until answer() has read the
  // eventfd. While it is true, other calls of ring() need not write.
  std::atomic<bool> rung_{false};
};

}  // namespace netpoll
