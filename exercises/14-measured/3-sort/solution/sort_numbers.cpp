// SPDX-License-Identifier: Apache-2.0
#include "sort_numbers.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace {

// From the order of the network to that of this machine, and back.
std::uint32_t swapped(std::uint32_t number) {
  if constexpr (std::endian::native == std::endian::little) {
    return std::byteswap(number);
  }
  return number;
}

}  // namespace

// In the order of the machine one comparison is one instruction.
void sort_numbers(std::span<std::byte> numbers) {
  const std::span all(reinterpret_cast<std::uint32_t*>(numbers.data()),
                      numbers.size() / sizeof(std::uint32_t));
  std::ranges::transform(all, all.begin(), swapped);
  std::ranges::sort(all);
  std::ranges::transform(all, all.begin(), swapped);
}
