// SPDX-License-Identifier: Apache-2.0
#include "netpoll/link_buffer/joined.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "link_buffer/text.h"

namespace netpoll {
namespace {

void fill(std::span<std::byte> place, std::string_view text) {
  ASSERT_EQ(place.size(), text.size());
  std::ranges::copy(raw(text), place.begin());
}

TEST(Joined, AsksOnlyForBytesThatNoEarlierCallHasCopied) {
  Joined joined;
  fill(joined.extend(100, 4), "abcd");
  fill(joined.extend(100, 6), "ef");
  EXPECT_EQ(text(joined.view(100, 6)), "abcdef");
  EXPECT_TRUE(joined.extend(100, 6).empty());
}

TEST(Joined, WindowStillServesAfterPartOfItIsConsumed) {
  Joined joined;
  fill(joined.extend(100, 4), "abcd");
  fill(joined.extend(102, 4), "ef");
  EXPECT_EQ(text(joined.view(102, 4)), "cdef");
}

TEST(Joined, NewWindowBeginsWhereTheOldOneDoesNotReach) {
  Joined joined;
  fill(joined.extend(0, 4), "abcd");
  fill(joined.extend(9, 2), "xy");
  EXPECT_EQ(text(joined.view(9, 2)), "xy");
}

TEST(Joined, BytesNeverMoveOnceCopied) {
  Joined joined;
  fill(joined.extend(0, 4), "abcd");
  const auto first = joined.view(0, 4);
  fill(joined.extend(0, 5000), std::string(5000, 'x'));  // outgrows the block
  EXPECT_EQ(text(first), "abcd");
  EXPECT_NE(first.data(), joined.view(0, 5000).data());
}

}  // namespace
}  // namespace netpoll
