// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

/// Sorts numbers in place, the smallest first. Each is four bytes, unsigned,
/// the most significant byte first. Requires: `numbers` begins at an address
/// that four divides, and so does its size.
void sort_numbers(std::span<std::byte> numbers);
