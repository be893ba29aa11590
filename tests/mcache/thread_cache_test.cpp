// SPDX-License-Identifier: Apache-2.0
#include "netpoll/mcache/thread_cache.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <vector>

namespace netpoll::mcache {
namespace {

constexpr unsigned kClass = class_of(8192);
constexpr std::size_t kLimit = thread_limit(kClass);
constexpr std::size_t kBatch = batch_of(kClass);

std::vector<std::byte*> pop(ThreadCache& cache, std::size_t count) {
  std::vector<std::byte*> blocks(count);
  for (std::byte*& block : blocks)
    block = cache.pop(kClass);
  return blocks;
}

void push(ThreadCache& cache, const std::vector<std::byte*>& blocks) {
  for (std::byte* const block : blocks)
    cache.push(kClass, block);
}

class ThreadCacheTest : public testing::Test {
 protected:
  Stats stats() const { return central_.stats(); }

  Central central_;
  ThreadCache cache_{central_};
};

TEST_F(ThreadCacheTest, TheBlockPushedLastIsPoppedFirst) {
  const auto blocks = pop(cache_, 3);
  push(cache_, blocks);
  EXPECT_EQ(pop(cache_, 1).front(), blocks[2]);
  EXPECT_EQ(pop(cache_, 1).front(), blocks[1]);
  push(cache_, {blocks[1], blocks[2]});
}

TEST_F(ThreadCacheTest, APoppedBlockIsNotKept) {
  const auto blocks = pop(cache_, 2);
  push(cache_, blocks);
  EXPECT_EQ(cache_.count(kClass), 2U);
  cache_.push(kClass, pop(cache_, 1).front());
  EXPECT_EQ(cache_.count(kClass), 2U);
}

TEST_F(ThreadCacheTest, NoTwoPopsReturnTheSameBlock) {
  push(cache_, pop(cache_, 3 * kLimit));
  const auto blocks = pop(cache_, 3 * kLimit);
  EXPECT_EQ(std::set(blocks.begin(), blocks.end()).size(), 3 * kLimit);
  push(cache_, blocks);
}

TEST_F(ThreadCacheTest, AClassDoesNotServeAnother) {
  std::byte* const block = cache_.pop(kClass);
  cache_.push(kClass, block);
  std::byte* const other = cache_.pop(kClass + 1);
  EXPECT_NE(other, block);
  EXPECT_EQ(cache_.count(kClass), 1U);
  cache_.push(kClass + 1, other);
}

TEST_F(ThreadCacheTest, WithinTheLimitNothingReachesTheCentre) {
  push(cache_, pop(cache_, kLimit));
  push(cache_, pop(cache_, kLimit));
  EXPECT_EQ(cache_.count(kClass), kLimit);
  EXPECT_EQ(stats().spills, 0U);
  EXPECT_EQ(stats().refills, 0U);
  EXPECT_EQ(stats().allocated, kLimit);
}

TEST_F(ThreadCacheTest, OneBlockTooManySpillsOneBatch) {
  push(cache_, pop(cache_, kLimit + 1));
  EXPECT_EQ(stats().spills, 1U);
  EXPECT_EQ(stats().cached_blocks, kBatch);
  EXPECT_EQ(cache_.count(kClass), kLimit + 1 - kBatch);
}

TEST_F(ThreadCacheTest, ASpillGivesTheOldestAndKeepsTheYoungest) {
  const auto blocks = pop(cache_, kLimit + 1);
  push(cache_, blocks);
  std::vector<std::byte*> kept = pop(cache_, kLimit + 1 - kBatch);
  const std::vector youngest(blocks.rbegin(),
                             blocks.rend() - std::ptrdiff_t{kBatch});
  EXPECT_EQ(kept, youngest);
  push(cache_, kept);
}

TEST_F(ThreadCacheTest, AnEmptyStackRefillsOneBatch) {
  push(cache_, pop(cache_, 2 * kLimit));
  cache_.return_all();
  const auto block = pop(cache_, 1);
  EXPECT_EQ(stats().refills, 1U);
  EXPECT_EQ(cache_.count(kClass), kBatch - 1);
  EXPECT_EQ(stats().cached_blocks, 2 * kLimit - kBatch);
  push(cache_, block);
}

TEST_F(ThreadCacheTest, ABatchOfPopsCostsOneRefill) {
  push(cache_, pop(cache_, kLimit));
  cache_.return_all();
  const auto blocks = pop(cache_, kBatch);
  EXPECT_EQ(stats().refills, 1U);
  push(cache_, blocks);
}

TEST_F(ThreadCacheTest, TakingAndFreeingAtTheEdgeDoesNotCrossOverEachTime) {
  push(cache_, pop(cache_, kLimit + 1));  // has just spilled
  const Stats before = stats();
  push(cache_, pop(cache_, 2));
  push(cache_, pop(cache_, 2));
  EXPECT_EQ(stats().spills, before.spills);
  EXPECT_EQ(stats().refills, before.refills);
}

TEST_F(ThreadCacheTest, TheLargestClassKeepsOneBlock) {
  constexpr unsigned kLargest = kClasses - 1;
  std::byte* const first = cache_.pop(kLargest);
  std::byte* const second = cache_.pop(kLargest);
  cache_.push(kLargest, first);
  cache_.push(kLargest, second);
  EXPECT_EQ(cache_.count(kLargest), 1U);
  EXPECT_EQ(cache_.pop(kLargest), second);
  cache_.push(kLargest, second);
}

TEST_F(ThreadCacheTest, KeptBytesAreThoseOfAllClasses) {
  push(cache_, pop(cache_, 5));
  cache_.push(0, cache_.pop(0));
  EXPECT_EQ(cache_.kept_bytes(), 5 * capacity_of(kClass) + 1);
}

TEST_F(ThreadCacheTest, ShrinkReturnsTheLargestBlocksUntilTheRestFits) {
  push(cache_, pop(cache_, 10));  // 80 KiB
  cache_.push(kClasses - 1, cache_.pop(kClasses - 1));
  cache_.push(0, cache_.pop(0));
  cache_.shrink(65536);
  EXPECT_EQ(cache_.count(kClasses - 1), 0U);
  EXPECT_EQ(cache_.count(kClass), 7U);
  EXPECT_EQ(cache_.count(0), 1U);
  EXPECT_LE(cache_.kept_bytes(), 65536U);
}

TEST_F(ThreadCacheTest, ShrinkLeavesACacheAloneThatIsSmallEnough) {
  push(cache_, pop(cache_, 8));
  cache_.shrink(65536);
  EXPECT_EQ(cache_.count(kClass), 8U);
  EXPECT_EQ(stats().spills, 0U);
}

TEST_F(ThreadCacheTest, ShrinkReturnsTheOldestAndKeepsTheYoungest) {
  const auto blocks = pop(cache_, 3);
  push(cache_, blocks);
  cache_.shrink(capacity_of(kClass));
  EXPECT_EQ(pop(cache_, 1).front(), blocks[2]);
  EXPECT_EQ(stats().cached_blocks, 2U);
  push(cache_, {blocks[2]});
}

TEST_F(ThreadCacheTest, ReturnAllLeavesNothingBehind) {
  push(cache_, pop(cache_, 5));
  cache_.return_all();
  EXPECT_EQ(cache_.count(kClass), 0U);
  EXPECT_EQ(stats().cached_blocks, 5U);
}

TEST(ThreadCache, ItsEndGivesEveryBlockToTheCentre) {
  Central central;
  std::optional<ThreadCache> cache(central);
  push(*cache, pop(*cache, 7));
  cache.reset();
  EXPECT_EQ(central.stats().cached_blocks, 7U);
}

TEST(ThreadCache, WhatOneThreadFreesAnotherTakes) {
  Central central;
  ThreadCache producer(central);
  ThreadCache consumer(central);
  for (std::size_t round = 0; round < 100; ++round) {
    push(consumer, pop(producer, kLimit));
  }
  // 100 rounds of kLimit blocks lived on what both lists and a batch can hold.
  EXPECT_LE(central.stats().allocated, 3 * kLimit);
}

}  // namespace
}  // namespace netpoll::mcache
