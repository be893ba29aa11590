// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mcache/central_list.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "netpoll/mcache/central.h"
#include "netpoll/mcache/guard.h"
#include "netpoll/mcache/size_class.h"

namespace netpoll::mcache {
namespace {

constexpr unsigned kClass = class_of(1024);
constexpr unsigned kLargest = kClasses - 1;

// So many free blocks that no list has seen.
std::vector<std::byte*> new_blocks(std::size_t count, unsigned index = kClass) {
  std::vector<std::byte*> blocks(count);
  for (std::byte*& block : blocks) {
    block = guard::allocate(capacity_of(index));
  }
  return blocks;
}

// A list with a budget of its own.
struct List : Budget, CentralList {
  explicit List(unsigned index)
      : Budget(kCentralTotalMax), CentralList(index, *this) {}
};

std::vector<std::byte*> take(CentralList& list, std::size_t at_most) {
  std::vector<std::byte*> room(at_most);
  room.resize(list.take_batch(room));
  return room;
}

TEST(CentralList, AnEmptyListGetsOneNewBlockFromTheSystem) {
  List list(kClass);
  const auto taken = take(list, 8);
  EXPECT_EQ(taken.size(), 1U);
  EXPECT_EQ(list.stats().allocated, 1U);
  EXPECT_EQ(list.stats().refills, 0U);
  list.give_batch(taken);
}

TEST(CentralList, ABatchFillsTheRoomAndLeavesTheRest) {
  List list(kClass);
  list.give_batch(new_blocks(10));
  const auto taken = take(list, 4);
  EXPECT_EQ(taken.size(), 4U);
  EXPECT_EQ(list.stats().cached_blocks, 6U);
  EXPECT_EQ(list.stats().refills, 1U);
  list.give_batch(taken);
}

TEST(CentralList, AShortListGivesWhatItHas) {
  List list(kClass);
  list.give_batch(new_blocks(3));
  const auto taken = take(list, 8);
  EXPECT_EQ(taken.size(), 3U);
  EXPECT_EQ(list.stats().allocated, 0U);
  list.give_batch(taken);
}

TEST(CentralList, TheYoungestBlockIsTakenFirst) {
  List list(kClass);
  const auto blocks = new_blocks(3);
  list.give_batch(blocks);
  EXPECT_EQ(take(list, 1).front(), blocks.back());
  list.give_batch({&blocks.back(), 1});
}

TEST(CentralList, CachedBytesAreBlocksTimesTheirSize) {
  List list(kClass);
  list.give_batch(new_blocks(5));
  EXPECT_EQ(list.stats().cached_blocks, 5U);
  EXPECT_EQ(list.stats().cached_bytes, 5U * 1024U);
}

TEST(CentralList, OneTickKeepsEveryBlock) {
  List list(kClass);
  list.give_batch(new_blocks(5));
  list.trim();
  EXPECT_EQ(list.stats().cached_blocks, 5U);
  EXPECT_EQ(list.stats().released, 0U);
}

TEST(CentralList, TwoTicksReturnWhatNobodyTook) {
  List list(kClass);
  list.give_batch(new_blocks(5));
  list.trim();
  list.trim();
  EXPECT_EQ(list.stats().cached_blocks, 0U);
  EXPECT_EQ(list.stats().released, 5U);
}

TEST(CentralList, ABlockTakenFromTheVictimsIsPrimaryAgain) {
  List list(kClass);
  list.give_batch(new_blocks(2));
  list.trim();
  list.give_batch(take(list, 1));
  list.trim();  // frees the one that nobody took
  EXPECT_EQ(list.stats().cached_blocks, 1U);
  EXPECT_EQ(list.stats().released, 1U);
}

TEST(CentralList, PrimariesAreTakenBeforeVictims) {
  List list(kClass);
  const auto old = new_blocks(1);
  const auto young = new_blocks(1);
  list.give_batch(old);
  list.trim();
  list.give_batch(young);
  EXPECT_EQ(take(list, 1), young);
  EXPECT_EQ(take(list, 1), old);
  list.give_batch(old);
  list.give_batch(young);
}

TEST(CentralList, ABatchMayComeFromBothGenerations) {
  List list(kClass);
  list.give_batch(new_blocks(2));
  list.trim();
  list.give_batch(new_blocks(2));
  const auto taken = take(list, 4);
  EXPECT_EQ(taken.size(), 4U);
  list.give_batch(taken);
}

TEST(CentralList, BlocksBeyondTheLimitGoToTheSystem) {
  List list(kLargest);
  list.give_batch(new_blocks(central_limit(kLargest) + 2, kLargest));
  EXPECT_EQ(list.stats().cached_blocks, central_limit(kLargest));
  EXPECT_EQ(list.stats().released, 2U);
}

TEST(CentralList, VictimsCountTowardsTheLimit) {
  List list(kLargest);
  list.give_batch(new_blocks(central_limit(kLargest), kLargest));
  list.trim();
  list.give_batch(new_blocks(1, kLargest));
  EXPECT_EQ(list.stats().cached_blocks, central_limit(kLargest));
  EXPECT_EQ(list.stats().released, 1U);
}

TEST(Central, StatsAddUpAllClasses) {
  Central central;
  central[kClass].give_batch(new_blocks(2));
  central[0].give_batch(new_blocks(3, 0));
  EXPECT_EQ(central.stats().cached_blocks, 5U);
  EXPECT_EQ(central.stats().cached_bytes, 2U * 1024U + 3U);
  EXPECT_EQ(central.stats().spills, 2U);
}

TEST(CentralList, WhatIsTakenIsInUseAndWhatIsGivenIsNot) {
  List list(kClass);
  const auto taken = take(list, 1);
  EXPECT_EQ(list.stats().in_use_bytes, 1024U);
  list.give_batch(taken);
  EXPECT_EQ(list.stats().in_use_bytes, 0U);
}

// Each class is within its own bound.
TEST(Central, AllClassesTogetherKeepNoMoreThanTheTotal) {
  Central central;
  std::size_t given = 0;
  for (unsigned index = class_of(std::size_t{1} << 20); index < kClasses;
       ++index) {
    central[index].give_batch(new_blocks(central_limit(index), index));
    given += kCentralBytesMax;
  }
  EXPECT_GT(given, kCentralTotalMax);
  EXPECT_EQ(central.stats().cached_bytes, kCentralTotalMax);
}

TEST(Central, BytesThatLeaveMakeRoomForOtherClasses) {
  Central central;
  central[kLargest].give_batch(new_blocks(8, kLargest));
  central[kLargest - 1].give_batch(new_blocks(16, kLargest - 1));
  ASSERT_EQ(central.stats().cached_bytes, kCentralTotalMax);

  const auto taken = take(central[kLargest], 1);                  // 8 MiB
  central[kLargest - 2].give_batch(new_blocks(5, kLargest - 2));  // 10 MiB
  EXPECT_EQ(central.stats().cached_bytes, kCentralTotalMax);
  EXPECT_EQ(central[kLargest - 2].stats().cached_blocks, 4U);
  central.trim();
  central.trim();
  central[kLargest].give_batch(taken);
  EXPECT_EQ(central.stats().cached_bytes, kPooledMax);
}

TEST(Budget, ReservesWhatFitsAndNoMore) {
  Budget budget(10);
  EXPECT_EQ(budget.reserve(2, 4), 2U);
  EXPECT_EQ(budget.reserve(2, 4), 0U);
  EXPECT_EQ(budget.reserve(5, 1), 2U);
  EXPECT_EQ(budget.used(), 10U);
  budget.cancel(4);
  EXPECT_EQ(budget.reserve(9, 4), 1U);
}

TEST(Central, ATickReachesEveryClass) {
  Central central;
  central[kClass].give_batch(new_blocks(1));
  central[0].give_batch(new_blocks(1, 0));
  central.trim();
  central.trim();
  EXPECT_EQ(central.stats().cached_blocks, 0U);
  EXPECT_EQ(central.stats().released, 2U);
}

}  // namespace
}  // namespace netpoll::mcache
