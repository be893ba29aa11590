// SPDX-License-Identifier: Apache-2.0
#include "netpoll/os/connect.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <utility>

#include "netpoll/os/socket.h"

namespace netpoll::os {
namespace {

std::error_code bind_near_end(int fd, const Address& local) {
  if (local.family() == AF_UNSPEC) return {};
  // With this option connect() picks the port for port 0, and bind() does not.
  // connect() needs a port that has no connection to this one peer; bind()
  // would need a port that is free towards all peers, and run out of ports
  // sooner.
  if (!local.is_unix()) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  }
  if (::bind(fd, local.data(), local.size()) == 0) return {};
  return last_system_error();
}

// Sleeps until the kernel has connected `fd`, has failed to, or `deadline` has
// come. Returns no error when `fd` is connected.
std::error_code wait_connected(int fd, Deadline deadline) {
  for (;;) {
    pollfd wanted{.fd = fd, .events = POLLOUT, .revents = 0};
    const int ready = ::poll(&wanted, 1, left_ms(deadline));
    if (ready > 0) return connect_result(fd);
    if (ready == 0 && left_ms(deadline) == 0) return Errc::dial_timeout;
    if (ready < 0 && errno != EINTR) return last_system_error();
  }
}

// While the unix server's queue of waiting clients is full, sleeps for 1 ms and
// calls connect(2) again. Fails once `deadline` has passed.
std::error_code wait_for_queue(Begun& begun, const Address& peer,
                               Deadline deadline) {
  while (begun.queue_full) {
    if (left_ms(deadline) == 0) return Errc::dial_timeout;
    ::poll(nullptr, 0, 1);  // sleeps for 1 ms
    if (const auto error = continue_connect(begun, peer)) return error;
  }
  return {};
}

}  // namespace

Result<Begun> begin_connect(const Address& peer, const Address& local) {
  assert(peer.family() != AF_UNSPEC);
  Result<UniqueFd> fd = open_stream(peer.family());
  if (!fd) return fail(fd.error());
  if (const auto error = bind_near_end(fd->get(), local)) return fail(error);
  Begun begun{.fd = *std::move(fd)};
  if (const auto error = continue_connect(begun, peer)) return fail(error);
  return begun;
}

std::error_code continue_connect(Begun& begun, const Address& peer) {
  assert(begun.fd);
  begun.queue_full = false;
  if (::connect(begun.fd.get(), peer.data(), peer.size()) == 0) return {};
  // After EINPROGRESS, and after a signal (EINTR), the kernel still connects.
  if (errno == EINPROGRESS || errno == EINTR) return {};
  begun.queue_full = errno == EAGAIN && peer.is_unix();
  return begun.queue_full ? std::error_code() : last_system_error();
}

std::error_code connect_result(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
    return last_system_error();
  }
  return {error, std::system_category()};
}

Result<UniqueFd> connect_to(const Address& peer, Deadline deadline,
                            const Address& local) {
  Result<Begun> begun = begin_connect(peer, local);
  std::error_code error = begun ? std::error_code() : begun.error();
  if (!error) error = wait_for_queue(*begun, peer, deadline);
  if (!error) error = wait_connected(begun->fd.get(), deadline);
  if (!error) return std::move(begun->fd);
  // Once the deadline has passed, the error is dial_timeout, even if the server
  // has refused the connection at the same time: the caller set the limit.
  return fail(left_ms(deadline) == 0 ? Errc::dial_timeout : error);
}

Result<UniqueFd> connect_to(const Address& peer,
                            std::chrono::milliseconds timeout) {
  return connect_to(peer, deadline_of(timeout));
}

bool is_self_connected(int fd) {
  const Result<Address> near = Address::local_of(fd);
  const Result<Address> far = Address::peer_of(fd);
  return near && far && !near->is_unix() && *near == *far;
}

int left_ms(Deadline deadline) {
  if (deadline == kNever) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      deadline - Deadline::clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX));
}

}  // namespace netpoll::os
