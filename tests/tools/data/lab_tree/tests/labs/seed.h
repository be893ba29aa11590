// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>

/// The number in LAB_SEED; 1 if there is none.
inline int lab_seed() {
  const char* const set = std::getenv("LAB_SEED");
  return set == nullptr ? 1 : std::atoi(set);
}
