// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sockets: opening, listening, accepting; connecting is in os/connect.h. Every
// descriptor that is made here is non-blocking and close-on-exec from the start
// (upstream makes it non-blocking by a later call, and leaves accepted sockets
// to be inherited by child processes), and is none of 0, 1 and 2.

#include <chrono>
#include <cstddef>
#include <optional>

#include "netpoll/base/result.h"
#include "netpoll/os/address.h"
#include "netpoll/os/connect.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll {

/// Options of a socket that is to listen.
struct ListenOptions {
  /// How many connections may wait to be accepted; 0: as many as the system
  /// allows.
  int backlog = 0;
  /// TCP: several sockets may listen on one port (SO_REUSEPORT); the kernel
  /// gives each new connection to one of them.
  bool reuse_port = false;
  /// True: an IPv6 socket that listens on "[::]" takes no IPv4 client. For the
  /// network "tcp6" Listener sets this to true, whatever it was.
  bool ipv6_only = false;
};

}  // namespace netpoll

namespace netpoll::os {

/// A connection that was accepted, and the address of its far end.
struct Accepted {
  UniqueFd fd;
  Address peer;
};

/// A new stream socket of an address family (AF_INET, AF_INET6, AF_UNIX).
/// Fails as socket(2) does. [any]
[[nodiscard]] Result<UniqueFd> open_stream(int family);

/// Opens a stream socket, binds it to `address`, and makes it listen. A TCP
/// socket gets SO_REUSEADDR, so that a server that has ended can be started
/// again at once. The caller must remove the file of a unix socket;
/// os/socket_file.h does that. Fails as socket(2), bind(2) and listen(2) do.
/// [any]
[[nodiscard]] Result<UniqueFd> listen_on(const Address& address,
                                         const ListenOptions& options = {});
/// Makes the bound socket `fd` listen. Fails as listen(2) does. [any]
[[nodiscard]] std::error_code start_listening(int fd,
                                              const ListenOptions& options);

/// Takes over a socket that listens already, and makes it non-blocking and
/// close-on-exec. A descriptor below 3 is replaced by a copy at 3 or above.
/// Fails, and closes `fd`, when `fd` is no socket (as getsockopt(2) does), no
/// stream (Errc::unsupported), or does not listen (Errc::invalid_argument).
/// [any]
[[nodiscard]] Result<UniqueFd> take_listening(UniqueFd fd);

/// Takes over a socket that is connected already, and makes it non-blocking
/// and close-on-exec. A descriptor below 3 is replaced by a copy at 3 or above.
/// Fails, and closes `fd`, when `fd` is no socket (as getsockopt(2) does), no
/// stream (Errc::unsupported), listens (Errc::invalid_argument), or is not
/// connected (as getpeername(2) does). [any]
[[nodiscard]] Result<UniqueFd> take_connected(UniqueFd fd);

/// Accepts the connection that has waited longest. Returns std::nullopt when no
/// connection waits. Skips connections that were reset while they waited; after
/// 64 of these in one call it returns std::nullopt too, and epoll(7) reports
/// `listener` again if more connections wait. Fails as accept4(2) does.
/// [poller]
[[nodiscard]] Result<std::optional<Accepted>> accept4(int listener);

/// `on` turns Nagle's algorithm off (TCP_NODELAY), so that small packets are
/// sent at once; not `on` turns it on again. Does nothing on a unix socket.
/// [any]
void set_no_delay(int fd, bool on);

/// The longest time that set_keepalive() can set: Linux refuses a longer one,
/// and set_keepalive() then fails.
inline constexpr std::chrono::seconds kKeepaliveMax(32767);

/// Makes the kernel find out when the peer of `fd` is gone (SO_KEEPALIVE). When
/// the peer was silent for `seconds`, the kernel begins to send it probes. When
/// the peer answers none of them for about `seconds` more, the kernel ends the
/// connection with ETIMEDOUT. It sends three probes in that time (one to five
/// when `seconds` is below 9). With `seconds` 0 the kernel sends no probes.
///
/// The kernel sends no probes while sent bytes wait for their acknowledgement;
/// then tcp_retries2 limits the time, see tcp(7). Does nothing on a unix
/// socket, whose peer cannot vanish. Fails as setsockopt(2) does, also with
/// more than kKeepaliveMax. [any]
///
/// Unlike upstream, which leaves the number of questions (probes) at the
/// system's nine, and so finds a dead peer after ten times `seconds`:
/// SetKeepAlive, sys_keepalive_unix.go:23.
[[nodiscard]] std::error_code set_keepalive(int fd, int seconds);

/// How many bytes the kernel has received for `fd` that were not read yet; 0
/// when the kernel cannot tell. [any]
std::size_t bytes_waiting(int fd);

}  // namespace netpoll::os
