// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>
#include <utility>

#include "netpoll/os/new_fd.h"

namespace netpoll::os {
namespace {

// How many connections that the peer has reset one call of accept4() skips at
// most. It then returns no connection, so that its thread is not kept too long;
// epoll(7) reports the listener again if more connections wait.
constexpr int kSkippedMax = 64;

std::error_code try_option(int fd, int level, int name, int value) {
  if (::setsockopt(fd, level, name, &value, sizeof value) == 0) return {};
  return last_system_error();
}

// Sets an option that the socket can do without: a failure is ignored.
void set_option(int fd, int level, int name, int value) {
  static_cast<void>(try_option(fd, level, name, value));
}

Result<int> socket_option(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0) return value;
  return fail(last_system_error());
}

// For a descriptor that the caller has opened. The library opens its own ones
// with these two properties from the start.
std::error_code set_non_blocking_and_cloexec(int fd) {
  const int status = ::fcntl(fd, F_GETFL);
  if (status < 0 || ::fcntl(fd, F_SETFL, status | O_NONBLOCK) != 0 ||
      ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return last_system_error();
  }
  return {};
}

// Checks that `fd` is a stream socket. With `listening`, also checks that `fd`
// listens; without, that `fd` does not listen.
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

}  // namespace

Result<UniqueFd> open_stream(int family) {
  assert(family != AF_UNSPEC);
  return own_new_fd(
      ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

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
  if (const auto error = start_listening(fd->get(), options)) {
    return fail(error);
  }
  return fd;
}

std::error_code start_listening(int fd, const ListenOptions& options) {
  // Without a backlog from the caller, asks for the longest queue. The kernel
  // lowers INT_MAX to its limit, net.core.somaxconn. The constant SOMAXCONN of
  // the C headers may be far below that limit.
  const int backlog = options.backlog > 0 ? options.backlog : INT_MAX;
  if (::listen(fd, backlog) == 0) return {};
  return last_system_error();
}

Result<UniqueFd> take_listening(UniqueFd fd) {
  if (const auto error = check_stream(fd.get(), true)) return fail(error);
  if (const auto error = set_non_blocking_and_cloexec(fd.get())) {
    return fail(error);
  }
  return move_above_stderr(std::move(fd));
}

Result<UniqueFd> take_connected(UniqueFd fd) {
  if (const auto error = check_stream(fd.get(), false)) return fail(error);
  const Result<Address> peer = Address::peer_of(fd.get());
  if (!peer) return fail(peer.error());
  if (const auto error = set_non_blocking_and_cloexec(fd.get())) {
    return fail(error);
  }
  return move_above_stderr(std::move(fd));
}

Result<std::optional<Accepted>> accept4(int listener) {
  for (int skipped = 0; skipped < kSkippedMax; ++skipped) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    auto* const data = reinterpret_cast<sockaddr*>(&peer);
    Result<UniqueFd> fd = own_new_fd(
        ::accept4(listener, data, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) return Accepted{*std::move(fd), Address::from_system(data, size)};
    if (fd.error() == std::errc::resource_unavailable_try_again) {
      return std::nullopt;
    }
    // The loop calls accept4(2) again after two errors: a signal interrupted
    // the call, or the peer reset the connection before it was accepted.
    if (fd.error() != std::errc::interrupted &&
        fd.error() != std::errc::connection_aborted) {
      return fail(fd.error());
    }
  }
  return std::nullopt;
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
