// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cstdint>

namespace netpoll::os {
namespace {

Result<UniqueFd> open_stream(int family) {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail(last_system_error());
  return fd;
}

std::error_code try_option(int fd, int level, int name, int value) {
  if (::setsockopt(fd, level, name, &value, sizeof value) == 0) return {};
  return last_system_error();
}

// For what a socket can do without.
void set_option(int fd, int level, int name, int value) {
  static_cast<void>(try_option(fd, level, name, value));
}

Result<int> socket_option(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0) return value;
  return fail(last_system_error());
}

// For a descriptor that was born elsewhere.
std::error_code set_non_blocking_and_cloexec(int fd) {
  const int status = ::fcntl(fd, F_GETFL);
  if (status < 0 || ::fcntl(fd, F_SETFL, status | O_NONBLOCK) != 0 ||
      ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return last_system_error();
  }
  return {};
}

// A stream socket that listens, or one that does not.
std::error_code check_stream(int fd, bool listening) {
  const Result<int> type = socket_option(fd, SO_TYPE);
  if (!type) return type.error();
  if (*type != SOCK_STREAM) return Errc::unsupported;
  const Result<int> listens = socket_option(fd, SO_ACCEPTCONN);
  if (!listens) return listens.error();
  return (*listens != 0) == listening ? std::error_code()
                                      : Errc::invalid_argument;
}

std::error_code set_listen_options(int fd, const Address& address,
                                   const ListenOptions& options) {
  if (address.is_unix()) return {};
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.family() == AF_INET6) {
    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only ? 1 : 0);
  }
  if (!options.reuse_port) return {};
  return try_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

std::error_code bind_near_end(int fd, const Address& local) {
  if (local.family() == AF_UNSPEC) return {};
  // The port is picked by connect(), which needs it to be free only towards
  // this one peer; bind() would look for one that is free towards all.
  if (!local.is_unix()) set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  if (::bind(fd, local.data(), local.size()) == 0) return {};
  return last_system_error();
}

// What became of a connect() that was under way.
std::error_code connect_result(int fd) {
  const Result<int> error = socket_option(fd, SO_ERROR);
  if (!error) return error.error();
  return {*error, std::system_category()};
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

Result<UniqueFd> listen_on(const Address& address,
                           const ListenOptions& options) {
  Result<UniqueFd> fd = open_stream(address.family());
  if (!fd) return fd;
  if (const auto error = set_listen_options(fd->get(), address, options)) {
    return fail(error);
  }
  if (::bind(fd->get(), address.data(), address.size()) != 0) {
    return fail(last_system_error());
  }
  // The kernel lowers it to net.core.somaxconn, which may well be above the
  // SOMAXCONN that this was compiled with.
  const int backlog = options.backlog > 0 ? options.backlog : INT_MAX;
  if (::listen(fd->get(), backlog) != 0) return fail(last_system_error());
  return fd;
}

Result<UniqueFd> take_listening(UniqueFd fd) {
  if (const auto error = check_stream(fd.get(), true)) return fail(error);
  if (const auto error = set_non_blocking_and_cloexec(fd.get())) {
    return fail(error);
  }
  return fd;
}

Result<UniqueFd> take_connected(UniqueFd fd) {
  if (const auto error = check_stream(fd.get(), false)) return fail(error);
  const Result<Address> peer = Address::peer_of(fd.get());
  if (!peer) return fail(peer.error());
  if (const auto error = set_non_blocking_and_cloexec(fd.get())) {
    return fail(error);
  }
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

Result<UniqueFd> connect_to(const Address& peer, Deadline deadline,
                            const Address& local) {
  Result<UniqueFd> fd = open_stream(peer.family());
  if (!fd) return fd;
  std::error_code error = bind_near_end(fd->get(), local);
  if (!error) error = begin_connect(fd->get(), peer, deadline);
  if (!error) error = wait_connected(fd->get(), deadline);
  if (!error) return fd;
  // Late and refused at once is late: that is what the caller limited.
  return fail(left_ms(deadline) == 0 ? Errc::dial_timeout : error);
}

Result<UniqueFd> connect_to(const Address& peer,
                            std::chrono::milliseconds timeout) {
  return connect_to(peer, deadline_of(timeout));
}

bool is_self_connected(int fd) {
  const Result<Address> near = Address::local_of(fd);
  const Result<Address> far = Address::peer_of(fd);
  return near && far && !near->is_unix() &&
         near->to_string() == far->to_string();
}

void set_no_delay(int fd, bool on) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
}

std::error_code set_keepalive(int fd, int seconds) {
  const Result<int> family = socket_option(fd, SO_DOMAIN);
  if (!family) return family.error();
  if (*family != AF_INET && *family != AF_INET6) return {};
  if (seconds <= 0) return try_option(fd, SOL_SOCKET, SO_KEEPALIVE, 0);

  const int interval = std::max(seconds / 3, 1);
  const int questions = seconds / interval;
  assert(questions >= 1 && questions <= 5);
  if (const auto error = try_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds)) {
    return error;
  }
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, questions);
  return try_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

std::size_t bytes_waiting(int fd) {
  int count = 0;
  if (::ioctl(fd, FIONREAD, &count) != 0 || count < 0) return 0;
  return static_cast<std::size_t>(count);
}

}  // namespace netpoll::os
