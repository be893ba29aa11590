// SPDX-License-Identifier: Apache-2.0
#pragma once

// Connecting a stream socket to an address.
//
//    begin_connect(peer) --> socket; the kernel connects it meanwhile
//          poll(2) reports the socket writable
//    connect_result(fd)  --> connected, or why not
//
// connect_to() does all of it for one address and sleeps in poll(2) meanwhile;
// client/connector.h does it for several addresses at once.

#include <chrono>

#include "netpoll/base/result.h"
#include "netpoll/base/trigger.h"
#include "netpoll/os/address.h"
#include "netpoll/os/unique_fd.h"

namespace netpoll::os {

/// A socket on which connect(2) was called, and whether the kernel is now
/// connecting it.
struct Begun {
  UniqueFd fd;
  /// The kernel is not connecting `fd`, because the unix server's queue of
  /// waiting clients is full. The kernel reports no event when the queue has
  /// room again; so call continue_connect() after a short pause.
  bool queue_full = false;
};

/// Opens a non-blocking stream socket, binds it to `local` if `local` holds an
/// address (with port 0 the kernel picks a port), and calls connect(2) with
/// `peer`. Does not sleep. Fails as socket(2), bind(2) and connect(2) do. [any]
[[nodiscard]] Result<Begun> begin_connect(const Address& peer,
                                          const Address& local = {});

/// Calls connect(2) once more for the socket of `begun`, whose queue_full is
/// true, with the same `peer` as before. Updates `begun.queue_full`. Fails as
/// connect(2) does. [any]
[[nodiscard]] std::error_code continue_connect(Begun& begun,
                                               const Address& peer);

/// How the connect(2) on `fd` has ended: no error when `fd` is connected, else
/// why not. Call it once poll(2) has reported `fd` writable. [any]
[[nodiscard]] std::error_code connect_result(int fd);

/// Opens a stream socket, binds it to `local` if `local` holds an address, and
/// connects it to `peer`. Sleeps until the socket is connected, connecting has
/// failed, or `deadline` has come. Fails as socket(2), bind(2) and connect(2)
/// do, or with Errc::dial_timeout once the deadline has passed, even if the
/// server refuses at the same time. [any but a poller]
[[nodiscard]] Result<UniqueFd> connect_to(const Address& peer,
                                          Deadline deadline,
                                          const Address& local = {});
/// Does connect_to() with a deadline that is `timeout` from now; 0: no limit.
/// [any but a poller]
[[nodiscard]] Result<UniqueFd> connect_to(const Address& peer,
                                          std::chrono::milliseconds timeout);

/// Whether the socket `fd` is connected to itself, without a server. TCP lets
/// this happen when a socket dials the very port that it is bound to. [any]
bool is_self_connected(int fd);

/// The time until `deadline` in milliseconds, rounded up, as poll(2) takes it:
/// 0 when the deadline has passed, -1 (no limit) for kNever. [any]
int left_ms(Deadline deadline);

}  // namespace netpoll::os
