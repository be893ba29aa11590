// SPDX-License-Identifier: Apache-2.0
// What the exercise asks for, one test for each way to get it wrong.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <set>
#include <vector>

#include "netpoll/mcache/guard.h"
#include "netpoll/mcache/size_class.h"
#include "netpoll/mcache/thread_cache.h"

namespace netpoll::mcache {
namespace {

constexpr unsigned kIndex = 13;  // 8 KiB: a thread keeps 64, a batch is 32
constexpr std::size_t kLimit = thread_limit(kIndex);
constexpr std::size_t kBatch = batch_of(kIndex);
constexpr unsigned kLargest = kClasses - 1;  // a thread keeps one block

using Blocks = std::vector<std::byte*>;
using BlockSet = std::set<std::byte*>;

// A call that calls itself for ever ends at 256 KiB of stack, and not after a
// second.
[[maybe_unused]] const int small_stack = [] {
  rlimit limit{};
  ::getrlimit(RLIMIT_STACK, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, rlim_t{256} << 10);
  return ::setrlimit(RLIMIT_STACK, &limit);
}();

// Whether `work` comes to its end in a process of its own, which a crash takes
// with it.
template <class Work>
bool comes_to_its_end(Work work) {
  const ::pid_t child = ::fork();
  if (child == 0) {
    const int nowhere = ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
    work();
    ::_exit(nowhere < 0 ? 1 : 0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status == 0;
}

class PoolExercise : public testing::Test {
 protected:
  // Frees every block without the learner's code; or, if a block is in two
  // places, none: to free it twice would crash.
  void TearDown() override {
    const Blocks all = all_blocks();
    const bool each_once =
        BlockSet(all.begin(), all.end()).size() == all.size();
    if (!HasFailure() && each_once) return centre().give_batch(all);
    static_cast<void>(cache_.release());
    static_cast<void>(central_.release());
  }

  // So many free blocks that neither the cache nor the centre has seen.
  static Blocks new_blocks(std::size_t count) {
    Blocks blocks(count);
    for (std::byte*& block : blocks)
      block = guard::allocate(capacity_of(kIndex));
    return blocks;
  }
  CentralList& centre() { return (*central_)[kIndex]; }
  std::size_t kept() const { return cache_->count(kIndex); }
  std::size_t given() const { return central_->stats().cached_blocks; }

  void push(const Blocks& blocks) {
    for (std::byte* const block : blocks)
      cache_->push(kIndex, block);
  }
  // All blocks that the cache keeps, the first to be popped first.
  Blocks pop_all() {
    Blocks blocks(kept());
    for (std::byte*& block : blocks)
      block = cache_->pop(kIndex);
    return blocks;
  }

  // All blocks that the centre has, the youngest first.
  Blocks take_all() {
    Blocks blocks(centre().stats().cached_blocks);
    if (!blocks.empty()) blocks.resize(centre().take_batch(blocks));
    return blocks;
  }
  // Those of the cache, then those of the centre; both are empty afterwards.
  Blocks all_blocks() {
    Blocks blocks = pop_all();
    const Blocks central = take_all();
    blocks.insert(blocks.end(), central.begin(), central.end());
    return blocks;
  }

  std::unique_ptr<Central> central_ = std::make_unique<Central>();
  std::unique_ptr<ThreadCache> cache_ =
      std::make_unique<ThreadCache>(*central_);
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

TEST_F(PoolExercise, EveryBlockIsLargeEnough) {
  for (std::size_t size = 0; size <= 70'000; ++size) {
    ASSERT_LT(class_of(size), kClasses) << size << " bytes have no class";
    ASSERT_GE(capacity_of(class_of(size)), size)
        << "whoever asked for " << size << " bytes writes beyond his block";
  }
}

TEST_F(PoolExercise, LessThanHalfOfABlockIsWasted) {
  for (std::size_t size = 1; size <= 70'000; ++size) {
    ASSERT_LT(class_of(size), kClasses) << size << " bytes have no class";
    ASSERT_LT(capacity_of(class_of(size)), 2 * size)
        << "half of the block for " << size << " bytes is never used";
  }
}

TEST_F(PoolExercise, ARefillFromAnEmptyCentreCountsTheOneBlock) {
  EXPECT_TRUE(comes_to_its_end([this] {
    static_cast<void>(cache_->pop(kIndex));
  })) << "pop() asked refill for blocks, looked at the count, found 0, asked "
         "refill again, and so on without end";
}

TEST_F(PoolExercise, ARefillOfTheLargestClassAsksForOneBlock) {
  EXPECT_TRUE(comes_to_its_end([this] {
    static_cast<void>(cache_->pop(kLargest));
  })) << "of the largest class a thread keeps 1 block and a batch is 1, and "
         "your refill did not bring it";
}

TEST_F(PoolExercise, ARefillBringsAWholeBatch) {
  centre().give_batch(new_blocks(2 * kLimit));
  std::byte* const block = cache_->pop(kIndex);
  EXPECT_EQ(kept() + 1, kBatch)
      << "the centre had plenty; one trip should bring one batch";
  if (!HasFailure()) push({block});
}

TEST_F(PoolExercise, ARefillCountsOnlyWhatCame) {
  centre().give_batch(new_blocks(3));
  std::byte* const block = cache_->pop(kIndex);
  EXPECT_EQ(kept(), 2U)
      << "the centre had 3 blocks, and pop() has handed out one of them";
  if (!HasFailure()) push({block});
}

TEST_F(PoolExercise, ASpillGivesHalfAndKeepsHalf) {
  push(new_blocks(kLimit + 1));
  EXPECT_EQ(given(), kBatch) << "so many blocks are in the centre now";
  EXPECT_EQ(kept(), kLimit - kBatch + 1)
      << "so many blocks are in the cache: what was left, and the new one";
}

TEST_F(PoolExercise, ASpillGivesAsManyAsItIsTold) {
  push(new_blocks(10));
  cache_->shrink(7 * capacity_of(kIndex));  // calls spill(kIndex, 3)
  EXPECT_EQ(given(), 3U) << "spill was told to give 3 of 10 blocks";
  EXPECT_EQ(kept(), 7U) << "so many blocks are in the cache";
}

TEST_F(PoolExercise, ASpillOfTheLargestClassMakesRoom) {
  EXPECT_TRUE(comes_to_its_end([this] {
    cache_->push(kLargest, guard::allocate(kPooledMax));
    cache_->push(kLargest, guard::allocate(kPooledMax));
  })) << "the place for one block of the largest class was full; spill was "
         "told to give 1, and did not make room";
}

TEST_F(PoolExercise, ASpillGivesTheOldest) {
  const Blocks blocks = new_blocks(kLimit + 1);
  push(blocks);
  const Blocks centre_has = take_all();
  const BlockSet all(blocks.begin(), blocks.end());
  const BlockSet young(blocks.end() - 8, blocks.end());
  for (std::byte* const block : centre_has)
    ASSERT_TRUE(all.contains(block)) << "the centre got what is no block";
  for (std::byte* const block : centre_has)
    ASSERT_FALSE(young.contains(block))
        << "one of the 8 blocks that were freed last went to the centre";
  centre().give_batch(centre_has);
}

TEST_F(PoolExercise, ASpillKeepsTheRestInOrder) {
  const Blocks blocks = new_blocks(kLimit + 1);
  push(blocks);
  const Blocks next = pop_all();
  for (std::size_t i = 0; i < next.size(); ++i) {
    const auto freed = std::ranges::find(blocks, next[i]) - blocks.begin();
    ASSERT_EQ(static_cast<std::size_t>(freed), kLimit - i)
        << "block 0 was freed first, block 64 last; pop number " << i
        << " should bring the youngest that is left";
  }
  push(next);
}

TEST_F(PoolExercise, ABlockIsInOnePlaceAfterASpill) {
  const Blocks blocks = new_blocks(kLimit + 1);
  push(blocks);
  const Blocks found = all_blocks();
  const BlockSet different(found.begin(), found.end());
  EXPECT_EQ(found.size() - different.size(), 0U)
      << "so many blocks are in two places: two owners will get each of them";
  EXPECT_EQ(blocks.size() - different.size(), 0U)
      << "so many blocks are in no place: they are lost";
  if (!HasFailure()) centre().give_batch(found);
}

}  // namespace
}  // namespace netpoll::mcache
