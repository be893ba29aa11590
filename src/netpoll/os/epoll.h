// SPDX-License-Identifier: Apache-2.0
#pragma once

// epoll(7) with the few moves that a poller makes, and nothing else.
//
//    add(fd)                  watch it, at first for input
//    set(fd, interest)        input, output, both, or only failure
//    remove(fd)               never again
//    wait(events)             what is ready
//
// Level-triggered: what is ready and not dealt with is reported again by the
// next wait. Owns the epoll descriptor. Every call is safe from any thread;
// only one thread waits.
// Upstream: sys_epoll_linux.go:33, poll_default_linux.go:240.

#include <sys/epoll.h>

#include <cstdint>
#include <span>
#include <utility>

#include "netpoll/base/result.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll::os {

/// What a descriptor is watched for. A failure or a full hang-up (EPOLLERR,
/// EPOLLHUP) is reported whatever the interest.
enum class Interest : std::uint32_t {
  none = 0,
  input = EPOLLIN,
  output = EPOLLOUT,
  input_output = EPOLLIN | EPOLLOUT,
};

class Epoll {
 public:
  /// A new instance, close-on-exec. Fails as epoll_create1(2) does. [any]
  static Result<Epoll> open();

  /// Watches `fd` for input. `tag` comes back with each event. Fails as
  /// epoll_ctl(2) does. [any]
  std::error_code add(int fd, void* tag);
  /// Changes what an added `fd` is watched for. [any]
  std::error_code set(int fd, Interest interest, void* tag);
  /// Forgets `fd`. No wait() that begins afterwards reports it; a batch that
  /// was fetched before may still hold it. [any]
  std::error_code remove(int fd);

  /// Fills `events` and returns the filled part. `timeout_ms` 0 does not
  /// sleep, -1 sleeps until something happens. A signal is an empty batch.
  /// [the one thread that waits]
  Result<std::span<epoll_event>> wait(std::span<epoll_event> events,
                                      int timeout_ms);

 private:
  explicit Epoll(UniqueFd fd) : fd_(std::move(fd)) {}
  std::error_code control(int operation, int fd, Interest interest, void* tag);

  UniqueFd fd_;
};

}  // namespace netpoll::os
