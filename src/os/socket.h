// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sockets: opening, listening, accepting, connecting. Every descriptor made
// here is non-blocking and close-on-exec from its birth (upstream sets the
// first later and forgets the second).

#include <chrono>
#include <optional>

#include "base/result.h"
#include "os/address.h"
#include "os/unique_fd.h"

namespace netpoll::os {

/// A connection that was accepted, and who is at its other end.
struct Accepted {
  UniqueFd fd;
  Address peer;
};

/// A listening stream socket; a TCP one with SO_REUSEADDR, so that a server
/// can be started again at once. Fails as socket(2), bind(2), listen(2). [any]
Result<UniqueFd> listen_on(const Address& address);

/// The next waiting connection; nothing when none waits. A connection that was
/// reset while it waited is skipped. Fails as accept4(2). [poller]
Result<std::optional<Accepted>> accept4(int listener);

/// A connected stream socket. Blocks the caller until connected, refused or
/// `timeout` is over (0: no limit of ours). Fails as connect(2), or with
/// Errc::dial_timeout. [any but a poller]
Result<UniqueFd> connect_to(const Address& address,
                            std::chrono::milliseconds timeout);

/// Sends small packets at once. Does nothing on a unix socket. [any]
void set_no_delay(int fd, bool on);

/// TCP asks the peer for a sign of life after `seconds` without one; 0: never.
/// Fails as setsockopt(2). [any]
std::error_code set_keepalive(int fd, int seconds);

/// Bytes that the kernel holds for `fd` and nobody has read; 0 on failure.
/// [any]
std::size_t bytes_waiting(int fd);

}  // namespace netpoll::os
