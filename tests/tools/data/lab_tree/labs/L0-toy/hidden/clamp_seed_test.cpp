// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "labs/seed.h"
#include "netpoll/toy/toy.h"

TEST(ClampSeeded, BelowIsTheLowest) {
  const int low = lab_seed() % 1000;
  EXPECT_EQ(netpoll::toy::clamp(low - 1, low, low + 9), low);
}

TEST(ClampSeeded, AboveIsTheHighest) {
  const int high = lab_seed() % 1000;
  EXPECT_EQ(netpoll::toy::clamp(high + 7, high - 9, high), high);
}
