// SPDX-License-Identifier: Apache-2.0
#include "netpoll/toy/toy.h"

#include <gtest/gtest.h>

TEST(Toy, WhatFitsStays) {
  EXPECT_EQ(netpoll::toy::clamp(5, 1, 9), 5);
}
