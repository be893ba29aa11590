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

std::vector<std::byte*> take(CentralList& list, std::size_t at_most) {
  std::vector<std::byte*> room(at_most);
  room.resize(list.take(room));
  return room;
}

TEST(CentralList, AnEmptyListGetsOneNewBlockFromTheSystem) {
  CentralList list(kClass);
  const auto taken = take(list, 8);
  EXPECT_EQ(taken.size(), 1U);
  EXPECT_EQ(list.stats().allocated, 1U);
  EXPECT_EQ(list.stats().refills, 0U);
  list.give(taken);
}

TEST(CentralList, ABatchFillsTheRoomAndLeavesTheRest) {
  CentralList list(kClass);
  list.give(new_blocks(10));
  const auto taken = take(list, 4);
  EXPECT_EQ(taken.size(), 4U);
  EXPECT_EQ(list.stats().cached_blocks, 6U);
  EXPECT_EQ(list.stats().refills, 1U);
  list.give(taken);
}

TEST(CentralList, AShortListGivesWhatItHas) {
  CentralList list(kClass);
  list.give(new_blocks(3));
  const auto taken = take(list, 8);
  EXPECT_EQ(taken.size(), 3U);
  EXPECT_EQ(list.stats().allocated, 0U);
  list.give(taken);
}

TEST(CentralList, TheYoungestBlockIsTakenFirst) {
  CentralList list(kClass);
  const auto blocks = new_blocks(3);
  list.give(blocks);
  EXPECT_EQ(take(list, 1).front(), blocks.back());
  list.give({&blocks.back(), 1});
}

TEST(CentralList, CachedBytesAreBlocksTimesTheirSize) {
  CentralList list(kClass);
  list.give(new_blocks(5));
  EXPECT_EQ(list.stats().cached_blocks, 5U);
  EXPECT_EQ(list.stats().cached_bytes, 5U * 1024U);
}

TEST(CentralList, OneTickKeepsEveryBlock) {
  CentralList list(kClass);
  list.give(new_blocks(5));
  list.trim();
  EXPECT_EQ(list.stats().cached_blocks, 5U);
  EXPECT_EQ(list.stats().released, 0U);
}

TEST(CentralList, TwoTicksReturnWhatNobodyTook) {
  CentralList list(kClass);
  list.give(new_blocks(5));
  list.trim();
  list.trim();
  EXPECT_EQ(list.stats().cached_blocks, 0U);
  EXPECT_EQ(list.stats().released, 5U);
}

TEST(CentralList, ABlockTakenFromTheVictimsIsPrimaryAgain) {
  CentralList list(kClass);
  list.give(new_blocks(2));
  list.trim();
  list.give(take(list, 1));
  list.trim();  // frees the one that nobody took
  EXPECT_EQ(list.stats().cached_blocks, 1U);
  EXPECT_EQ(list.stats().released, 1U);
}

TEST(CentralList, PrimariesAreTakenBeforeVictims) {
  CentralList list(kClass);
  const auto old = new_blocks(1);
  const auto young = new_blocks(1);
  list.give(old);
  list.trim();
  list.give(young);
  EXPECT_EQ(take(list, 1), young);
  EXPECT_EQ(take(list, 1), old);
  list.give(old);
  list.give(young);
}

TEST(CentralList, ABatchMayComeFromBothGenerations) {
  CentralList list(kClass);
  list.give(new_blocks(2));
  list.trim();
  list.give(new_blocks(2));
  const auto taken = take(list, 4);
  EXPECT_EQ(taken.size(), 4U);
  list.give(taken);
}

TEST(CentralList, BlocksBeyondTheLimitGoToTheSystem) {
  CentralList list(kLargest);
  list.give(new_blocks(central_limit(kLargest) + 2, kLargest));
  EXPECT_EQ(list.stats().cached_blocks, central_limit(kLargest));
  EXPECT_EQ(list.stats().released, 2U);
}

TEST(CentralList, VictimsCountTowardsTheLimit) {
  CentralList list(kLargest);
  list.give(new_blocks(central_limit(kLargest), kLargest));
  list.trim();
  list.give(new_blocks(1, kLargest));
  EXPECT_EQ(list.stats().cached_blocks, central_limit(kLargest));
  EXPECT_EQ(list.stats().released, 1U);
}

TEST(Central, StatsAddUpAllClasses) {
  Central central;
  central[kClass].give(new_blocks(2));
  central[0].give(new_blocks(3, 0));
  EXPECT_EQ(central.stats().cached_blocks, 5U);
  EXPECT_EQ(central.stats().cached_bytes, 2U * 1024U + 3U);
  EXPECT_EQ(central.stats().spills, 2U);
}

TEST(Central, ATickReachesEveryClass) {
  Central central;
  central[kClass].give(new_blocks(1));
  central[0].give(new_blocks(1, 0));
  central.trim();
  central.trim();
  EXPECT_EQ(central.stats().cached_blocks, 0U);
  EXPECT_EQ(central.stats().released, 2U);
}

}  // namespace
}  // namespace netpoll::mcache
