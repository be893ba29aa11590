// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "netpoll/toy/toy.h"

TEST(Clamp, TooSmallBecomesTheLowest) {
  EXPECT_EQ(netpoll::toy::clamp(0, 1, 9), 1);
}

TEST(Clamp, TooLargeBecomesTheHighest) {
  EXPECT_EQ(netpoll::toy::clamp(10, 1, 9), 9);
}
