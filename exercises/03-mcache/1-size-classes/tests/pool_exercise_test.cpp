// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to get it wrong.
#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <vector>

#include "netpoll/mcache/size_class.h"
#include "netpoll/mcache/thread_cache.h"

namespace netpoll::mcache {
namespace {

constexpr unsigned kIndex = 13;  // 8 KiB: a thread keeps 64, a batch is 32
constexpr std::size_t kLimit = thread_limit(kIndex);
constexpr std::size_t kBatch = batch_of(kIndex);

class PoolExercise : public testing::Test {
 protected:
  std::vector<std::byte*> pop(std::size_t count) {
    std::vector<std::byte*> blocks;
    for (std::size_t i = 0; i < count; ++i)
      blocks.push_back(cache_.pop(kIndex));
    return blocks;
  }
  void push(const std::vector<std::byte*>& blocks) {
    for (std::byte* const block : blocks)
      cache_.push(kIndex, block);
  }
  // So many blocks wait in the centre, and none in the cache.
  void fill_centre(std::size_t count) {
    std::vector<std::byte*> blocks;
    ThreadCache other(central_);
    for (std::size_t i = 0; i < count; ++i)
      blocks.push_back(other.pop(kIndex));
    central_[kIndex].give_batch(blocks);
  }

  Central central_;
  ThreadCache cache_{central_};
};

TEST_F(PoolExercise, ZeroBytesGetTheSmallestBlock) {
  EXPECT_EQ(class_of(0), 0U);
}

TEST_F(PoolExercise, EveryPowerOfTwoGetsABlockOfItsOwnSize) {
  for (unsigned index = 0; index < kClasses; ++index)
    EXPECT_EQ(class_of(capacity_of(index)), index);
}

TEST_F(PoolExercise, OneByteMoreThanAPowerGetsTheNextBlock) {
  for (unsigned index = 0; index + 1 < kClasses; ++index)
    EXPECT_EQ(class_of(capacity_of(index) + 1), index + 1);
}

TEST_F(PoolExercise, ARefillBringsAWholeBatch) {
  fill_centre(kBatch);
  push(pop(1));
  EXPECT_EQ(cache_.count(kIndex), kBatch)
      << "one trip to the centre should bring a batch, not one block";
}

TEST_F(PoolExercise, ARefillCountsOnlyWhatCame) {
  fill_centre(3);
  const std::vector<std::byte*> blocks = pop(1);
  EXPECT_EQ(cache_.count(kIndex), 2U)
      << "the centre had 3 blocks; take_batch() returned how many it gave";
  push(blocks);
}

TEST_F(PoolExercise, ASpillGivesHalfAndKeepsHalf) {
  push(pop(kLimit + 1));
  EXPECT_EQ(cache_.count(kIndex), kLimit - kBatch + 1);
  EXPECT_EQ(central_.stats().cached_blocks, kBatch);
}

TEST_F(PoolExercise, ASpillKeepsTheYoungestOnTop) {
  const std::vector<std::byte*> blocks = pop(kLimit + 1);
  push(blocks);
  const std::vector<std::byte*> next = pop(2);
  EXPECT_EQ(next[0], blocks[kLimit]);
  EXPECT_EQ(next[1], blocks[kLimit - 1])
      << "the block that was freed last but one should be next";
  push({next[1], next[0]});
}

TEST_F(PoolExercise, ABlockIsInOnePlaceAfterASpill) {
  push(pop(kLimit + 1));
  const std::vector<std::byte*> blocks = pop(kLimit + 1);
  const std::set<std::byte*> different(blocks.begin(), blocks.end());
  EXPECT_EQ(different.size(), kLimit + 1)
      << "two owners were given the same block";
  push(blocks);
}

}  // namespace
}  // namespace netpoll::mcache
