// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading and writing a non-blocking stream socket.
//
// That the kernel cannot do it now (EAGAIN), and that the stream has ended, are
// answers and no errors. A call that a signal has interrupted (EINTR) is
// repeated. Linux interrupts no call on a non-blocking socket, so the
// repetition is a precaution. Upstream's poller has none: iosend (net_io.go:39)
// returns EINTR, and the poller would close the connection.

#include <cstddef>
#include <span>

#include "netpoll/base/result.h"

namespace netpoll::os {

/// Pieces of memory, in the order in which they are sent.
using IoVecs = std::span<const std::span<const std::byte>>;

/// How many pieces sendmsg() takes at most; the caller sends the rest by
/// another call.
/// Upstream: barriercap (sys_exec.go:58).
inline constexpr std::size_t kIoVecsMax = 32;

/// What one call of recv() or sendmsg() has done.
struct Moved {
  std::size_t bytes = 0;  ///< how many were read or sent
  bool again = false;     ///< none: the kernel has no data, or no room, now
  bool eof = false;       ///< reading only: the peer has finished sending
};

/// Reads once into `room`. Requires: `room` is not empty, since recv(2) answers
/// a read of 0 bytes as it answers the end of the stream. Fails as recv(2).
/// [poller]
[[nodiscard]] Result<Moved> recv(int fd, std::span<std::byte> room);

/// Sends once, from the first kIoVecsMax of `pieces`. A single piece is sent by
/// send(2), which is cheaper. Never raises SIGPIPE. Requires: `pieces` is not
/// empty. Fails as sendmsg(2). [writer] or [poller]: the thread that holds the
/// connection's output
[[nodiscard]] Result<Moved> sendmsg(int fd, IoVecs pieces);

}  // namespace netpoll::os
