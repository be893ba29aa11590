// SPDX-License-Identifier: Apache-2.0
#include "frame.h"

namespace request_id {

void write_frame(netpoll::LinkBuffer& out, std::uint64_t id,
                 std::string_view payload) {
  // Yours: 4 bytes of length, 8 bytes of id, the payload.
  static_cast<void>(out);
  static_cast<void>(id);
  static_cast<void>(payload);
}

netpoll::Result<Frame> read_frame(netpoll::LinkBuffer& in) {
  // Yours: is the frame whole? Then take it.
  static_cast<void>(in);
  return netpoll::fail(netpoll::Errc::short_buffer);
}

}  // namespace request_id
