// SPDX-License-Identifier: Apache-2.0
#pragma once

// The input of a fuzzer, read as a script.
//
//    libFuzzer --> [ 07 c3 41 … ] --> Script --> byte()   which call
//                                           '--> size()   how many bytes
//
// Each byte means something, so a change of one byte is a change of one call.
// Behind the last byte is_over() is true, and every byte is 0.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

namespace netpoll::fuzz {

class Script {
 public:
  explicit Script(std::span<const std::uint8_t> input) : rest_(input) {}

  bool is_over() const { return rest_.empty(); }

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }

  /// A number from 0 to `n` - 1. Requires: 1 <= n <= 256.
  std::size_t below(std::size_t n) { return byte() % n; }

  /// A number of bytes: mostly below 64, now and then some thousands, or one
  /// below, at and above a size at which the library changes its ways.
  std::size_t size() {
    constexpr std::array<std::size_t, 16> kEdges = {
        511,  512,  513,  1023, 1024, 1025,  4095,  4096,
        4097, 8191, 8192, 8193, 9000, 65535, 65536, 65537};
    const std::size_t code = byte();
    if (code < 0xc0) return code & 0x3f;
    if (code < 0xf0) return (code & 0x3f) * 97;
    return kEdges[code & 0x0f];
  }

  /// A number of bytes to take where `there` are: mostly no more than that, and
  /// sometimes up to 3 more.
  std::size_t size_of(std::size_t there) {
    const std::size_t code = byte();
    if (code < 0x60) return code < there ? code : there;
    if (code < 0xe0) return there * (code - 0x60) / 0x7f;
    return there + (code & 0x03);
  }

  /// All bytes that are left.
  std::string rest() {
    std::string text(rest_.begin(), rest_.end());
    rest_ = {};
    return text;
  }

  /// As rest(), but only up to the next byte `end`, which is left out.
  std::string until(std::uint8_t end) {
    std::string text;
    while (!rest_.empty()) {
      const std::uint8_t next = byte();
      if (next == end) break;
      text.push_back(static_cast<char>(next));
    }
    return text;
  }

 private:
  std::span<const std::uint8_t> rest_;
};

}  // namespace netpoll::fuzz
