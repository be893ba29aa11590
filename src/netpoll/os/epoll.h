// SPDX-License-Identifier: Apache-2.0
#pragma once

// epoll(7): what a poller needs of it.
//
//    add(fd)                  begins to watch fd, for input
//    set(fd, interest)        changes what fd is watched for
//    remove(fd)               ends the watching of fd
//    wait(events)             sleeps until a watched descriptor is ready
//
// Level-triggered: as long as a descriptor stays ready, every wait() reports
// it. Owns the epoll descriptor. Any thread may call add(), set() and remove();
// only one thread calls wait().
// Upstream: EpollCreate, sys_epoll_linux.go:33; poll_default_linux.go:240
// (defaultPoll.Control).

#include <sys/epoll.h>

#include <cstdint>
#include <span>
#include <utility>

#include "netpoll/base/result.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll::os {

/// What a descriptor is watched for. Whatever the interest, and even with none,
/// epoll(7) also reports a failure of the descriptor (EPOLLERR) and the end of
/// both its directions (EPOLLHUP).
enum class Interest : std::uint32_t {
  none = 0,
  input = EPOLLIN,
  output = EPOLLOUT,
  input_output = EPOLLIN | EPOLLOUT,
};

class Epoll {
 public:
  /// A new epoll instance, close-on-exec. Fails as epoll_create1(2) does. [any]
  [[nodiscard]] static Result<Epoll> open();

  /// Watches `fd` for input. Each event of `fd` carries `tag`, by which the
  /// caller knows whose event it is. Fails as epoll_ctl(2) does. [any]
  [[nodiscard]] std::error_code add(int fd, void* tag);
  /// Changes what `fd` is watched for, and the tag of its events. Fails as
  /// epoll_ctl(2) does, for example when `fd` was not added. [any]
  [[nodiscard]] std::error_code set(int fd, Interest interest, void* tag);
  /// Ends the watching of `fd`. A wait() that begins afterwards does not report
  /// `fd`; the events that an earlier wait() has returned may still carry the
  /// tag of `fd`. Fails as epoll_ctl(2) does. [any]
  [[nodiscard]] std::error_code remove(int fd);

  /// Sleeps until a watched descriptor is ready, writes the events into
  /// `events`, and returns the part that it wrote. `timeout_ms`: the longest
  /// sleep; 0 does not sleep, -1 has no limit. Returns no events when the time
  /// has passed or a signal has come. Requires: `events` is not empty. Fails as
  /// epoll_wait(2) does. [poller]
  [[nodiscard]] Result<std::span<epoll_event>> wait(
      std::span<epoll_event> events, int timeout_ms);

 private:
  explicit Epoll(UniqueFd fd) : fd_(std::move(fd)) {}
  [[nodiscard]] std::error_code control(int operation, int fd,
                                        Interest interest, void* tag);

  UniqueFd fd_;
};

}  // namespace netpoll::os
