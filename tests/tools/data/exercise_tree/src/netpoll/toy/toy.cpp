// SPDX-License-Identifier: Apache-2.0
#include "netpoll/toy/toy.h"

namespace netpoll::toy {

int clamp(int value, int low, int high) {
  if (value < low) return low;
  return value > high ? high : value;
}

}  // namespace netpoll::toy
