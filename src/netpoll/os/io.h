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

/// Pieces of memory that sendmsg() sends, in the order in which it sends them.
using IoVecs = std::span<const std::span<const std::byte>>;

/// How many pieces of memory one call of sendmsg() sends at most. It leaves the
/// other pieces, and the caller sends them by further calls.
/// Upstream: barriercap (sys_exec.go:58).
inline constexpr std::size_t kIoVecsMax = 32;

/// What one call of recv() or sendmsg() has done.
struct Moved {
  /// How many bytes were read or sent.
  std::size_t bytes = 0;
  /// No byte was moved: the kernel has no input now, or no room for output.
  bool again = false;
  /// No byte was read: the peer has finished sending. Never set by sendmsg().
  bool eof = false;
};

/// Reads from the socket `fd` into `room` by one recv(2). Requires: `room` is
/// not empty, since recv(2) returns 0 for an empty buffer, as it does at the
/// end of the stream. Fails as recv(2) does. [poller]
[[nodiscard]] Result<Moved> recv(int fd, std::span<std::byte> room);

/// Sends the first kIoVecsMax of `pieces`, or as many of their bytes as the
/// kernel takes, by one sendmsg(2); a single piece by send(2), which is
/// cheaper. Never raises SIGPIPE. Requires: `pieces` is not empty. Fails as
/// sendmsg(2) does. [writer] or [poller]: the one that sends the connection's
/// output at that time
[[nodiscard]] Result<Moved> sendmsg(int fd, IoVecs pieces);

}  // namespace netpoll::os
