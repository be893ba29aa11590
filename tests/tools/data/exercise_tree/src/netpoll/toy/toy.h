// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace netpoll::toy {

/// The number between `low` and `high` that is nearest to `value`. [any]
int clamp(int value, int low, int high);

/// The larger one. [any]
constexpr int larger(int a, int b) {
  return a < b ? b : a;
}

}  // namespace netpoll::toy
