// SPDX-License-Identifier: Apache-2.0
#pragma once

// The end of a stream socket, one direction at a time.
//
//    shutdown_write(fd)   what was sent goes out, then a FIN; reading goes on
//    bytes_unsent(fd)     what the peer has not acknowledged yet
//    discard(fd)          reads what came and keeps none of it
//
// A socket that is closed while the kernel holds unread input sends a reset,
// and a reset may overtake and destroy what was sent before it. So a close that
// must not lose an answer shuts down the writing side, discards input until the
// peer's own end, and only then closes the descriptor.

#include <cstddef>
#include <system_error>

#include "netpoll/base/result.h"
#include "netpoll/os/io.h"

namespace netpoll::os {

/// Ends the writing direction of the socket: the kernel sends a FIN after all
/// bytes that were sent so far. Fails as shutdown(2) does. [any]
[[nodiscard]] std::error_code shutdown_write(int fd);

/// How many bytes the kernel still holds because the peer has not acknowledged
/// them; 0 for a socket whose kind does not count them. [any]
std::size_t bytes_unsent(int fd);

/// Reads up to 1 MiB of input from a TCP socket and keeps none of it. Returns
/// how many bytes it read, or `again` when there is no input now, or `eof` when
/// the peer has finished sending. Fails as recv(2) does. Never blocks on a
/// non-blocking socket. [any]
[[nodiscard]] Result<Moved> discard(int fd);

}  // namespace netpoll::os
