// SPDX-License-Identifier: Apache-2.0
#include "sort_numbers.h"

// Yours: std::sort, or something that is faster for numbers of 32 bits.
void sort_numbers(std::span<std::byte> numbers) {
  static_cast<void>(numbers);
}
