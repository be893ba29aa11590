// SPDX-License-Identifier: Apache-2.0
#pragma once

// A doorbell for a thread that sleeps in epoll_wait.
//
//    any thread                               the poller thread
//
//    ring() --> rung_: false to true --write--> eventfd --> epoll_wait returns
//    ring() --> rung_: true already                            |
//               (no system call)                               v
//               rung_: false <-------------- answer(): read, then clear
//
// However many rings come before an answer, they cost one write and one turn of
// the loop. Owns the eventfd. Upstream: poll_default_linux.go:230 (Trigger).

#include <atomic>
#include <utility>

#include "netpoll/os/unique_fd.h"

namespace netpoll {

class Waker {
 public:
  /// Takes over `event`, a non-blocking eventfd (see os::open_eventfd).
  explicit Waker(UniqueFd event) : event_(std::move(event)) {}
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  /// Wakes the poller. All that the caller wrote before ring() is visible to
  /// the poller after the answer() that follows. Never blocks. [any]
  void ring();

  /// Takes every ring so far. Call when fd() turns readable, and look at the
  /// shared work only afterwards. [poller]
  void answer();

  /// The descriptor to watch for reading; it stays the Waker's. [any]
  int fd() const { return event_.get(); }

 private:
  UniqueFd event_;
  std::atomic<bool> rung_{false};  // an eventfd write is on its way, or waits
};

}  // namespace netpoll
