// SPDX-License-Identifier: Apache-2.0
#pragma once

// The bytes that the fuzzers write: the same number is always the same byte,
// and bytes that lie near each other differ, so a byte that is lost, doubled or
// misplaced is seen.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace netpoll::fuzz {

class Stream {
 public:
  /// The next `n` bytes.
  std::string take(std::size_t n) {
    std::string text(n, '\0');
    for (char& c : text)
      c = static_cast<char>(byte_at(at_++));
    return text;
  }

  /// Number `at` of the stream, counted from its beginning.
  static std::uint8_t byte_at(std::uint64_t at) {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
    return static_cast<std::uint8_t>(((at + 1) * kOdd) >> 56);
  }

 private:
  std::uint64_t at_ = 0;
};

}  // namespace netpoll::fuzz
