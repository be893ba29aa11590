// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads and writes that are complete, on top of read(2) and write(2), which
// may do a part. For blocking descriptors: a call sleeps until it can go on.

#include <cstddef>
#include <span>

#include "netpoll/base/result.h"

/// Reads from `fd` until `room` is full, or the stream has ended. Returns how
/// many bytes there are now in `room`: fewer than its size only at the end of
/// the stream. Takes no byte that does not belong into `room`. Fails as read(2)
/// does, but for EINTR.
[[nodiscard]] netpoll::Result<std::size_t> read_exact(
    int fd, std::span<std::byte> room);

/// Writes all of `bytes` to `fd`, in their order. Fails as write(2) does, but
/// for EINTR; then some of the bytes may have been written.
[[nodiscard]] std::error_code write_all(int fd,
                                        std::span<const std::byte> bytes);
