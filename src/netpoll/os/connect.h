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

/// A socket on which connect(2) was called.
struct Begun {
  UniqueFd fd;
  /// The kernel does not connect it yet: the unix server's queue of waiting
  /// clients is full. There is no event to wait for; call continue_connect()
  /// after a short while.
  bool queue_full = false;
};

/// Opens a non-blocking stream socket, binds it to `local` unless that is no
/// address (with port 0 the kernel picks a port), and calls connect(2). Does
/// not sleep. Fails as socket(2), bind(2) and connect(2) do. [any]
[[nodiscard]] Result<Begun> begin_connect(const Address& peer,
                                          const Address& local = {});

/// Calls connect(2) once more for a `begun` whose queue was full, and updates
/// `begun.queue_full`. Fails as connect(2) does. [any]
[[nodiscard]] std::error_code continue_connect(Begun& begun,
                                               const Address& peer);

/// How the connect(2) on `fd` has ended, once poll(2) has reported `fd`
/// writable: no error when the socket is connected. [any]
[[nodiscard]] std::error_code connect_result(int fd);

/// A connected stream socket. Sleeps until it is connected, refused, or
/// `deadline` has come. `local` as in begin_connect(). Fails as bind(2) and
/// connect(2) do; with Errc::dial_timeout once the deadline has passed, also
/// when the server refuses at the same time. [any but a poller]
[[nodiscard]] Result<UniqueFd> connect_to(const Address& peer,
                                          Deadline deadline,
                                          const Address& local = {});
/// As above, within `timeout` from now; 0: no time limit. [any but a poller]
[[nodiscard]] Result<UniqueFd> connect_to(const Address& peer,
                                          std::chrono::milliseconds timeout);

/// The socket is connected to itself, which TCP allows when a socket dials the
/// very port that it is bound to. [any]
bool is_self_connected(int fd);

/// The time until `deadline` in milliseconds, rounded up, as poll(2) takes it:
/// 0 when it has passed, -1 for kNever. [any]
int left_ms(Deadline deadline);

}  // namespace netpoll::os
