// SPDX-License-Identifier: Apache-2.0
#pragma once

// Several addresses, one deadline: which of them becomes the connection.
//
//    peers    [::1]:80      127.0.0.1:80      10.0.0.1:80
//               |  refused     |  connected
//               +------------> +-----------> this one; the rest is not tried
//    deadline |===========================================|  over all of them
//
// One after the other, as the resolver ordered them; so one address that never
// answers uses up the time of those behind it, as upstream's does.
// Upstream: net_dialer.go:98 (the loop), net_tcpsock.go:204 (the retries).

#include <functional>
#include <span>

#include "netpoll/base/result.h"
#include "netpoll/base/trigger.h"
#include "netpoll/os/address.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll {

/// A connected socket, and which address it was.
struct Connected {
  UniqueFd fd;
  Address peer;
};

/// One attempt: os::connect_to(), or a test's stand-in.
using Connect = std::function<Result<UniqueFd>(
    const Address& peer, Deadline deadline, const Address& local)>;

/// Connects to the first of `peers` that takes us, from `local` unless that is
/// none. Requires: at least one peer. Fails with Errc::dial_timeout once the
/// deadline has passed, else with the first address's error: it is the one the
/// user most likely meant. [any but a poller]
Result<Connected> connect_first(std::span<const Address> peers,
                                Deadline deadline, const Address& local);
Result<Connected> connect_first(std::span<const Address> peers,
                                Deadline deadline, const Address& local,
                                const Connect& connect);

/// Connects to one peer. While the kernel picks the near port, two mistakes of
/// it are repaired, by at most two more attempts: a port that is taken after
/// all (EADDRNOTAVAIL), and the very port we dial, so that TCP connects the
/// socket to itself.
///
/// Unlike upstream: a third self-connection is not handed out. It proves that
/// nobody listens there: std::errc::connection_refused. [any but a poller]
Result<UniqueFd> connect_one(const Address& peer, Deadline deadline,
                             const Address& local, const Connect& connect);

}  // namespace netpoll
