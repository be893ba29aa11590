// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mcache/size_class.h"

#include <gtest/gtest.h>

namespace netpoll::mcache {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

TEST(SizeClass, NothingAndOneByteAreClassZero) {
  EXPECT_EQ(class_of(0), 0U);
  EXPECT_EQ(class_of(1), 0U);
}

TEST(SizeClass, AnExactPowerOfTwoGetsABlockOfItsOwnSize) {
  EXPECT_EQ(capacity_of(class_of(2)), 2U);
  EXPECT_EQ(capacity_of(class_of(4)), 4U);
  EXPECT_EQ(capacity_of(class_of(8192)), 8192U);
  EXPECT_EQ(capacity_of(class_of(kMiB)), kMiB);
}

TEST(SizeClass, OneByteMoreThanAPowerGetsTheNextOne) {
  EXPECT_EQ(capacity_of(class_of(3)), 4U);
  EXPECT_EQ(capacity_of(class_of(5)), 8U);
  EXPECT_EQ(capacity_of(class_of(8193)), 16384U);
}

TEST(SizeClass, OneByteLessThanAPowerGetsThatPower) {
  EXPECT_EQ(capacity_of(class_of(7)), 8U);
  EXPECT_EQ(capacity_of(class_of(8191)), 8192U);
}

TEST(SizeClass, EverySizeFitsAndWastesLessThanHalf) {
  for (std::size_t size = 1; size <= 70000; ++size) {
    const std::size_t capacity = capacity_of(class_of(size));
    ASSERT_GE(capacity, size);
    ASSERT_LT(capacity / 2, size);
  }
}

TEST(SizeClass, TheLargestClassIsTheCeiling) {
  EXPECT_EQ(kPooledMax, 8 * kMiB);
  EXPECT_EQ(class_of(kPooledMax), kClasses - 1);
  EXPECT_EQ(capacity_of(kClasses - 1), kPooledMax);
}

TEST(SizeClass, AThreadKeepsAtMost64BlocksAndTwoMiB) {
  EXPECT_EQ(thread_limit(class_of(64)), 64U);
  EXPECT_EQ(thread_limit(class_of(32768)), 64U);
  EXPECT_EQ(thread_limit(class_of(65536)), 32U);
  EXPECT_EQ(thread_limit(class_of(2 * kMiB)), 1U);
}

TEST(SizeClass, AThreadKeepsOneBlockHoweverLarge) {
  EXPECT_EQ(thread_limit(class_of(kPooledMax)), 1U);
}

TEST(SizeClass, ABatchIsHalfOfWhatAThreadKeeps) {
  EXPECT_EQ(batch_of(class_of(8192)), 32U);
  EXPECT_EQ(batch_of(class_of(65536)), 16U);
  EXPECT_EQ(batch_of(class_of(kPooledMax)), 1U);
}

TEST(SizeClass, TheCentreKeepsAtMost16384BlocksAnd64MiB) {
  EXPECT_EQ(central_limit(class_of(1)), 16384U);
  EXPECT_EQ(central_limit(class_of(8192)), 8192U);
  EXPECT_EQ(central_limit(class_of(kPooledMax)), 8U);
}

}  // namespace
}  // namespace netpoll::mcache
