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

/// Begins one attempt: os::begin_connect(), or a stand-in of a test.
using BeginConnect =
    std::function<Result<os::Begun>(const Address& peer, const Address& local)>;

/// How connect_first() connects.
struct ConnectOptions {
  /// The moment at which all attempts end.
  Deadline deadline = kNever;
  /// The near end; no address lets the kernel choose.
  Address local = {};
  /// How long an attempt goes on alone before the next address is tried.
  std::chrono::milliseconds attempt_delay{250};
  BeginConnect begin = os::begin_connect;
};

/// Connects to the one of `peers` that answers first, and closes the other
/// attempts. Begins with the first of `peers`; begins the next one when an
/// attempt has failed, or after `attempt_delay`. When `options.local` has a
/// port of its own, only one socket can be bound to it, and the next attempt
/// begins only after the one before has failed. Requires: at least one peer.
///
/// While the kernel picks the near port, an attempt is repeated twice at most
/// after two mistakes of the kernel: the port that it picked is taken
/// (EADDRNOTAVAIL), or is the very port that is dialled, so that TCP connects
/// the socket to itself. Unlike upstream: a third self-connection is not handed
/// out. It proves that nobody listens there: std::errc::connection_refused.
///
/// Fails with Errc::dial_timeout once the deadline has passed; when all peers
/// have failed, with the error of the first one. [any but a poller]
[[nodiscard]] Result<Connected> connect_first(std::span<const Address> peers,
                                              const ConnectOptions& options);

/// The same addresses in the order in which they are tried: the families take
/// turns, the first one's family begins, and within a family the order stays.
/// So a family that does not work costs one attempt, not all of them. [any]
os::Addresses interleave_families(const os::Addresses& addresses);

}  // namespace netpoll
