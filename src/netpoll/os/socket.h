// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sockets: opening, listening, accepting, connecting. Every descriptor made
// here is non-blocking and close-on-exec from its birth (upstream sets the
// first later and forgets the second).

#include <chrono>
#include <optional>

#include "netpoll/base/result.h"
#include "netpoll/base/trigger.h"
#include "netpoll/os/address.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll {

/// How a socket listens.
struct ListenOptions {
  int backlog = 0;          ///< who may wait to be accepted; 0: system's limit
  bool reuse_port = false;  ///< TCP: several sockets share port and clients
  bool ipv6_only = false;   ///< "[::]" takes no IPv4 client; tcp6 implies it
};

}  // namespace netpoll

namespace netpoll::os {

/// A connection that was accepted, and who is at its other end.
struct Accepted {
  UniqueFd fd;
  Address peer;
};

/// A listening stream socket; a TCP one with SO_REUSEADDR, so that a server
/// can be started again at once. Fails as socket(2), bind(2), listen(2). [any]
Result<UniqueFd> listen_on(const Address& address,
                           const ListenOptions& options = {});

/// Takes over a socket that listens already, and makes it non-blocking and
/// close-on-exec. Fails, and closes it, when it is no socket (as getsockopt(2)
/// does), no stream (Errc::unsupported), or does not listen
/// (Errc::invalid_argument). [any]
Result<UniqueFd> take_listening(UniqueFd fd);

/// The same for a socket that is connected; one that listens is an
/// Errc::invalid_argument, one that is not connected fails as getpeername(2)
/// does. [any]
Result<UniqueFd> take_connected(UniqueFd fd);

/// The next waiting connection; nothing when none waits. A connection that was
/// reset while it waited is skipped. Fails as accept4(2). [poller]
Result<std::optional<Accepted>> accept4(int listener);

/// A connected stream socket, its near end at `local` unless that is none (a
/// port of 0 is picked). Blocks the caller until connected, refused or
/// `deadline`. Fails as bind(2) and connect(2) do; with Errc::dial_timeout once
/// the deadline has passed, whatever else went wrong meanwhile.
/// [any but a poller]
Result<UniqueFd> connect_to(const Address& peer, Deadline deadline,
                            const Address& local = {});
/// The same within `timeout`; 0: no limit of ours. [any but a poller]
Result<UniqueFd> connect_to(const Address& peer,
                            std::chrono::milliseconds timeout);

/// Both ends of `fd` are one and the same: TCP's simultaneous open, with
/// itself. [any]
bool is_self_connected(int fd);

/// Sends small packets at once. Does nothing on a unix socket. [any]
void set_no_delay(int fd, bool on);

/// Linux takes no longer one.
inline constexpr std::chrono::seconds kKeepaliveMax(32767);

/// Has the kernel ask a peer that was silent for `seconds` whether it lives,
/// and end the connection (ETIMEDOUT) when as long again no answer comes: the
/// questions fill the second span, three of them where seconds allow. 0: asks
/// never. Does nothing on a unix socket, whose peer cannot vanish. Fails as
/// setsockopt(2): more than kKeepaliveMax is refused. Output that is not
/// acknowledged is the business of tcp_retries2, see tcp(7). [any]
///
/// Unlike upstream: it leaves the number of questions at the system's nine, and
/// a dead peer is found after ten times `seconds` (sys_keepalive_unix.go:22).
std::error_code set_keepalive(int fd, int seconds);

/// Bytes that the kernel holds for `fd` and nobody has read; 0 on failure.
/// [any]
std::size_t bytes_waiting(int fd);

}  // namespace netpoll::os
