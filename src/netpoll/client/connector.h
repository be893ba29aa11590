// SPDX-License-Identifier: Apache-2.0
#pragma once

// Several addresses, one deadline: which of them becomes the connection.
//
//    peers     [::1]:80          127.0.0.1:80        [::2]:80
//       0 ms   connect(2)
//              no answer
//     250 ms   …                 connect(2)
//              …                 refused: the next at once
//     260 ms   …                                     connect(2)
//     270 ms   closed                                connected: this one
//    deadline  |================ over all of them ================|
//
// The next address is tried after a short while although the one before may
// still answer, so that an address that never answers does not use up the time
// of the others (RFC 8305, "Happy Eyeballs"). The calling thread does all this
// alone: it sleeps in poll(2) on the sockets that are connecting.
// Unlike upstream, which tries one address after the other, each until it
// answers or fails, or the deadline has come: net_dialer.go:109
// (dialer.dialTCP).
// Upstream: net_tcpsock.go:204 (sysDialer.dialTCP), which repeats an attempt.

#include <chrono>
#include <functional>
#include <span>

#include "netpoll/base/result.h"
#include "netpoll/base/trigger.h"
#include "netpoll/os/address.h"
#include "netpoll/os/connect.h"
#include "netpoll/os/resolver.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll {

/// A connected socket, and the address that it is connected to.
struct Connected {
  UniqueFd fd;
  Address peer;
};

/// Opens a socket and begins to connect it from `local` to `peer`. This is
/// os::begin_connect(), or a function by which a test replaces it.
using BeginConnect =
    std::function<Result<os::Begun>(const Address& peer, const Address& local)>;

/// The options of connect_first().
struct ConnectOptions {
  /// The moment at which connect_first() gives up; kNever: no time limit.
  Deadline deadline = kNever;
  /// The local address to connect from. An empty Address leaves the choice of
  /// address and port to the kernel.
  Address local = {};
  /// How long after the start of one attempt the next address is tried as well,
  /// if the attempt has neither succeeded nor failed by then.
  std::chrono::milliseconds attempt_delay{250};
  BeginConnect begin = os::begin_connect;
};

/// Connects to the one of `peers` that answers first, and closes the sockets of
/// the other attempts. Begins with the first of `peers`; begins the next one
/// when an attempt has failed, or when `attempt_delay` has passed since the
/// last one began. When the port of `options.local` is not 0, only one socket
/// can be bound to it, and the next attempt begins only after the one before
/// has failed. Requires: at least one peer.
///
/// When the kernel picks the local port, it may pick one that cannot be used: a
/// port that is in use (EADDRNOTAVAIL), or the very port that is dialled, so
/// that TCP connects the socket to itself. Then the attempt is repeated, at
/// most twice for each peer. Unlike upstream: a third self-connection is not
/// returned. It proves that nobody listens on that port; the attempt has failed
/// with std::errc::connection_refused.
///
/// Fails with Errc::dial_timeout once the deadline has passed; when all peers
/// have failed, with the error of the first of `peers`. [any but a poller]
[[nodiscard]] Result<Connected> connect_first(std::span<const Address> peers,
                                              const ConnectOptions& options);

/// Returns `addresses` in the order in which they are to be tried: IPv4 and
/// IPv6 take turns while both have addresses left, beginning with the family of
/// the first address. Within a family the order stays. If the first family does
/// not work at all, the second attempt already uses the other one. [any]
os::Addresses interleave_families(const os::Addresses& addresses);

}  // namespace netpoll
