// SPDX-License-Identifier: Apache-2.0
#pragma once

// One message on the wire, a request or an answer:
//
//    | length, 4 bytes | id, 8 bytes | payload |
//                      |<------ length ------->|
//
// Both numbers are big-endian: the highest byte comes first.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "netpoll/base/result.h"
#include "netpoll/link_buffer/link_buffer.h"

namespace request_id {

inline constexpr std::size_t kLengthSize = 4;
inline constexpr std::size_t kIdSize = 8;
inline constexpr std::size_t kMaxPayload = std::size_t{1} << 20;

struct Frame {
  std::uint64_t id = 0;
  std::string payload;
};

/// Writes one frame to `out`; the caller flushes.
/// Requires: payload.size() <= kMaxPayload. [writer]
void write_frame(netpoll::LinkBuffer& out, std::uint64_t id,
                 std::string_view payload);

/// Takes one frame from `in`, and gives back the memory that it lay in. Fails
/// with Errc::short_buffer if the frame is not whole yet, and consumes nothing
/// then; with Errc::invalid_argument as soon as the length is there, and no
/// frame can have it. [reader]
netpoll::Result<Frame> read_frame(netpoll::LinkBuffer& in);

}  // namespace request_id
