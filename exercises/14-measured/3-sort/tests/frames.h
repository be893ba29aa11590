// SPDX-License-Identifier: Apache-2.0
#pragma once

// Requests and answers as bytes: the tests' own code, not the learner's.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace sort_exercise {

using Numbers = std::vector<std::uint32_t>;

inline void append(std::string& bytes, std::uint32_t number) {
  for (const int shift : {24, 16, 8, 0})
    bytes += static_cast<char>(number >> shift & 0xff);
}

inline std::string frame(const Numbers& numbers) {
  std::string bytes;
  append(bytes, static_cast<std::uint32_t>(numbers.size()));
  for (const std::uint32_t number : numbers)
    append(bytes, number);
  return bytes;
}

inline std::string sorted(Numbers numbers) {
  std::ranges::sort(numbers);
  return frame(numbers);
}

// The same numbers in every run.
inline Numbers some(std::size_t count) {
  std::minstd_rand random(7);
  Numbers numbers(count);
  std::ranges::generate(
      numbers, [&] { return static_cast<std::uint32_t>(random()) * 2; });
  return numbers;
}

// What the bytes of an answer say, for a message.
inline std::string shown(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i + 4 <= bytes.size() && i < 40; i += 4) {
    std::uint32_t number = 0;
    for (const char byte : bytes.substr(i, 4))
      number = number << 8 | static_cast<unsigned char>(byte);
    text += (i == 0 ? "" : " ") + std::to_string(number);
  }
  return text;
}

}  // namespace sort_exercise
