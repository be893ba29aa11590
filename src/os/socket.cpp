// SPDX-License-Identifier: Apache-2.0
#include "os/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>

#include "base/trigger.h"

namespace netpoll::os {
namespace {

Result<UniqueFd> open_stream(int family) {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail(last_system_error());
  return fd;
}

void set_option(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

// What became of a connect() that was under way.
std::error_code connect_result(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
    return last_system_error();
  }
  return {error, std::system_category()};
}

// What is left until `deadline`, as poll(2) wants it: -1 for no limit.
int left_ms(Deadline deadline) {
  if (deadline == kNever) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      deadline - Deadline::clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX));
}

std::error_code wait_connected(int fd, Deadline deadline) {
  for (;;) {
    pollfd wanted{.fd = fd, .events = POLLOUT, .revents = 0};
    const int ready = ::poll(&wanted, 1, left_ms(deadline));
    if (ready > 0) return connect_result(fd);
    if (ready == 0 && left_ms(deadline) == 0) return Errc::dial_timeout;
    if (ready < 0 && errno != EINTR) return last_system_error();
  }
}

// Until the kernel is at it, or has done it.
std::error_code begin_connect(int fd, const Address& address,
                              Deadline deadline) {
  for (;;) {
    if (::connect(fd, address.data(), address.size()) == 0) return {};
    // EINTR: the kernel goes on connecting, as with EINPROGRESS.
    if (errno == EINPROGRESS || errno == EINTR) return {};
    // A unix server that does not keep up: there is nothing to wait for but
    // time.
    if (errno != EAGAIN || !address.is_unix()) return last_system_error();
    if (left_ms(deadline) == 0) return Errc::dial_timeout;
    ::poll(nullptr, 0, 1);
  }
}

}  // namespace

Result<UniqueFd> listen_on(const Address& address) {
  Result<UniqueFd> fd = open_stream(address.family());
  if (!fd) return fd;
  if (!address.is_unix()) set_option(fd->get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (::bind(fd->get(), address.data(), address.size()) != 0) {
    return fail(last_system_error());
  }
  if (::listen(fd->get(), SOMAXCONN) != 0) return fail(last_system_error());
  return fd;
}

Result<std::optional<Accepted>> accept4(int listener) {
  for (;;) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    UniqueFd fd(::accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      const auto* data = reinterpret_cast<const sockaddr*>(&peer);
      return Accepted{std::move(fd), Address::from_system(data, size)};
    }
    if (errno == EAGAIN) return std::nullopt;
    if (errno != EINTR && errno != ECONNABORTED) {
      return fail(last_system_error());
    }
  }
}

Result<UniqueFd> connect_to(const Address& address,
                            std::chrono::milliseconds timeout) {
  Result<UniqueFd> fd = open_stream(address.family());
  if (!fd) return fd;
  const Deadline deadline = deadline_of(timeout);
  std::error_code error = begin_connect(fd->get(), address, deadline);
  if (!error) error = wait_connected(fd->get(), deadline);
  if (error) return fail(error);
  return fd;
}

void set_no_delay(int fd, bool on) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
}

std::error_code set_keepalive(int fd, int seconds) {
  const int on = seconds > 0 ? 1 : 0;
  if (::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) != 0) {
    return last_system_error();
  }
  if (on == 0) return {};
  for (const int option : {TCP_KEEPIDLE, TCP_KEEPINTVL}) {
    if (::setsockopt(fd, IPPROTO_TCP, option, &seconds, sizeof seconds) != 0) {
      return last_system_error();
    }
  }
  return {};
}

std::size_t bytes_waiting(int fd) {
  int count = 0;
  if (::ioctl(fd, FIONREAD, &count) != 0 || count < 0) return 0;
  return static_cast<std::size_t>(count);
}

}  // namespace netpoll::os
