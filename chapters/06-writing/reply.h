// SPDX-License-Identifier: Apache-2.0
#pragma once

// The reply of four_ways.cpp: 8 digits that tell how long the body is, and a
// body of 4000 lines, each with its number.

#include <cstddef>
#include <span>
#include <vector>

using Room = std::span<std::byte>;

inline constexpr std::size_t kHead = 8;
inline constexpr std::size_t kLines = 4000;
inline constexpr std::size_t kBodyMax = kLines * 5;

// Makes the body in `room`, and returns its size.
inline std::size_t render(Room room) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < kLines; ++i) {
    std::size_t unit = 1;
    while (unit * 10 <= i)
      unit *= 10;
    for (; unit > 0; unit /= 10)
      room[size++] = static_cast<std::byte>('0' + i / unit % 10);
    room[size++] = static_cast<std::byte>('\n');
  }
  return size;
}

// Makes the head in `room`: the digits of `size`, and zeros in front.
inline void put_head(Room room, std::size_t size) {
  for (std::size_t i = kHead; i-- > 0; size /= 10)
    room[i] = static_cast<std::byte>('0' + size % 10);
}

// The whole reply, as the peer must get it.
inline std::vector<std::byte> whole() {
  std::vector<std::byte> reply(kHead + kBodyMax);
  const std::size_t size = render(Room(reply).subspan(kHead));
  put_head(reply, size);
  reply.resize(kHead + size);
  return reply;
}
