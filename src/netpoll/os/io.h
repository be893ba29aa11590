// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading and writing a non-blocking stream socket.
//
// "Not now" (EAGAIN) and "no more" (end of file) are answers of their own and
// no errors; a signal (EINTR) is hidden by trying again, both ways (upstream
// closes the connection when a send is interrupted: net_io.go:39).

#include <cstddef>
#include <span>

#include "netpoll/base/result.h"

namespace netpoll::os {

/// Pieces of memory in the order they go out.
using IoVecs = std::span<const std::span<const std::byte>>;

/// How many pieces sendmsg() takes at most; the rest waits for the next call.
/// Upstream: barriercap (sys_exec.go:58).
inline constexpr std::size_t kIoVecsMax = 32;

/// What one call moved.
struct Moved {
  std::size_t bytes = 0;
  bool again = false;  // the kernel has no more data, or no more room, now
  bool eof = false;    // reading only: the peer has finished sending
};

/// Reads once into `room`, which must not be empty: a read of nothing looks
/// like the end of the stream. Fails as recv(2). [poller]
Result<Moved> recv(int fd, std::span<std::byte> room);

/// Sends once from `pieces`, at most kIoVecsMax of them; one piece goes by
/// send(2), which is cheaper. Never raises SIGPIPE. Fails as sendmsg(2).
/// [writer] or [poller], whoever holds the output
Result<Moved> sendmsg(int fd, IoVecs pieces);

}  // namespace netpoll::os
