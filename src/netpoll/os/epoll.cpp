// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/epoll.h"

#include <cassert>
#include <cerrno>
#include <utility>

#include "netpoll/os/new_fd.h"

namespace netpoll::os {

Result<Epoll> Epoll::open() {
  Result<UniqueFd> fd = own_new_fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!fd) return fail(fd.error());
  return Epoll(*std::move(fd));
}

// Unlike upstream: EPOLLRDHUP, which reports the peer's half-close, is never
// asked for. A reader finds the end of the stream by reading, after the last
// byte; so a peer that has only half-closed still gets its answer.
std::error_code Epoll::add(int fd, void* tag) {
  return control(EPOLL_CTL_ADD, fd, Interest::input, tag);
}

std::error_code Epoll::set(int fd, Interest interest, void* tag) {
  return control(EPOLL_CTL_MOD, fd, interest, tag);
}

std::error_code Epoll::remove(int fd) {
  return control(EPOLL_CTL_DEL, fd, Interest::none, nullptr);
}

std::error_code Epoll::control(int operation, int fd, Interest interest,
                               void* tag) {
  assert(fd_);
  epoll_event event{};
  event.events = static_cast<std::uint32_t>(interest);
  event.data.ptr = tag;
  if (::epoll_ctl(fd_.get(), operation, fd, &event) == 0) return {};
  return last_system_error();
}

Result<std::span<epoll_event>> Epoll::wait(std::span<epoll_event> events,
                                           int timeout_ms) {
  assert(!events.empty());
  assert(timeout_ms >= -1);
  const int ready = ::epoll_wait(fd_.get(), events.data(),
                                 static_cast<int>(events.size()), timeout_ms);
  if (ready >= 0) return events.first(static_cast<std::size_t>(ready));
  if (errno == EINTR) return events.first(0);
  return fail(last_system_error());
}

}  // namespace netpoll::os
