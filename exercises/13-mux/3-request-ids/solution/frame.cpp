// SPDX-License-Identifier: Apache-2.0
#include "frame.h"

#include <ranges>
#include <span>

namespace request_id {
namespace {

using netpoll::Errc;
using netpoll::fail;

void put_number(std::span<std::byte> to, std::uint64_t number) {
  for (std::byte& byte : std::views::reverse(to)) {
    byte = static_cast<std::byte>(number & 0xff);
    number >>= 8;
  }
}

std::uint64_t number_of(std::span<const std::byte> bytes) {
  std::uint64_t number = 0;
  for (const std::byte byte : bytes)
    number = number << 8 | std::to_integer<std::uint64_t>(byte);
  return number;
}

}  // namespace

void write_frame(netpoll::LinkBuffer& out, std::uint64_t id,
                 std::string_view payload) {
  const std::span<std::byte> head = out.malloc(kLengthSize + kIdSize);
  put_number(head.first(kLengthSize), kIdSize + payload.size());
  put_number(head.subspan(kLengthSize), id);
  out.write_string(payload);
}

netpoll::Result<Frame> read_frame(netpoll::LinkBuffer& in) {
  const auto head = in.peek(kLengthSize);  // consumes nothing
  if (!head) return fail(head.error());
  const std::uint64_t length = number_of(*head);
  if (length < kIdSize || length > kIdSize + kMaxPayload)
    return fail(Errc::invalid_argument);
  if (in.size() < kLengthSize + length) return fail(Errc::short_buffer);
  // From here on all bytes are there: nothing below can fail.
  static_cast<void>(in.skip(kLengthSize));
  Frame frame;
  frame.id = number_of(*in.next(kIdSize));
  frame.payload = *in.read_string(length - kIdSize);
  in.release();
  return frame;
}

}  // namespace request_id
