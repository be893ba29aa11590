// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sockets: opening, listening, accepting; connecting is in os/connect.h. Every
// descriptor that is made here is non-blocking and close-on-exec from its birth
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

/// How a socket listens.
struct ListenOptions {
  int backlog = 0;  ///< how many may wait to be accepted; 0: system's limit
  bool reuse_port = false;  ///< TCP: several sockets share port and clients
  bool ipv6_only = false;   ///< "[::]" takes no IPv4 client; tcp6 implies it
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

/// A listening stream socket; a TCP one with SO_REUSEADDR, so that a server
/// can be started again at once. Fails as socket(2), bind(2), listen(2). The
/// file of a unix socket is the caller's to remove; os/socket_file.h does that.
/// [any]
[[nodiscard]] Result<UniqueFd> listen_on(const Address& address,
                                         const ListenOptions& options = {});
/// Makes the bound socket `fd` listen. Fails as listen(2) does. [any]
[[nodiscard]] std::error_code start_listening(int fd,
                                              const ListenOptions& options);

/// Takes over a socket that listens already, and makes it non-blocking and
/// close-on-exec. Its number stays the same unless it is below 3. Fails, and
/// closes it, when it is no socket (as getsockopt(2) does), no stream
/// (Errc::unsupported), or does not listen (Errc::invalid_argument). [any]
[[nodiscard]] Result<UniqueFd> take_listening(UniqueFd fd);

/// Takes over a socket that is connected already, and makes it non-blocking
/// and close-on-exec. Its number stays the same unless it is below 3. Fails,
/// and closes it, when it is no socket (as getsockopt(2) does), no stream
/// (Errc::unsupported), listens (Errc::invalid_argument), or is not connected
/// (as getpeername(2) does). [any]
[[nodiscard]] Result<UniqueFd> take_connected(UniqueFd fd);

/// The connection that has waited longest to be accepted; nothing when none
/// waits. Skips connections that were reset while they waited; after some of
/// them returns nothing, though others may wait: epoll(7) reports `listener`
/// again then. Fails as accept4(2) does. [poller]
[[nodiscard]] Result<std::optional<Accepted>> accept4(int listener);

/// Turns Nagle's algorithm off, so that small packets are sent at once, or on
/// again. Does nothing on a unix socket. [any]
void set_no_delay(int fd, bool on);

/// The longest span that set_keepalive() takes: Linux refuses a longer one.
inline constexpr std::chrono::seconds kKeepaliveMax(32767);

/// Has the kernel find a peer that is gone. When the peer was silent for
/// `seconds`, the kernel asks whether it lives; when it gives no answer for
/// `seconds` more, the kernel ends the connection (ETIMEDOUT). The kernel asks
/// three times in that second span, where whole seconds allow. 0: never asks.
/// Does nothing on a unix socket, whose peer cannot vanish. Fails as
/// setsockopt(2) does, also with more than kKeepaliveMax. Does not help while
/// output waits for its acknowledgement: see tcp_retries2 in tcp(7). [any]
///
/// Unlike upstream, which leaves the number of questions at the system's nine,
/// and so finds a dead peer after ten times `seconds`: SetKeepAlive,
/// sys_keepalive_unix.go:23.
[[nodiscard]] std::error_code set_keepalive(int fd, int seconds);

/// Bytes that the kernel has received for `fd` and that were not read yet; 0
/// on failure. [any]
std::size_t bytes_waiting(int fd);

}  // namespace netpoll::os
