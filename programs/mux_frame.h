// SPDX-License-Identifier: Apache-2.0
#pragma once

// The frames of mux_server and mux_client: many requests and answers on one
// connection. An answer has the id of its request; the order is free.
//
//    0         4         8                8 + length
//    | length  |   id    |    payload     |    both numbers are big-endian
//
// Pure: nothing here waits, or knows a connection. A peer may send any length,
// so take_frame() looks at it before it asks for, or allocates, anything.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "netpoll/base/error.h"
#include "netpoll/base/result.h"
#include "netpoll/link_buffer/link_buffer.h"
#include "netpoll/link_buffer/reader_writer.h"
#include "netpoll/link_buffer/slice.h"

namespace netpoll::programs {

struct FrameHeader {
  std::uint32_t length = 0;  // of the payload
  std::uint32_t id = 0;

  bool operator==(const FrameHeader&) const = default;
};

struct Frame {
  std::uint32_t id = 0;
  Slice payload;
};

inline constexpr std::size_t kFrameHeaderSize = 8;
using FrameHeaderBytes = std::array<std::byte, kFrameHeaderSize>;

inline FrameHeaderBytes encode(const FrameHeader& header) {
  FrameHeaderBytes bytes{};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t shift = 8 * (3 - i);
    bytes[i] = static_cast<std::byte>(header.length >> shift & 0xff);
    bytes[4 + i] = static_cast<std::byte>(header.id >> shift & 0xff);
  }
  return bytes;
}

inline FrameHeader decode(std::span<const std::byte, kFrameHeaderSize> bytes) {
  FrameHeader header;
  for (std::size_t i = 0; i < 4; ++i) {
    header.length =
        header.length << 8 | std::to_integer<std::uint32_t>(bytes[i]);
    header.id = header.id << 8 | std::to_integer<std::uint32_t>(bytes[4 + i]);
  }
  return header;
}

/// Takes the first frame, if all of it is there; its payload is not copied. The
/// result is empty, and nothing is taken, while bytes of the frame are missing.
/// Fails with Errc::too_long when the payload is longer than `max`. Never
/// waits. Ends the views of `reader`.
template <Reader R>
[[nodiscard]] Result<std::optional<Frame>> take_frame(R& reader,
                                                      std::size_t max) {
  if (reader.size() < kFrameHeaderSize) return std::nullopt;
  const auto bytes = reader.peek(kFrameHeaderSize);
  if (!bytes) return fail(bytes.error());
  const FrameHeader header = decode(bytes->template first<kFrameHeaderSize>());
  reader.release();
  if (header.length > max) return fail(Errc::too_long);
  if (reader.size() - kFrameHeaderSize < header.length) return std::nullopt;
  if (const auto error = reader.skip(kFrameHeaderSize)) return fail(error);
  auto payload = reader.slice(header.length);
  if (!payload) return fail(payload.error());
  return Frame{header.id, *std::move(payload)};
}

/// Appends a frame; its payload is not copied. Requires: the payload is shorter
/// than 4 GiB. The reader of `to` sees the frame after to.flush().
inline void put_frame(LinkBuffer& to, Frame frame) {
  const auto length = static_cast<std::uint32_t>(frame.payload.size());
  to.write_binary(encode({.length = length, .id = frame.id}));
  std::move(frame.payload).move_to(to);
}

}  // namespace netpoll::programs
